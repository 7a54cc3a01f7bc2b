import { describe, expect, test } from '@jest/globals';
import type { Facts, OperatorFact } from '../../src/compliance/facts.js';
import { urgencyOf } from '../../workers/urgency.js';
import { facts, noncompliant } from '../compliance/records.js';

const compliant = facts({ compliance: 'compliant', complianceSince: '1' });
const nonCompliant = noncompliant('1');
const compromised: Facts = { ...compliant, compromised: true, compromisedSince: '1' };
const onCall = (state: OperatorFact['state'], untilMs: number | null): Pick<Facts, 'operator'> => ({ operator: { state, since: '1', untilMs, reason: '', by: 'grace' } });

describe('a device that goes back into the queue is as urgent as what is to be done with it', () => {
  test.each([
    ['compromised', compromised, 'event'],
    ['compromised', compromised, 'sweep'],
    ['compromised', { ...compliant, ...onCall('locked', null) }, 'operator'],
    ['contain', nonCompliant, 'event'],
    ['contain', { ...compliant, ended: 'wiped', endedSince: '1' }, 'event'],
    ['contain', { ...nonCompliant, ...onCall('locked', 99) }, 'expiry'],
    ['release', compliant, 'event'],
    ['release', { ...compromised, ...onCall('unlocked', 101) }, 'sweep'],
    ['sweep', nonCompliant, 'sweep'],
    ['sweep', compliant, 'sweep'],
  ] as const)('%s (%#)', (urgency, given, why) => {
    expect(urgencyOf({ facts: given, because: { why, eventId: null, eventTime: null, receivedAt: 0 } }, 100)).toBe(urgency);
  });
});
