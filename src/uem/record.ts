import type { ComplianceEvent } from '../compliance/event.js';
import type { Version } from '../compliance/version.js';

/** What UEM's REST API says of one device. */
export type UemRecord = {
  /** In the words of a webhook, as of half a minute before the answer. A `platform` without a `deviceClass` is one that we do not know. */
  event: ComplianceEvent;
  /** When UEM last evaluated the device's compliance; null: never, or it does not say. */
  checkedAt: Version | null;
  /** When the device was enrolled last: of several records with one serial number the newest is the device. */
  enrolledAt: Version | null;
};

/** One page of UEM's inventory. */
export type InventoryPage = {
  devices: UemRecord[];
  /** How many devices the whole inventory holds; null where the answer does not say. */
  total: number | null;
  pageSize: number;
  last: boolean;
};
