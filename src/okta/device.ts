import { z } from 'zod';
import type { DeviceClass } from '../compliance/event.js';
import type { DeviceRecord, RecordStatus } from '../compliance/record.js';
import { user } from './user.js';

/** The ways in which Okta may have written a device's identifiers down. */
export type Spellings = { udid: string[]; serialNumber: string[] };

/** Okta's documentation has CREATED, its schema has UNSUSPENDED, and more may come: only the three that we act on are told apart. */
const statuses = new Map<string, RecordStatus>([
  ['ACTIVE', 'active'],
  ['SUSPENDED', 'suspended'],
  ['DEACTIVATED', 'deactivated'],
]);

/** `profile.platform`, as Okta's schema lists it. */
const classes = new Map<string, DeviceClass>([
  ['IOS', 'mobile'],
  ['ANDROID', 'mobile'],
  ['MACOS', 'desktop'],
  ['WINDOWS', 'desktop'],
]);

/** A device of the Devices API. Users come only with a list that was asked for `expand=userSummary`. */
export const device = z
  .object({
    id: z.string().min(1),
    status: z.string(),
    lastUpdated: z.string().nullish(),
    profile: z.object({
      platform: z.string().nullish(),
      udid: z.string().nullish(),
      serialNumber: z.string().nullish(),
      tpmPublicKeyHash: z.string().nullish(),
    }),
    _embedded: z.object({ users: z.array(z.object({ user })).nullish() }).nullish(),
  })
  .transform(
    ({ id, status, lastUpdated, profile, _embedded }): DeviceRecord => ({
      id,
      status: statuses.get(status) ?? 'other',
      deviceClass: classes.get(profile.platform ?? '') ?? null,
      udid: profile.udid ?? null,
      serialNumber: profile.serialNumber ?? null,
      tpmHash: profile.tpmPublicKeyHash ?? null,
      users: (_embedded?.users ?? []).map((link) => link.user),
      ...(profile.platform ? { platform: profile.platform } : {}),
      ...(lastUpdated ? { changedAt: Date.parse(lastUpdated) } : {}),
    }),
  );

/** A SCIM filter for `search`. Okta's guide on filters: string literals are JSON strings. */
export function deviceFilter({ udid, serialNumber }: Spellings): string {
  const terms = [...udid.map((value) => equals('profile.udid', value)), ...serialNumber.map((value) => equals('profile.serialNumber', value))];
  return terms.join(' or ');
}

/** One comparison of a SCIM filter, whatever characters the value has. */
export function equals(attribute: string, value: string): string {
  return `${attribute} eq ${JSON.stringify(value)}`;
}

/** Whether Okta's comparison, which ignores case, would find the record under one of the spellings. */
export function isSpelled(record: DeviceRecord, { udid, serialNumber }: Spellings): boolean {
  return sameText(record.udid, udid) || sameText(record.serialNumber, serialNumber);
}

function sameText(value: string | null, spellings: string[]): boolean {
  return value !== null && spellings.some((spelling) => spelling.toLowerCase() === value.toLowerCase());
}
