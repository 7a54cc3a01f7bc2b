import { describe, expect, test } from '@jest/globals';
import { compareWithFlow, decisionOf, sightOf } from '../../src/compliance/comparison.js';
import type { Facts } from '../../src/compliance/facts.js';
import { builtInPolicy } from '../../src/compliance/policy.js';
import { judge } from '../../src/compliance/verdict.js';
import { facts, noncompliant, record, subject } from './records.js';

const minute = 60_000;
const decidedAt = 100 * minute;
const decision = { wanted: 'suspended', decidedAt, knownAt: decidedAt - 1_000, changedAt: decidedAt + 1.5 * minute, already: false, replacedAt: null } as const;
const agreed = { kind: 'agreed', laterByMs: null };
const missed = { kind: 'missed' };

describe('beside the flow that a team has', () => {
  test('a device that the flow suspended counts as agreed, with how much later than the relay decided', () => {
    expect(compareWithFlow({ ...decision, seen: 'suspended' })).toEqual({ kind: 'agreed', laterByMs: 1.5 * minute });
  });

  test('a record that changed before the decision, or that the relay had nothing to do to, says nothing about the flow\'s speed', () => {
    expect(compareWithFlow({ ...decision, seen: 'suspended', changedAt: 1 })).toEqual(agreed);
    expect(compareWithFlow({ ...decision, seen: 'suspended', already: true })).toEqual(agreed);
  });

  test('a device that is still active was missed; one out of use was not', () => {
    expect(compareWithFlow({ ...decision, seen: 'active' })).toEqual(missed);
    expect(compareWithFlow({ ...decision, seen: 'gone' }).kind).toBe('agreed');
    expect(compareWithFlow({ ...decision, wanted: 'active', seen: 'suspended' })).toEqual(missed);
    expect(compareWithFlow({ ...decision, wanted: 'active', seen: 'gone' }).kind).toBe('agreed');
  });

  test('what the relay leaves to a human the flow must not suspend, unless it had before', () => {
    const left = { ...decision, wanted: 'unchanged', seen: 'suspended' } as const;
    expect(compareWithFlow({ ...left, changedAt: decision.knownAt })).toEqual(missed);
    expect(compareWithFlow({ ...left, changedAt: decision.knownAt - 1 })).toEqual(agreed);
    expect(compareWithFlow({ ...left, seen: 'active' }).kind).toBe('agreed');
  });

  test('a decision that a newer one replaced is held against the flow only if it stood for a while and nothing was done meanwhile', () => {
    const replaced = { ...decision, seen: 'active', replacedAt: decidedAt + 4 * minute } as const;
    expect(compareWithFlow({ ...replaced, changedAt: decidedAt - 1 })).toEqual(missed);
    expect(compareWithFlow(replaced)).toEqual(agreed);
    expect(compareWithFlow({ ...replaced, changedAt: decidedAt - 1, replacedAt: decidedAt + 1_000 })).toEqual(agreed);
  });

  test('of several records the one tells that is not as wanted, and those out of use only where there is no other', () => {
    const [active, suspended, retired] = [record('a'), record('s', { status: 'suspended', changedAt: 5 }), record('r', { status: 'deactivated' })];
    expect(sightOf([suspended, active, retired], 'suspended')).toEqual({ recordId: 'a', seen: 'active', changedAt: null });
    expect(sightOf([retired, suspended], 'suspended')).toEqual({ recordId: 's', seen: 'suspended', changedAt: 5 });
    expect(sightOf([retired], 'active').seen).toBe('deactivated');
    expect(sightOf([], 'active').seen).toBe('gone');
  });
});

const decide = (given: Facts, left: string | null = null) => decisionOf(judge(given, builtInPolicy, { subject, nowMs: decidedAt, permitted: false }), left, given);

describe('what is compared', () => {
  const healthy = facts({ compliance: 'compliant', complianceSince: '1' });

  test('is every decision, with why; that nothing is known yet is none', () => {
    expect(decide(noncompliant('1'))).toMatchObject({ wanted: 'suspended', why: 'noncompliant' });
    expect(decide(healthy)).toMatchObject({ wanted: 'active', why: 'compliant' });
    expect(decide(noncompliant('1'), 'held_mass')).toMatchObject({ wanted: 'unchanged', why: 'noncompliant, held_mass' });
    expect(decide({ ...healthy, unrecognised: 'perhaps' }, 'held_unknown_status')).toMatchObject({ wanted: 'unchanged', why: 'held_unknown_status' });
    expect(decide(facts())).toBeNull();
  });

  test('is another one as soon as a fact has moved, and the same for as long as none has', () => {
    expect(decide(healthy)?.id).toBe(decide(healthy)?.id);
    expect(decide({ ...healthy, complianceSince: '2' })?.id).not.toBe(decide(healthy)?.id);
  });
});
