import type { Action } from './action.js';
import { entraRevocationCounts, oktaRevocationCounts, type Containment } from './containment.js';
import { isOurs, statusNow, type Ledger } from './ledger.js';
import type { Match } from './match.js';
import type { DoneWord, HeldWord } from './outcome.js';
import type { People } from './people.js';
import type { Verdict } from './policy.js';
import type { DeviceRecord } from './record.js';

export type Plan = {
  actions: Action[];
  /** The run's outcome once every action is done. */
  outcome: DoneWord | HeldWord;
  /** What a reader of the run should know besides. */
  notes: string[];
};

export type ContainInput = {
  verdict: Extract<Verdict, { posture: 'contain' }>;
  containment: Containment;
  ledger: Ledger;
  match: Match;
  people: People;
  nowMs: number;
};

/** What is left of locking a device out: suspensions first, then Okta sessions, then Entra's. */
export function planContainment(input: ContainInput): Plan {
  const { verdict, match } = input;
  const reason = verdict.causes.map(({ what }) => what).join(' and ');
  if (match.kind === 'ambiguous') return planAmbiguous(input, reason);
  const records = match.kind === 'one' ? match.records : [];
  const suspensions = verdict.reaction.suspend ? records.flatMap((record) => suspension(record, input, reason)) : [];
  const revocations = planRevocations(input, { anew: suspensions.length > 0, reason });
  const actions = [...suspensions, ...revocations];
  const outcome = records.length === 0 ? 'done_without_device' : 'done';
  return {
    actions,
    outcome: actions.length === 0 && input.containment.complete ? 'unchanged' : outcome,
    notes: [...(input.people.shared ? ['shared_device'] : []), ...records.flatMap((record) => noteOn(record, input))],
  };
}

function planAmbiguous(input: ContainInput, reason: string): Plan {
  const compromised = input.verdict.causes.some(({ kind }) => kind === 'compromised');
  const actions = compromised ? planRevocations(input, { anew: false, reason }) : [];
  return { actions, outcome: 'held_ambiguous', notes: ['several records that may be different devices'] };
}

function suspension(record: DeviceRecord, { containment, ledger, nowMs }: ContainInput, reason: string): Action[] {
  const statusSeen = statusNow(record, ledger[record.id], nowMs);
  if (statusSeen !== 'active' || record.id in containment.contained) return [];
  return [{ kind: 'suspendDevice', recordId: record.id, statusSeen, reason }];
}

function noteOn(record: DeviceRecord, input: ContainInput): string[] {
  if (statusNow(record, input.ledger[record.id], input.nowMs) === 'other') return [`record ${record.id} has a status that cannot be suspended`];
  return letIn(input).includes(record.id) ? [`record ${record.id} was unsuspended by somebody else`] : [];
}

/** Records that this lock-out had contained and that are active again: a human let them in, and only a new cause locks them again. */
export function letIn({ match, containment, ledger, nowMs }: Pick<ContainInput, 'match' | 'containment' | 'ledger' | 'nowMs'>): string[] {
  const records = match.kind === 'none' ? [] : match.records;
  return records
    .filter((record) => record.id in containment.contained && statusNow(record, ledger[record.id], nowMs) === 'active')
    .map((record) => record.id);
}

function planRevocations({ verdict, containment, people }: ContainInput, { anew, reason }: { anew: boolean; reason: string }): Action[] {
  const okta: Action[] = people.okta
    .filter((user) => anew || !oktaRevocationCounts(containment, user.id))
    .map((user) => ({ kind: 'revokeUserSessions', user, reason }));
  const entra: Action[] = people.entra
    .filter(([login]) => anew || okta.length > 0 || !entraRevocationCounts(containment, login))
    .map((addresses) => ({ kind: 'revokeSignInSessions', addresses, reason }));
  return [...(verdict.reaction.revokeOkta ? okta : []), ...(verdict.reaction.revokeEntra ? entra : [])];
}

export type ReleaseInput = { ledger: Ledger; records: DeviceRecord[]; unsuspend: 'own' | 'any'; nowMs: number };

/** Letting a device back in: only records that we suspended, unless `unsuspend` says any. */
export function planRelease({ ledger, records, unsuspend, nowMs }: ReleaseInput): Plan {
  const seen = records.map((record) => ({ id: record.id, entry: ledger[record.id], status: statusNow(record, ledger[record.id], nowMs) }));
  const suspended = seen.filter(({ status }) => status === 'suspended');
  const actions: Action[] = suspended
    .filter(({ entry }) => unsuspend === 'any' || isOurs(entry))
    .map(({ id }) => ({ kind: 'unsuspendDevice', recordId: id, reason: 'compliant' }));
  const foreign = suspended.length > actions.length;
  return {
    actions,
    outcome: actions.length > 0 ? 'done' : foreign ? 'not_ours' : 'unchanged',
    notes: foreign ? ['a record is suspended by somebody else'] : [],
  };
}
