import { z } from 'zod';
import type { DeviceRecord, RecordStatus } from './record.js';

/**
 * What we did to one directory record. The intent is written before the call, so that a suspension is never forgotten; an entry of
 * ours never expires.
 *
 * `intent`: a suspension was sent, no answer is known · `ours`: it was acknowledged · `released`: our unsuspension was acknowledged.
 */
export const ledgerEntrySchema = z.object({
  state: z.enum(['intent', 'ours', 'released']),
  /** When the intent was written, or the acknowledgement came: milliseconds since 1970. */
  at: z.number(),
  /** What a read had shown before the suspension: only an active record can become ours. */
  statusSeen: z.enum(['active', 'suspended', 'deactivated', 'other']),
  requestId: z.string().nullable(),
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

/** The status of a record, corrected by what was acknowledged to us more recently than a read can be trusted to show. */
export function statusNow(record: DeviceRecord, entry: LedgerEntry | undefined, nowMs: number): RecordStatus {
  if (entry === undefined || nowMs - entry.at > staleReadMs) return record.status;
  if (record.status === 'active' && entry.state === 'ours') return 'suspended';
  if (record.status === 'suspended' && entry.state === 'released') return 'active';
  return record.status;
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

function isSpent(entry: LedgerEntry, status: RecordStatus, nowMs: number): boolean {
  if (entry.state === 'released') return nowMs - entry.at > staleReadMs;
  return status !== 'suspended' && status !== 'deactivated' && nowMs - entry.at > (entry.state === 'intent' ? uncertainCallMs : 0);
}
