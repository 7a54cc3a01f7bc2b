import { entraRevocationCounts, oktaRevocationCounts, type Containment } from './containment.js';
import { isOurs, statusNow, type Ledger, type LedgerEntry } from './ledger.js';
import type { Match } from './match.js';
import type { DoneWord } from './outcome.js';
import type { People } from './people.js';
import type { DeviceRecord, Identity } from './record.js';
import type { Verdict } from './verdict.js';

export type ContainInput = {
  verdict: Extract<Verdict, { posture: 'contain' }>;
  containment: Containment;
  ledger: Ledger;
  nowMs: number;
};

/**
 * The first thing to do about a device that must be locked out, by id: suspend each of its records that is active. Not one that this lock-out
 * had contained before: a human has let it in, and only a new cause locks it again (unless a late unsuspension of ours may have done it).
 * Nothing where it is unclear which device is meant.
 */
export function planSuspensions({ verdict, containment, ledger, nowMs }: ContainInput, match: Match): string[] {
  if (match.kind !== 'one' || !verdict.reaction.suspend) return [];
  return match.records
    .filter((record) => {
      const status = statusNow(record, ledger[record.id], nowMs);
      return status === 'unsure' || (status === 'active' && !(record.id in containment.contained));
    })
    .map(({ id }) => id);
}

/** Records that this lock-out had contained and that are active again. */
export function letIn({ containment, ledger, nowMs }: ContainInput, records: DeviceRecord[]): string[] {
  return records
    .filter((record) => record.id in containment.contained && statusNow(record, ledger[record.id], nowMs) === 'active')
    .map((record) => record.id);
}

/** Whose Okta sessions are still to be revoked: each revocation must be sent after the last suspension was acknowledged. */
export function planOktaRevocations({ verdict, containment }: ContainInput, people: People): Identity[] {
  if (!verdict.reaction.revokeOkta) return [];
  return people.okta.filter((user) => !oktaRevocationCounts(containment, user.id));
}

/** Whose Entra sessions are still to be revoked: after everything that Okta acknowledged, else its session signs the user back in. */
export function planEntraRevocations({ verdict, containment }: ContainInput, people: People): People['entra'] {
  if (!verdict.reaction.revokeEntra) return [];
  return people.entra.filter(([login]) => !entraRevocationCounts(containment, login));
}

type ReleaseInput = { ledger: Ledger; records: DeviceRecord[]; unsuspend: 'own' | 'any'; nowMs: number };

/** Letting a device back in, by id: only records that we have proven to have suspended, unless `unsuspend` says any. */
export function planRelease({ ledger, records, unsuspend, nowMs }: ReleaseInput): { actions: string[]; outcome: DoneWord } {
  const seen = records.map((record) => ({ record, status: statusNow(record, ledger[record.id], nowMs) }));
  const suspended = seen.filter(({ status }) => status === 'suspended' || status === 'unsure');
  const actions = suspended
    .filter(({ record, status }) => {
      const entry = ledger[record.id];
      if (unsuspend === 'any') return true;
      return entry?.statusSeen === 'active' && !needsProof(record, entry, nowMs) && (status === 'unsure' || isOurs(entry));
    })
    .map(({ record }) => record.id);
  if (actions.length > 0) return { actions, outcome: 'done' };
  return { actions, outcome: suspended.length > 0 ? 'not_ours' : 'unchanged' };
}

/** Whether who suspended a record must be known before that is undone: not where no read shows it, and our own call may be on its way. */
export function needsProof(record: DeviceRecord, entry: LedgerEntry | undefined, nowMs: number): boolean {
  const status = statusNow(record, entry, nowMs);
  return entry?.unproven === true && (status === 'suspended' || (status === 'unsure' && record.status === 'suspended'));
}
