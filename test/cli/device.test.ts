import { describe, expect, it } from '@jest/globals';
import { renderDevice, renderDevices } from '../../src/cli/device.js';
import { ago, lockedDevice, lockingRun, now, plain } from './answers.js';

const render = (changes: Parameters<typeof lockedDevice>[0] = {}) => renderDevice(lockedDevice(changes), now, plain);
const long = (letter: string) => letter.repeat(150);
const unwrapped = (text: string) => text.replaceAll(/\s+/g, ' ');

describe('relay device', () => {
  it('says first where the device stands, since when and why', () => {
    const [first, second] = render().split('\n');
    expect(first).toBe('LOCKED BY US for 2 min (since 2026-03-04 02:58:00.000Z): noncompliant');
    expect(second).toBe('udid:0000812000aa  Ada iPhone, Apple');
    expect(render({ standing: 'free', since: null, causes: [] }).split('\n')[0]).toBe('FREE');
  });

  it('says at once that in shadow mode nothing was locked', () => {
    expect(render({ mode: 'shadow' }).split('\n\n')[1]).toMatch(/^Shadow mode: nothing was changed at Okta or Entra ID\./);
    expect(renderDevices([lockedDevice({ mode: 'shadow' }), lockedDevice()], now)).toContain('Shadow mode: nothing was changed');
    expect(render({ mode: 'enforce' })).not.toContain('Shadow');
  });

  it('shows the exposure clock of the newest lock-out with the time between its stations', () => {
    const text = render();
    expect(text).toMatch(/event \(UEM's EventTime\) +2026-03-04 02:57:55\.000Z\n/);
    expect(text).toMatch(/received +2026-03-04 02:57:59\.000Z +\+4 s/);
    expect(text).toMatch(/suspended +2026-03-04 02:58:00\.200Z +\+1\.2 s/);
    expect(text).toMatch(/last revocation +2026-03-04 02:58:01\.500Z +\+1\.3 s/);
    expect(text).toMatch(/in all +6\.5 s/);
  });

  it('shows the identity, the facts, and what was done to which Okta record', () => {
    const text = render();
    expect(text).toMatch(/e-mail +ada@example\.com/);
    expect(text).toMatch(/serial number +C0FFEE/);
    expect(text).toMatch(/compliance +noncompliant +2 min ago/);
    expect(text).toMatch(/guo1 +suspended by us +2 min ago +active +req-suspend/);
  });

  it('shows what on-call said about the device, and until when', () => {
    const operator = { state: 'unlocked', since: ago(60), untilMs: ago(-3600), reason: 'board meeting', by: 'grace' };
    const text = render({ facts: { ...lockedDevice().facts, operator } });
    expect(unwrapped(text)).toMatch(/on-call unlocked by grace, until .*2026-03-04 .*04:00:00\.000Z: board meeting/);
  });

  it('shows each step with operation, target, result, HTTP status, request id, attempt and duration', () => {
    expect(render()).toMatch(/suspendDevice +guo1 +suspended +204 +1 +100\n +req-suspend/);
  });

  it('shows what became of each event', () => {
    const events = [{ id: '5-0', receivedAt: ago(10), result: 'ignored', reason: 'neutral_status', body: {} }];
    expect(render({ events })).toMatch(/10 s ago .* ignored: neutral_status +5-0/);
  });

  it('says of a failure what it is and what to do', () => {
    const text = render({ failed: { cause: 'device_deactivated', at: ago(600), detail: 'Okta device guo1 is deactivated' } });
    expect(text).toContain('Given up 10 min ago: device_deactivated. Okta device guo1 is deactivated');
    expect(unwrapped(text)).toContain('have the user enrol Okta Verify anew');
    expect(text).toContain('tries again within the hour');
  });

  it('says of a held device what to do', () => {
    const text = render({ standing: 'held', held: { word: 'held_unknown_status', since: ago(60), detail: 'sent "odd"' } });
    expect(text).toContain('Held for 1 min: held_unknown_status. sent "odd"');
    expect(text).toContain('look the device up in UEM');
  });

  it('says of a device that waits for whom it waits and what to do', () => {
    const waiting = lockingRun({ outcome: 'waiting_permission', detail: 'okta suspendDevice: permission, HTTP 403' });
    const text = render({ standing: 'exposed', enforced: false, dirtySince: ago(300), runs: [waiting] });
    expect(text).toContain('Not settled for 5 min. Newest run: waiting_permission. okta suspendDevice: permission, HTTP 403');
    expect(text).toContain('The relay lacks a permission');
    expect(render({ enforced: false, dirtySince: ago(3), runs: [] })).toContain('Not settled for 3 s. It waits for its first run.');
    const newer = unwrapped(render({ enforced: false, dirtySince: ago(3), generation: 2 }));
    expect(newer).toContain('Not settled for 3 s. Something newer has come in since the newest run (done): it waits for its next one.');
    expect(newer).not.toContain('was done and acknowledged');
    const unrecorded = unwrapped(render({ standing: 'exposed', runs: [lockingRun({ outcome: 'done_without_device', detail: 'Okta has no record of the device.' })] }));
    expect(unrecorded).toContain('Newest run: done_without_device.');
    expect(unrecorded).toContain('looks again after 1, 5 and 15 minutes');
  });

  it('does not ask for the release of what somebody has discarded, but says how it is locked all the same', () => {
    const text = unwrapped(render({ standing: 'exposed', runs: [lockingRun({ outcome: 'held_mass', detail: 'The safeguard is tripped.' })] }));
    expect(text).toContain('Somebody discarded that (relay audit says who and why)');
    expect(text).toContain('relay device KEY lock --reason WHY');
    expect(text).not.toContain('relay held release');
  });

  it('asks nothing of anybody when all is well', () => {
    expect(render()).not.toContain('What to do');
  });

  it('says that somebody else let the device in', () => {
    expect(render({ containment: { openedAt: ago(120), letIn: ['guo1'], complete: true } })).toContain('Somebody else unsuspended guo1');
  });

  it('shows a word of a newer version and where to read about it', () => {
    expect(unwrapped(render({ held: { word: 'held_of_tomorrow', since: ago(60), detail: '' } }))).toContain('does not know the word "held_of_tomorrow": see docs/runbook.md');
    expect(render({ held: { word: 'constructor', since: ago(60), detail: '' } })).toContain('does not know the word "constructor"');
  });

  it('shows a device of which nothing is kept', () => {
    const text = render({ runs: [], events: [], ledger: {}, containment: null, because: null });
    expect(text).toContain('Nothing that still holds.');
    expect(text).not.toContain('Newest lock-out');
  });

  it('stays within 100 columns, cuts off nothing, and leaves no trailing blanks', () => {
    const step = { operation: 'revokeSignInSessions', target: `${long('t')}@example.com`, result: 'rejected Authorization_RequestDenied', status: 403, requestId: long('r'), attempt: 12, startedAt: ago(1), durationMs: 10_000 };
    const text = render({
      key: `serial:${long('x')}`,
      name: long('n'),
      identity: { email: long('m'), udid: long('u'), serialNumber: long('s'), enrolment: '1', ownership: null, organizationGroup: long('o') },
      ledger: { [long('l')]: { state: 'intent', at: ago(1), statusSeen: 'deactivated', requestId: long('q') } },
      runs: [lockingRun({ steps: [step], detail: long('d'), notes: [long('e')] })],
      failed: { cause: 'rejected', at: ago(5), detail: long('f') },
      facts: { compliance: 'noncompliant', complianceSince: ago(3e6), compromised: true, compromisedSince: ago(3e6), ended: 'deleted', endedSince: ago(3e6), unrecognised: long('z') },
    });
    const lines = text.split('\n');
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
    expect(lines.filter((line) => line !== line.trimEnd())).toEqual([]);
    for (const letter of 'xnmusoltqrdefz') expect(text.split(letter).length).toBeGreaterThan(150);
  });
});

describe('relay device for a person with several devices', () => {
  it('shows each in a line, and asks for one of the keys', () => {
    const text = renderDevices([lockedDevice(), lockedDevice({ key: 'serial:c02', standing: 'free', causes: [], since: ago(7200), name: null, platform: 'WinRT' })], now);
    expect(text.split('\n')[0]).toBe('2 devices');
    expect(text).toMatch(/udid:0000812000aa +locked_by_us +2 min +noncompliant, Ada iPhone,/);
    expect(text).toMatch(/serial:c02 +free +2 h +WinRT/);
    expect(text).toContain('give one of the keys: relay device udid:0000812000aa');
  });
});
