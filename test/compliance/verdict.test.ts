import { describe, expect, test } from '@jest/globals';
import type { Facts } from '../../src/compliance/facts.js';
import { builtInPolicy } from '../../src/compliance/policy.js';
import { judge } from '../../src/compliance/verdict.js';
import { facts, subject } from './records.js';

const v1 = '17000000000000000';
const compliant: Partial<Facts> = { compliance: 'compliant', complianceSince: v1 };
const nonCompliant: Partial<Facts> = { compliance: 'noncompliant', complianceSince: v1 };
const compromised: Partial<Facts> = { compromised: true, compromisedSince: v1 };
const wiped: Partial<Facts> = { ended: 'wiped', endedSince: v1 };
const unseen: Partial<Facts> = { unrecognised: 'Perhaps', unrecognisedSince: v1 };
const operator = (state: 'locked' | 'unlocked'): Partial<Facts> => ({ operator: { state, since: v1, untilMs: 2_000, reason: 'because', by: 'me' } });

const only = (suspend: boolean, revokeOkta: boolean) => ({ suspend, revokeOkta, revokeEntra: false, graceMs: 0 });

describe('the verdict', () => {
  test.each<[string, Partial<Facts>, string]>([
    ['of nothing said', {}, 'none'],
    ['of a compliant device', compliant, 'free'],
    ['of a non-compliant one', nonCompliant, 'contain: noncompliant'],
    ['of a compromised one of unknown compliance', compromised, 'contain: compromised'],
    ['of a compromised one that complies', { ...compliant, ...compromised }, 'contain: compromised'],
    ['of a wiped one that complies', { ...compliant, ...wiped }, 'contain: wiped'],
    ['of everything at once', { ...nonCompliant, ...compromised, ...wiped }, 'contain: wiped, compromised, noncompliant'],
    ['of an unseen compromise literal on a compliant device', { ...compliant, ...unseen }, 'hold'],
    ['of an unseen compromise literal on a non-compliant device', { ...nonCompliant, ...unseen }, 'contain: noncompliant'],
    ['of a compromised one that on-call has unlocked', { ...compromised, ...operator('unlocked') }, 'free'],
    ['of a compliant one that on-call has locked', { ...compliant, ...operator('locked') }, 'contain: locked by on-call'],
  ])('%s', (_of, given, expected) => {
    const verdict = judge(facts(given), builtInPolicy, { subject, nowMs: 1_000, permitted: false });
    const causes = verdict.posture === 'contain' ? `: ${verdict.causes.map(({ what }) => what).join(', ')}` : '';
    expect(verdict.posture + causes).toBe(expected);
  });

  test('is a lock-out at once, even where our clock is behind the one that UEM goes by', () => {
    const behind = { subject, nowMs: 1_699_999_990_000, permitted: false };
    expect(judge(facts(nonCompliant), builtInPolicy, behind).posture).toBe('contain');
  });

  test('waits for the end of a grace that the policy gives, not for a compromised device', () => {
    const noncompliant = { ...builtInPolicy.reactions.noncompliant, suspend: true, revokeOkta: true, revokeEntra: true, graceMs: 60_000 };
    const policy = { ...builtInPolicy, reactions: { ...builtInPolicy.reactions, noncompliant } };
    const at = (nowMs: number, given: Partial<Facts>) => judge(facts(given), policy, { subject, nowMs, permitted: false });
    expect(at(1_700_000_059_999, nonCompliant)).toEqual({ posture: 'grace', untilMs: 1_700_000_060_000 });
    expect(at(1_700_000_060_000, nonCompliant).posture).toBe('contain');
    expect(at(1_700_000_000_000, { ...nonCompliant, ...compromised }).posture).toBe('contain');
  });

  test('knows when a grace ends also where something else is acted on or held meanwhile', () => {
    const afterAMinute = { suspend: true, revokeOkta: true, revokeEntra: true, graceMs: 60_000 };
    const policy = { ...builtInPolicy, reactions: { ...builtInPolicy.reactions, wiped: only(false, true), noncompliant: afterAMinute } };
    const at = (nowMs: number, given: Partial<Facts>, permitted = false) => judge(facts(given), policy, { subject, nowMs, permitted });
    const [within, end] = [1_700_000_059_999, 1_700_000_060_000];
    expect(at(within, { ...nonCompliant, ...wiped })).toMatchObject({ posture: 'contain', reaction: { suspend: false }, untilMs: end });
    expect(at(end, { ...nonCompliant, ...wiped })).toMatchObject({ posture: 'contain', reaction: { suspend: true }, untilMs: null });
    expect(at(within, { ...nonCompliant, ...unseen })).toEqual({ posture: 'hold', untilMs: end });
    expect(at(within, { ...nonCompliant, ...unseen }, true)).toMatchObject({ posture: 'contain', untilMs: end });
    expect(at(end, { ...nonCompliant, ...unseen })).toMatchObject({ posture: 'contain', untilMs: null });
  });

  test('forgets what on-call has said when that has expired', () => {
    const given = facts({ ...compromised, ...operator('unlocked') });
    expect(judge(given, builtInPolicy, { subject, nowMs: 2_000, permitted: false }).posture).toBe('contain');
  });

  test('lets an exempted user\'s compromised device in, until the day on which the exemption ends', () => {
    const exemption = { user: 'JDoe@example.com', untilMs: 2_000, reason: 'travels', ticket: 'T-1' };
    const policy = { ...builtInPolicy, exemptions: [exemption] };
    const given = facts(compromised);
    expect(judge(given, policy, { subject, nowMs: 1_999, permitted: false })).toMatchObject({ posture: 'free', because: 'exempt', untilMs: 2_000 });
    expect(judge(given, policy, { subject, nowMs: 2_000, permitted: false })).toMatchObject({ posture: 'contain' });
  });

  test.each([
    { user: ' JDOE@Example.com ' },
    { user: 'Corp\\JDoe' },
    { device: 'SERIAL:c02-xyz' },
    { device: ' c02xyz' },
    { device: '6d8875fb-0001-4C3F-9D6A-1C5B2E7F9A10' },
    { organizationGroup: 'corp' },
  ])('knows an exempted user, device or group by each of its names, however they are spelt: %j', (exempted) => {
    const policy = { ...builtInPolicy, exemptions: [{ ...exempted, untilMs: 2_000, reason: 'travels', ticket: 'T-1' }] };
    const known = { ...subject, udid: '6D8875FB00014C3F9D6A1C5B2E7F9A10', userName: 'corp\\jdoe' };
    expect(judge(facts(nonCompliant), policy, { subject: known, nowMs: 0, permitted: false })).toMatchObject({ posture: 'free', because: 'exempt' });
  });

  test.each([{ user: 'doe@example.com' }, { user: 'C02XYZ' }, { device: 'jdoe@example.com' }, { device: 'C02' }, { organizationGroup: 'Corporate' }])(
    'does not take another for an exempted one: %j', (exempted) => {
      const policy = { ...builtInPolicy, exemptions: [{ ...exempted, untilMs: 2_000, reason: 'travels', ticket: 'T-1' }] };
      expect(judge(facts(nonCompliant), policy, { subject, nowMs: 0, permitted: false }).posture).toBe('contain');
    },
  );

  test('does not act on a cause that the policy leaves alone, and reacts with the sum of those that it does not', () => {
    const reactions = { ...builtInPolicy.reactions, wiped: null, compromised: only(true, false), noncompliant: only(false, true) };
    const policy = { ...builtInPolicy, reactions };
    const verdict = judge(facts({ ...nonCompliant, ...compromised, ...wiped }), policy, { subject, nowMs: 0, permitted: false });
    expect(verdict).toMatchObject({ posture: 'contain', reaction: { suspend: true, revokeOkta: true, revokeEntra: false } });
    expect(verdict.posture === 'contain' && verdict.causes.map(({ kind }) => kind)).toEqual(['compromised', 'noncompliant']);
  });
});
