import { describe, expect, test } from '@jest/globals';
import { openContainment } from '../../src/compliance/containment.js';
import { driftOf, type Compared, type Remembered } from '../../src/compliance/drift.js';
import type { ComplianceEvent, Statements } from '../../src/compliance/event.js';
import type { Facts } from '../../src/compliance/facts.js';
import { believe } from '../../src/compliance/forecast.js';
import type { LedgerEntry } from '../../src/compliance/ledger.js';
import { builtInPolicy, type Policy } from '../../src/compliance/policy.js';
import { versionOf } from '../../src/compliance/version.js';
import { facts, noncompliant, record, subject } from './records.js';

const now = 1_900_000_000_000;
const at = (minutesAgo: number) => versionOf(now - minutesAgo * 60_000);
const ours: LedgerEntry = { state: 'ours', at: now - 3_600_000, statusSeen: 'active', requestId: null };
const compliant = (since: string) => facts({ compliance: 'compliant', complianceSince: since });

function uemSays(says: Statements, fields: Partial<ComplianceEvent> = {}): ComplianceEvent {
  const { udid, serialNumber, email, platform, ownership, organizationGroup } = subject;
  return { enrolment: '7', deviceClass: 'desktop', udid, serialNumber, time: at(1), email, name: null, platform, ownership, organizationGroup, eventType: null, says, ...fields };
}

function device(given: Facts, fields: Partial<Remembered> = {}): Remembered {
  return { ...subject, facts: given, containment: null, enrolment: '7', ...fields };
}

/** A lock-out of record r1 that is complete. */
function lockedOut(given: Facts): Remembered {
  const containment = openContainment([{ kind: 'noncompliant', what: 'noncompliant', since: given.complianceSince ?? '' }], now - 3_600_000);
  return device(given, { containment: { ...containment, contained: { r1: 1 }, complete: true } });
}

function drift(compared: Partial<Compared>, policy: Policy = builtInPolicy) {
  const usual = { key: subject.key, known: device(compliant(at(60))), ledger: {}, event: uemSays({ compliance: 'compliant', enrolled: true }), records: [record('r1')], readAt: now };
  return driftOf({ ...usual, ...compared }, policy, now);
}

describe('a device about which UEM, Okta and the relay agree', () => {
  test.each<[string, Partial<Compared>]>([
    ['that complies and is active', {}],
    ['that complies and that nobody has told us of', { known: null }],
    ['that is locked out', { known: lockedOut(noncompliant(at(60))), ledger: { r1: ours }, event: uemSays({ compliance: 'noncompliant' }), records: [record('r1', { status: 'suspended' })] }],
    ['that complies and that somebody else has suspended', { records: [record('r1', { status: 'suspended' })] }],
    ['that has ended and has no record', { known: device(facts({ ended: 'unenrolled', endedSince: at(60) })), event: uemSays({ ended: 'unenrolled' }), records: [] }],
    ['whose records are too many to be known', { records: null }],
    ['of which something newer is known than UEM has answered', { known: lockedOut(noncompliant(at(0))), records: [record('r1', { status: 'suspended' })], ledger: { r1: ours } }],
    ['that was suspended after Okta was listed', { known: lockedOut(noncompliant(at(60))), ledger: { r1: { ...ours, at: now + 1_000 } }, event: uemSays({ compliance: 'noncompliant' }) }],
  ])('%s does not differ', (_title, compared) => {
    expect(drift(compared)).toEqual({ kinds: [], replan: false });
  });
});

describe('a device that should be locked', () => {
  const saysBad = uemSays({ compliance: 'noncompliant', enrolled: true });

  test('because UEM says so and no event did is exposed, known or not', () => {
    expect(drift({ event: saysBad })).toEqual({ kinds: ['exposed', 'facts_differ'], replan: true });
    expect(drift({ event: saysBad, known: null })).toEqual({ kinds: ['exposed', 'facts_differ'], replan: true });
  });

  test('because of what we know, and is active, is exposed', () => {
    expect(drift({ event: saysBad, known: device(noncompliant(at(60))) })).toEqual({ kinds: ['exposed'], replan: true });
  });

  test('is exposed by its additional record although the other one is suspended', () => {
    const records = [record('r1', { status: 'suspended' }), record('r2')];
    expect(drift({ event: saysBad, known: lockedOut(noncompliant(at(60))), ledger: { r1: ours }, records }).kinds).toEqual(['exposed']);
  });

  test('and that somebody has let in is reported, and looked at once', () => {
    const known = lockedOut(noncompliant(at(60)));
    expect(drift({ event: saysBad, known, ledger: { r1: ours } })).toEqual({ kinds: ['let_in_by_others'], replan: true });
    const looked = { ...known, containment: known.containment && { ...known.containment, letIn: ['r1'] } };
    expect(drift({ event: saysBad, known: looked })).toEqual({ kinds: ['let_in_by_others'], replan: false });
  });

  test('is locked again if UEM has a new reason', () => {
    const worse = uemSays({ compliance: 'noncompliant', compromised: 'compromised' });
    expect(drift({ event: worse, known: lockedOut(noncompliant(at(60))) })).toEqual({ kinds: ['exposed', 'facts_differ'], replan: true });
  });

  test('is no difference where the policy only signs out, unless we still hold it suspended', () => {
    const gentle = { ...builtInPolicy, reactions: { ...builtInPolicy.reactions, noncompliant: { suspend: false, revokeOkta: true, revokeEntra: true, graceMs: 0 } } };
    expect(drift({ event: saysBad, known: device(noncompliant(at(60))) }, gentle).kinds).toEqual([]);
    const locked = { ledger: { r1: ours }, records: [record('r1', { status: 'suspended' })] };
    expect(drift({ event: saysBad, known: lockedOut(noncompliant(at(60))), ...locked }, gentle)).toEqual({ kinds: ['no_longer_asked_for'], replan: true });
  });

  test('and has no record in Okta that is in use is reported', () => {
    const known = device(noncompliant(at(60)));
    expect(drift({ event: saysBad, known, records: [] })).toEqual({ kinds: ['without_record'], replan: false });
    expect(drift({ event: saysBad, known, records: [record('r1', { status: 'deactivated' })] }).kinds).toEqual(['without_record']);
  });
});

describe('a device that we have suspended', () => {
  const locked = { ledger: { r1: ours }, records: [record('r1', { status: 'suspended' })] };

  test('and that complies by what UEM or we know is wrongly locked', () => {
    expect(drift(locked)).toEqual({ kinds: ['wrongly_locked'], replan: true });
    expect(drift({ ...locked, known: lockedOut(noncompliant(at(60))) })).toEqual({ kinds: ['wrongly_locked', 'facts_differ'], replan: true });
  });

  test('and that complies is wrongly locked although only the ledger knows it, after a lost Redis', () => {
    expect(drift({ ...locked, known: null })).toEqual({ kinds: ['wrongly_locked', 'facts_differ'], replan: true });
  });

  test('and that does not comply is no longer asked for where the policy does not react', () => {
    const lax = { ...builtInPolicy, reactions: { ...builtInPolicy.reactions, noncompliant: null } };
    expect(drift({ ...locked, known: lockedOut(noncompliant(at(60))), event: uemSays({ compliance: 'noncompliant' }) }, lax)).toEqual({ kinds: ['no_longer_asked_for'], replan: true });
  });

  test('and of which UEM has not said whether it complies is no longer asked for, and left alone', () => {
    expect(drift({ ...locked, known: device(facts()), event: uemSays({ enrolled: true }) })).toEqual({ kinds: ['no_longer_asked_for'], replan: false });
  });

  test('and that UEM does not have any longer is reported, and not to be planned again', () => {
    expect(drift({ ...locked, event: null })).toEqual({ kinds: ['gone_from_uem'], replan: false });
    expect(drift({ event: null })).toEqual({ kinds: [], replan: false });
  });
});

describe('what an inventory is believed', () => {
  const listed = { compliance: 'compliant', compromised: 'healthy', enrolled: true } as const;
  const deleted = device(facts({ ended: 'deleted', endedSince: at(10) }));

  test('of an enrolment whose end was announced is nothing good', () => {
    expect(believe(deleted, { event: uemSays(listed), enrolledAt: at(500) }).says).toEqual({});
    expect(believe(deleted, { event: uemSays({ ...listed, compliance: 'noncompliant', compromised: 'compromised' }), enrolledAt: null }).says).toEqual({ compliance: 'noncompliant', compromised: 'compromised' });
  });

  test('of an enrolment that began since, or of another one, is everything', () => {
    expect(believe(deleted, { event: uemSays(listed), enrolledAt: at(5) }).says).toEqual(listed);
    expect(believe(deleted, { event: uemSays(listed, { enrolment: '8' }), enrolledAt: null }).says).toEqual(listed);
    expect(believe(null, { event: uemSays(listed), enrolledAt: null }).says).toEqual(listed);
  });
});
