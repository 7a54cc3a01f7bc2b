import { describe, expect, test } from '@jest/globals';
import { openContainment, type Containment } from '../../src/compliance/containment.js';
import type { Ledger } from '../../src/compliance/ledger.js';
import { builtInPolicy, type Policy } from '../../src/compliance/policy.js';
import { standingOf } from '../../src/compliance/standing.js';
import { judge } from '../../src/compliance/verdict.js';
import { noncompliant, subject } from './records.js';

const given = noncompliant('17000000000000000');
const open = openContainment([], 0);
const ours: Ledger = { r1: { state: 'ours', at: 0, statusSeen: 'active', requestId: null } };
const onlySignsOut: Policy = { ...builtInPolicy, reactions: { ...builtInPolicy.reactions, noncompliant: { suspend: false, revokeOkta: true, revokeEntra: true, graceMs: 0 } } };

function standing(policy: Policy, seen: { containment?: Containment; ledger?: Ledger }) {
  const verdict = judge(given, policy, { subject, nowMs: 0, permitted: false });
  return standingOf({ verdict, containment: null, ledger: {}, held: false, ...seen });
}

describe('a device that does not comply stands', () => {
  test.each<[string, Containment | undefined, Ledger, string]>([
    ['before anything was done', undefined, {}, 'exposed'],
    ['without a record in Okta', { ...open, complete: true }, {}, 'exposed'],
    ['suspended, with a sign-out still to come', { ...open, contained: { r1: 1 } }, ours, 'exposed'],
    ['suspended by us, and done', { ...open, contained: { r1: 1 }, complete: true }, ours, 'locked_by_us'],
    ['suspended by somebody else, and done', { ...open, contained: { r1: 1 }, complete: true }, {}, 'locked_by_other'],
    ['let in by somebody else', { ...open, contained: { r1: 1 }, letIn: ['r1'], complete: true }, {}, 'exposed'],
  ])('%s', (...[, containment, ledger, expected]) => {
    expect(standing(builtInPolicy, { ...(containment && { containment }), ledger })).toBe(expected);
  });

  test.each<[string, Containment | undefined, Ledger, string]>([
    ['before its user was signed out', undefined, {}, 'exposed'],
    ['with a sign-out still to come', open, {}, 'exposed'],
    ['when its user is signed out', { ...open, complete: true }, {}, 'free'],
    ['suspended by somebody else', { ...open, contained: { r1: 1 }, complete: true }, {}, 'free'],
    ['still suspended by us for something else', { ...open, contained: { r1: 1 }, complete: true }, ours, 'wrongly_locked'],
  ])('where the policy only signs out: %s', (...[, containment, ledger, expected]) => {
    expect(standing(onlySignsOut, { ...(containment && { containment }), ledger })).toBe(expected);
  });
});
