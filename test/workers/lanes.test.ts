import { describe, expect, test } from '@jest/globals';
import { openContainment } from '../../src/compliance/containment.js';
import type { Cause } from '../../src/compliance/facts.js';
import type { Verdict } from '../../src/compliance/verdict.js';
import { lanesOf } from '../../workers/lanes.js';

const reaction = { suspend: true, revokeOkta: true, revokeEntra: true, graceMs: 0 };
const lockOut = (kind: Cause['kind']): Verdict => ({ posture: 'contain', causes: [{ kind, what: kind, since: '1' }], reaction, untilMs: null });
const freed: Verdict = { posture: 'free', because: 'compliant', detail: '', untilMs: null };
const unlocked: Verdict = { posture: 'free', because: 'unlocked', detail: 'by on-call', untilMs: null };
const because = (why: string) => ({ why, eventId: null, eventTime: null, receivedAt: 0 });
const fresh = { containment: null, recheck: 0, enforced: 0, because: because('event') };
const complete = { ...openContainment([], 0), recordsComplete: true };

describe('a run waits for the budget', () => {
  test.each([
    ['compromised', lockOut('compromised'), fresh],
    ['compromised', lockOut('operator'), fresh],
    ['compromised', lockOut('compromised'), { ...fresh, because: because('sweep') }],
    ['suspend', lockOut('noncompliant'), fresh],
    ['unsuspend', freed, fresh],
    ['sweep', lockOut('noncompliant'), { ...fresh, because: because('sweep') }],
    ['sweep', freed, { ...fresh, because: because('sweep') }],
    ['unsuspend', unlocked, { ...fresh, because: because('sweep') }],
    ...['operator', 'policy', 'expiry', 'confirmation'].flatMap((why) => [
      ['suspend', lockOut('noncompliant'), { ...fresh, because: because(why) }] as const,
      ['unsuspend', freed, { ...fresh, because: because(why) }] as const,
    ]),
  ] as const)('in the lane %s (%#)', (lane, verdict, state) => {
    expect(lanesOf(state, verdict)).toEqual({ looking: lane, acting: lane });
  });

  test('with another look at what is suspended already in a lower lane, but not with what that look finds', () => {
    const recheck = { ...fresh, containment: complete, recheck: 2, enforced: 1 };
    expect(lanesOf(recheck, lockOut('noncompliant'))).toEqual({ looking: 'verify', acting: 'suspend' });
    expect(lanesOf({ ...recheck, containment: { ...complete, recordsComplete: false } }, lockOut('noncompliant')).looking).toBe('suspend');
    expect(lanesOf({ ...recheck, recheck: 1 }, lockOut('noncompliant')).looking).toBe('suspend');
  });
});
