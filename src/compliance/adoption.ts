import { isOurs, type LedgerEntry } from './ledger.js';
import type { StatusChange } from './proof.js';

/** What becomes of a suspended record when suspensions are taken over; each has a paragraph in docs/runbook.md. */
export const adoptionWords = ['adopted', 'already_ours', 'suspended_by_others', 'no_longer_suspended', 'not_in_log', 'without_identifier', 'unreadable'] as const;
export type AdoptionWord = (typeof adoptionWords)[number];

/** Whether a suspended record may be taken for ours: only if it is proven to be, or by the last turn in the log `whose` client suspended it. */
export function adoptionOf(known: LedgerEntry | undefined, turn: StatusChange | undefined, whose: string): AdoptionWord {
  if (isOurs(known) && known?.unproven !== true) return 'already_ours';
  if (turn === undefined) return 'not_in_log';
  if (turn.what === 'unsuspended') return 'no_longer_suspended';
  return turn.actor === whose ? 'adopted' : 'suspended_by_others';
}

/** The entry of a suspension that we take over: as if we had made it when it was made. */
export function adoptedEntry({ at }: StatusChange): LedgerEntry {
  return { state: 'ours', at, statusSeen: 'active', requestId: null };
}
