import { describe, expect, test } from '@jest/globals';
import { entraRevocationCounts, isNewCause, oktaRevocationCounts, openContainment } from '../../src/compliance/containment.js';
import { facts, lockOutFor, noncompliant } from './records.js';

const v1 = '17000000000000000';
const v2 = '17000000010000000';

describe('a lock-out', () => {
  const { causes } = lockOutFor(noncompliant(v1));

  test('stays the same while its causes do, and is done once more for a new one or one that came anew', () => {
    const open = openContainment(causes, 0);
    const both = facts({ ...noncompliant(v1), compromised: true, compromisedSince: v2 });
    expect(isNewCause(open, causes)).toBe(false);
    expect(isNewCause(open, lockOutFor(noncompliant(v2)).causes)).toBe(true);
    expect(isNewCause(open, lockOutFor(both).causes)).toBe(true);
    expect(isNewCause(openContainment(lockOutFor(both).causes, 0), causes)).toBe(false);
  });

  test('counts an Okta revocation only if it was sent after every suspension had been acknowledged', () => {
    const open = openContainment(causes, 0);
    expect(oktaRevocationCounts(open, 'ada')).toBe(false);
    expect(oktaRevocationCounts({ ...open, oktaRevocations: { ada: 1 } }, 'ada')).toBe(true);
    expect(oktaRevocationCounts({ ...open, contained: { a: 1 }, oktaRevocations: { ada: 2 } }, 'ada')).toBe(true);
    expect(oktaRevocationCounts({ ...open, contained: { a: 1, b: 3 }, oktaRevocations: { ada: 2 } }, 'ada')).toBe(false);
  });

  test.each([
    ['revoked', 5, true],
    ['skipped_external', 5, true],
    ['user_not_found', 5, false],
    ['not_confirmed', 5, false],
    ['revoked', 3, false],
  ])('with Entra ID\'s answer %s to what was sent at %i counts it: %p', (result, tick, counts) => {
    const open = { ...openContainment(causes, 0), contained: { a: 1 }, oktaAnsweredAt: 4 };
    expect(entraRevocationCounts({ ...open, entraRevocations: { ada: { tick, result } } }, 'ada')).toBe(counts);
  });
});
