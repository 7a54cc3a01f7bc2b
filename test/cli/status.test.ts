import { describe, expect, it } from '@jest/globals';
import { renderStatus } from '../../src/cli/status.js';
import { ago, exposedDevice, now, plain, quietStatus } from './answers.js';

const render = (changes: Parameters<typeof quietStatus>[0]) => renderStatus(quietStatus(changes), now, plain);
const firstLine = (text: string) => text.split('\n')[0];
const unwrapped = (text: string) => text.replaceAll(/\s+/g, ' ');

describe('relay status', () => {
  it('says first that nobody is exposed or wrongly locked', () => {
    expect(firstLine(render({}))).toBe('Nobody is exposed and nobody is wrongly locked, as far as the relay was told.');
  });

  it('says first who is exposed, since when and why', () => {
    expect(firstLine(render({ exposed: [exposedDevice()] }))).toBe('EXPOSED: 1 device, for 4 min: Ada iPhone (udid:0000812000aa), noncompliant');
  });

  it('names of several devices the one that has been exposed longest, and puts it on top of the list', () => {
    const text = render({ exposed: [exposedDevice(), exposedDevice({ key: 'serial:old', name: null, since: ago(7200), causes: ['compromised', 'noncompliant'] })] });
    expect(firstLine(text)).toBe('EXPOSED: 2 devices, the longest for 2 h: serial:old, compromised and noncompliant');
    const [, list = ''] = text.split('Exposed: should be locked');
    expect(list.indexOf('serial:old')).toBeLessThan(list.indexOf('udid:0000812000aa'));
  });

  it('says in the second line who is wrongly locked', () => {
    const wrongly = exposedDevice({ key: 'serial:c02', name: null, standing: 'wrongly_locked', causes: [], since: ago(60) });
    expect(render({ exposed: [exposedDevice()], wronglyLocked: [wrongly] }).split('\n')[1]).toBe('WRONGLY LOCKED: 1 device, for 1 min: serial:c02');
  });

  it('says what keeps a device exposed: the newest run, or why we gave up', () => {
    expect(unwrapped(render({ exposed: [exposedDevice()] }))).toContain('newest run 30 s ago: retry: okta suspendDevice: transient, HTTP 503');
    expect(render({ exposed: [exposedDevice({ failure: 'rejected: okta suspendDevice' })] })).toContain('given up for now: rejected: okta suspendDevice');
    expect(render({ exposed: [exposedDevice({ lastRun: null })] })).toContain('waits for its first run');
  });

  it('shows what waits for whom: word, cause, since when and until', () => {
    const text = render({
      blocks: [
        { scope: 'okta', word: 'waiting_credentials', detail: 'okta token: credentials, HTTP 401', since: ago(600), until: null },
        { scope: 'okta:devices', word: 'waiting_upstream', detail: 'okta listDevices: throttled, HTTP 429', since: ago(5), until: ago(-40) },
      ],
    });
    expect(text).toMatch(/okta +10 min +a probe succeeds +okta token: credentials, HTTP 401/);
    expect(text).toMatch(/waiting_credentials +The relay's own credentials/);
    expect(text).toMatch(/okta:devices +5 s +in 40 s/);
  });

  it('warns when UEM has not been heard of for more than an hour, and not before', () => {
    expect(render({ lastEventAt: ago(3599) })).toContain('last heard of 59 min ago');
    expect(render({ lastEventAt: ago(3599) })).not.toContain('WARNING');
    expect(render({ lastEventAt: ago(3601) })).toContain('WARNING: last heard of 1 h ago');
    expect(render({ lastEventAt: null })).toContain('WARNING: never heard of');
  });

  it('shows held devices with what to do', () => {
    const { lastRun: _lastRun, ...device } = exposedDevice({ standing: 'held', since: ago(300) });
    const text = render({ held: [{ ...device, held: { word: 'held_ambiguous', detail: '2 records that may be different devices' } }] });
    expect(text).toContain('held_ambiguous: 2 records that may be different devices');
    expect(text).toContain('Okta has several records');
  });

  it('shows devices whose state cannot be read', () => {
    expect(render({ unreadable: [{ key: 'udid:aa', detail: 'What Redis holds about udid:aa cannot be read: v' }] })).toContain('udid:aa cannot be read: v');
  });

  it('says when the lists are not complete, and when nothing is really done', () => {
    const counts = { unsettled: 51, failed: 0, held: 0, lockedByUs: 0 };
    expect(render({ devices: counts })).toContain('Only the 50 longest of each list were looked at');
    expect(render({ devices: { ...counts, unsettled: 50 } })).not.toContain('Only the 50');
    expect(render({ mode: 'shadow' })).toContain('Shadow mode: nothing is changed');
  });

  it('counts the queue and lists the newest runs', () => {
    const text = render({
      queue: { prioritized: 7, active: 2 },
      runs: [{ key: 'udid:aa', outcome: 'done', causes: ['noncompliant'], detail: '', endedAt: ago(90) }],
    });
    expect(text).toContain('Queue:   7 prioritized, 2 active');
    expect(text).toMatch(/1 min +done +noncompliant +udid:aa/);
  });

  it('stays within 100 columns, cuts off nothing, and leaves no trailing blanks', () => {
    const key = `serial:${'x'.repeat(200)}`;
    const device = exposedDevice({ key, name: 'n'.repeat(300), failure: `rejected: ${'word '.repeat(40)}` });
    const text = render({
      exposed: [device],
      wronglyLocked: [device],
      held: [{ ...device, held: { word: 'held_unknown_status', detail: 'd'.repeat(200) } }],
      unreadable: [{ key, detail: 'e'.repeat(200) }],
      blocks: [{ scope: 'entra:revokeSignInSessions', word: 'waiting_permission', detail: 'f'.repeat(200), since: ago(86_400 * 3), until: null }],
      runs: [{ key, outcome: 'waiting_credentials', causes: ['unenrolled', 'compromised', 'noncompliant'], detail: 'g'.repeat(200), endedAt: ago(86_400 * 3 + 3600) }],
      lastEventAt: ago(86_400 * 3 + 3600),
    });
    const lines = text.split('\n');
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
    expect(lines.filter((line) => line !== line.trimEnd())).toEqual([]);
    expect(text.match(/x/g)?.length).toBeGreaterThanOrEqual(6 * 200);
    expect(text).not.toContain('…');
  });

  it('emphasises what is alarming', () => {
    const marked = renderStatus(quietStatus({ exposed: [exposedDevice()], lastEventAt: null }), now, (emphasis, text) => `<${emphasis}>${text}`);
    expect(firstLine(marked)).toMatch(/^<alarm>EXPOSED/);
    expect(marked).toContain('<warning>UEM:');
  });
});
