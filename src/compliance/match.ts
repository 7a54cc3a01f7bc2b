import { normaliseIdentifier } from './device.js';
import type { DeviceRecord } from './record.js';

export type Match = { kind: 'none' } | { kind: 'one'; records: DeviceRecord[] } | { kind: 'ambiguous'; records: DeviceRecord[] };

/**
 * Whether the records found for one identifier are one device. They are when they are linked, pair by pair, by an equal UDID or TPM
 * hash, or when neither differs and the users are equal. Deactivated records are inert and decide nothing. With `released` a human has said
 * that they are one.
 */
export function matchRecords(records: DeviceRecord[], released: boolean): Match {
  const live = records.filter((record) => record.status !== 'deactivated');
  const [first, ...rest] = live;
  if (first === undefined) return records.length === 0 ? { kind: 'none' } : { kind: 'one', records };
  return released || linkedTo(first, rest).length === live.length ? { kind: 'one', records } : { kind: 'ambiguous', records: live };
}

function linkedTo(first: DeviceRecord, rest: DeviceRecord[]): DeviceRecord[] {
  const linked = [first];
  const open = new Set(rest);
  for (const known of linked) {
    for (const candidate of open) {
      if (!sameDevice(known, candidate)) continue;
      open.delete(candidate);
      linked.push(candidate);
    }
  }
  return linked;
}

function sameDevice(a: DeviceRecord, b: DeviceRecord): boolean {
  const evidence = [agreement(a.udid, b.udid), agreement(a.tpmHash, b.tpmHash)];
  if (evidence.includes('equal')) return true;
  return !evidence.includes('different') && sameUsers(a, b);
}

function agreement(a: string | null, b: string | null): 'equal' | 'different' | 'unknown' {
  if (a === null || b === null) return 'unknown';
  return normaliseIdentifier(a) === normaliseIdentifier(b) ? 'equal' : 'different';
}

function sameUsers(a: DeviceRecord, b: DeviceRecord): boolean {
  return userIds(a) === userIds(b);
}

function userIds({ users }: DeviceRecord): string {
  return users
    .map((user) => user.id)
    .toSorted()
    .join();
}
