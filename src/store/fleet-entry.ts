import { z } from 'zod';
import { keyOfRecord, type DeviceKey } from '../compliance/device.js';
import type { DeviceRecord, RecordStatus } from '../compliance/record.js';
import { parseJson } from '../json.js';

const letters = { active: 'a', suspended: 's', deactivated: 'd', other: 'o' } as const satisfies Record<RecordStatus, string>;
const statuses = new Map<string, RecordStatus>([['a', 'active'], ['s', 'suspended'], ['d', 'deactivated'], ['o', 'other']]);

/** How an entry says a record's status. */
export function statusLetter(status: RecordStatus): string {
  return letters[status];
}

/** How a record begins in an entry, up to the letter of its status. */
export function recordStart(id: string): string {
  return `[${JSON.stringify(id)},"`;
}

/** A record as JSON with as little around it as can be: the class is in the entry's key, and 0 is nothing. */
export function packRecord({ id, status, udid, serialNumber, tpmHash, users }: DeviceRecord): string {
  const people = users.map((user) => (user.email === user.login ? [user.id, user.login] : [user.id, user.login, user.email ?? 0]));
  return JSON.stringify([id, letters[status], udid ?? 0, serialNumber ?? 0, tpmHash ?? 0, people]);
}

const nothing = z.literal(0).transform(() => null);
const text = z.union([z.string(), nothing]);
const packedUser = z
  .tuple([z.string(), z.string(), text.optional()])
  .transform(([id, login, email]) => ({ id, login, email: email === undefined ? login : email }));
const packedRecord = z.tuple([
  z.string(),
  z.string().transform((letter) => statuses.get(letter)).pipe(z.enum(['active', 'suspended', 'deactivated', 'other'])),
  text,
  text,
  text,
  z.array(packedUser),
]);

/**
 * What an entry holds, if this version wrote it and it is about the device of that key by its records' own identifiers; else undefined. One
 * without records stands for more than fitted into it.
 */
export function readEntry(key: DeviceKey, entry: string | null): { seenAt: number; records: DeviceRecord[] } | undefined {
  const [, seenAt, packed] = /^1;(\d+);[^;]*;(.*)$/s.exec(entry ?? '') ?? [];
  if (seenAt === undefined || packed === undefined) return undefined;
  const records = unpack(packed, key.startsWith('udid:') ? 'mobile' : 'desktop');
  return records?.every((record) => keyOfRecord(record) === key) ? { seenAt: Number(seenAt), records } : undefined;
}

/** A record that a listing showed twice counts as it was shown last. */
function unpack(packed: string, deviceClass: DeviceRecord['deviceClass']): DeviceRecord[] | undefined {
  const parsed = z.array(packedRecord).safeParse(parseJson(`[${packed}]`));
  const records = parsed.data?.map(([id, status, udid, serialNumber, tpmHash, users]) => ({ id, status, deviceClass, udid, serialNumber, tpmHash, users }));
  return records && [...new Map(records.map((record) => [record.id, record])).values()];
}
