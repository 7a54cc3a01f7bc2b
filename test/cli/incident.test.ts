import { describe, expect, it } from '@jest/globals';
import { renderIncident } from '../../src/cli/incident.js';
import { ago, lockedDevice, lockingRun, now } from './answers.js';

const event = (id: string, seconds: number) => ({ id, receivedAt: ago(seconds), result: 'queued', reason: '', body: {} });
const run = (outcome: string, seconds: number) => lockingRun({ outcome, startedAt: ago(seconds) });
const render = (changes: Parameters<typeof lockedDevice>[0] = {}) => renderIncident(lockedDevice(changes), now);

describe('relay device --incident', () => {
  it('says where the device stands, the exposure clock, and every step with its request id', () => {
    const text = render();
    expect(text).toContain('# Ada iPhone\n\n**locked\\_by\\_us** since 2026-03-04 02:58:00.000Z (2 min): noncompliant.');
    expect(text).toContain('| Suspended | 2026-03-04 02:58:00.200Z | 5.2 s |');
    expect(text).toContain('| suspendDevice | guo1 | suspended | 204 | req-suspend | 100 |');
    expect(text).toContain('| guo1 | ours | 2026-03-04 02:58:00.000Z | active | req-suspend |');
  });

  it('says that in shadow mode nothing was locked', () => {
    expect(render({ mode: 'shadow' })).toContain('the relay suspended it.\n\nShadow mode: nothing was changed at Okta or Entra ID.');
  });

  it('tells events and runs in the order in which they happened', () => {
    const text = render({ events: [event('third', 50), event('first', 70)], runs: [run('fourth', 40), run('second', 60)] });
    const timeline = text.slice(text.indexOf('## Timeline'), text.indexOf('## Runs'));
    expect(['first', 'second', 'third', 'fourth'].map((word) => timeline.indexOf(word)).toSorted((a, b) => a - b)).toEqual(['first', 'second', 'third', 'fourth'].map((word) => timeline.indexOf(word)));
  });

  it('lets nothing from outside be Markdown or HTML', () => {
    const hostile = '<img src=x onerror=alert(1)> | [click](http://evil) **bold** `code` # title';
    const text = render({ name: hostile, failed: { cause: 'rejected', at: ago(5), detail: hostile }, runs: [lockingRun({ detail: hostile, notes: [hostile] })], events: [] });
    expect(text).not.toMatch(/<img|[^\\]\[click|[^\\]\*\*bold|[^\\]`code/);
    const cells = render({ identity: { ...lockedDevice().identity, email: 'a|b' } }).split('\n').find((line) => line.startsWith('| E-mail'));
    expect(cells).toBe('| E-mail | a\\|b |');
  });

  it('shows what on-call said, and a device of which nothing is kept', () => {
    const operator = { state: 'unlocked', since: ago(60), untilMs: ago(-3600), reason: 'board meeting', by: 'grace@laptop' };
    expect(render({ facts: { ...lockedDevice().facts, operator } })).toContain('On-call: unlocked by grace@laptop: board meeting (until 2026-03-04 04:00:00.000Z)');
    expect(render({ runs: [], events: [], ledger: {}, containment: null })).toContain('No lock-out is kept.');
  });
});
