import { z } from 'zod';
import type { DeviceRecord, RecordStatus } from './record.js';

/**
 * What we did to one directory record. What is about to be sent is written before the call, so that no call is ever forgotten; an entry
 * of ours never expires.
 *
 * `intent`: a suspension was sent, no answer is known · `ours`: it was acknowledged · `leaving`: an unsuspension was sent, no answer is
 * known · `released`: it was acknowledged.
 */
export const ledgerEntrySchema = z.object({
  state: z.enum(['intent', 'ours', 'leaving', 'released']),
  /** When that was written: milliseconds since 1970. */
  at: z.number(),
  /** What a read had shown before the suspension: only an active record can become ours. */
  statusSeen: z.enum(['active', 'suspended', 'deactivated', 'other']),
  requestId: z.string().nullable(),
  /**
   * Whether the directory's log has yet to show that it was us: for a suspension on the fleet index's word, and for one whose call was not
   * simply acknowledged. Until then nothing says that it was not somebody else's. Absent where there is nothing to doubt, or no log to ask.
   */
  unproven: z.boolean().optional(),
  /** When an earlier call was sent to which no answer came: it may take effect after this one. */
  unansweredSuspensionAt: z.number().optional(),
  unansweredUnsuspensionAt: z.number().optional(),
});

export type LedgerEntry = z.infer<typeof ledgerEntrySchema>;

/** Directory record id -> what we did to it. */
export type Ledger = Record<string, LedgerEntry>;

/**
 * Milliseconds for which a read may still show the status before our acknowledged call. Neither search nor GET by id is
 * read-your-writes at Okta (recordings of okta-sdk-python: seconds).
 */
export const staleReadMs = 30_000;

/** Milliseconds within which a call without an answer may still take effect. */
export const uncertainCallMs = 15_000;

/** Milliseconds for which a status that contradicts an acknowledged call is put down to our own earlier call without an answer. */
const opposedMs = 300_000;

/** `unsure`: neither what a read shows nor what was acknowledged can be relied on; the call is to be made (again). */
type KnownStatus = RecordStatus | 'unsure';

/** The status of a record, corrected by what we know of our own calls better than a read can show. */
export function statusNow(record: DeviceRecord, entry: LedgerEntry | undefined, nowMs: number): KnownStatus {
  if (entry === undefined || (record.status !== 'active' && record.status !== 'suspended')) return record.status;
  const recent = nowMs - entry.at <= staleReadMs;
  if (isUnanswered(entry)) return recent ? 'unsure' : record.status;
  const acknowledged = entry.state === 'ours' ? 'suspended' : 'active';
  if (record.status !== acknowledged && isOpposed(entry, nowMs)) return 'unsure';
  return recent ? acknowledged : record.status;
}

function isUnanswered({ state }: LedgerEntry): boolean {
  return state === 'intent' || state === 'leaving';
}

/** When the opposite of what was acknowledged last was sent, if no answer to that came; undefined: there is no such call. */
function opposedAt({ state, unansweredSuspensionAt, unansweredUnsuspensionAt }: LedgerEntry): number | undefined {
  return state === 'ours' ? unansweredUnsuspensionAt : unansweredSuspensionAt;
}

function isOpposed(entry: LedgerEntry, nowMs: number): boolean {
  const at = opposedAt(entry);
  return at !== undefined && nowMs - at <= opposedMs;
}

/** What to note before a record that was read as active is suspended (`intent`), or a suspended one unsuspended (`leaving`). */
export function noteBefore(state: 'intent' | 'leaving', before: LedgerEntry | undefined, nowMs: number): LedgerEntry {
  const statusSeen = state === 'intent' ? 'active' : (before?.statusSeen ?? 'suspended');
  const suspensionAt = before?.state === 'intent' ? before.at : before?.unansweredSuspensionAt;
  const unsuspensionAt = before?.state === 'leaving' ? before.at : before?.unansweredUnsuspensionAt;
  return {
    state,
    at: nowMs,
    statusSeen,
    requestId: null,
    ...(before?.unproven !== undefined && before.state !== 'released' && { unproven: before.unproven }),
    ...(mayStillCome(suspensionAt, nowMs) && { unansweredSuspensionAt: suspensionAt }),
    ...(mayStillCome(unsuspensionAt, nowMs) && { unansweredUnsuspensionAt: unsuspensionAt }),
  };
}

function mayStillCome(sentAt: number | undefined, nowMs: number): boolean {
  return sentAt !== undefined && nowMs - sentAt < uncertainCallMs;
}

/** Whether one of our calls may still take effect although nobody waits for it any longer: then the directory is read again later. */
export function isUnsettled(ledger: Ledger, nowMs: number): boolean {
  return Object.values(ledger).some((entry) => mayStillCome(isUnanswered(entry) ? entry.at : opposedAt(entry), nowMs));
}

/** Whether a suspended record is suspended because of us: only those are unsuspended. */
export function isOurs(entry: LedgerEntry | undefined): boolean {
  return entry !== undefined && entry.state !== 'released' && entry.statusSeen === 'active';
}

/**
 * The entries that have nothing more to say: a record that is read as active is not suspended by us any longer. One that was deactivated
 * since stays on the ledger: that it cannot be let back in must be reported.
 */
export function spentEntries(ledger: Ledger, records: DeviceRecord[], nowMs: number): string[] {
  return records
    .filter((record) => {
      const entry = ledger[record.id];
      return entry !== undefined && isSpent(entry, statusNow(record, entry, nowMs), nowMs);
    })
    .map((record) => record.id);
}

function isSpent(entry: LedgerEntry, status: KnownStatus, nowMs: number): boolean {
  if (entry.state === 'released') return nowMs - entry.at > staleReadMs && !isOpposed(entry, nowMs);
  return status === 'active' || status === 'other';
}
