import { describe, expect, test } from '@jest/globals';
import { awaitsConfirmation, vetoVersion } from '../../src/compliance/confirmation.js';
import { openContainment } from '../../src/compliance/containment.js';
import type { Cause } from '../../src/compliance/facts.js';
import { tickAfter, versionOf } from '../../src/compliance/version.js';

const since = versionOf(1_700_000_000_000);
const noncompliant: Cause = { kind: 'noncompliant', what: 'noncompliant', since };

describe('a lock-out awaits confirmation', () => {
  const open = openContainment([noncompliant], 0);

  test('for an ordinary non-compliance of which nothing has been done', () => {
    expect(awaitsConfirmation([noncompliant], open)).toBe(since);
  });

  test.each([
    ['compromised', 'compromised'],
    ['ended', 'wiped'],
    ['operator', 'locked by on-call'],
  ] as const)('never for another cause, alone or beside it: %s', (kind, what) => {
    expect(awaitsConfirmation([{ kind, what, since }], open)).toBeNull();
    expect(awaitsConfirmation([{ kind, what, since }, noncompliant], open)).toBeNull();
  });

  test.each([{ confirmed: true }, { contained: { guo1: 1 } }, { oktaComplete: true }])('no longer once %j', (progress) => {
    expect(awaitsConfirmation([noncompliant], { ...open, ...progress })).toBeNull();
  });
});

describe('UEM\'s word that a device complies', () => {
  const earlier = versionOf(1_699_999_999_999);
  const later = versionOf(1_700_000_000_001);

  test('overrules an event that is older than its check', () => {
    expect(vetoVersion({ compliance: 'compliant', compromised: 'healthy', enrolled: true }, later, since)).toBe(later);
  });

  test('overrules in an exact tie, by the next version', () => {
    expect(vetoVersion({ compliance: 'compliant' }, since, since)).toBe(`${since.slice(0, -1)}1`);
    expect(tickAfter('09999999999999999')).toBe('10000000000000000');
  });

  test.each([earlier, null])('overrules nothing that came after its check: %p', (checkedAt) => {
    expect(vetoVersion({ compliance: 'compliant' }, checkedAt, since)).toBeNull();
  });

  test.each([
    [{ compliance: 'noncompliant' }],
    [{}],
    [{ compliance: 'compliant', compromised: 'compromised' }],
    [{ compliance: 'compliant', ended: 'unenrolled' }],
    [{ compliance: 'compliant', unrecognised: 'perhaps' }],
  ] as const)('is no such word: %j', (says) => {
    expect(vetoVersion(says, later, since)).toBeNull();
  });
});
