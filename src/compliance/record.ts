import { z } from 'zod';
import type { DeviceClass } from './event.js';

/** A person as the directory knows them. */
export const identitySchema = z.object({ id: z.string(), login: z.string(), email: z.string().nullable() });

export type Identity = z.infer<typeof identitySchema>;

/** `other` is every status that we neither know nor act on (e.g. one that the vendor adds later). */
export type RecordStatus = 'active' | 'suspended' | 'deactivated' | 'other';

/** What the directory holds about one enrolled device; re-enrolling makes a second record for the same device. */
export type DeviceRecord = {
  id: string;
  status: RecordStatus;
  /** Which of its identifiers is its name; null for a platform that we do not know. */
  deviceClass: DeviceClass | null;
  udid: string | null;
  serialNumber: string | null;
  tpmHash: string | null;
  /** In the directory's word; absent where it did not say. */
  platform?: string;
  users: Identity[];
  /** When the record changed last, milliseconds since 1970; absent where the directory did not say. */
  changedAt?: number;
};
