import type { DeviceKey } from '../../src/compliance/device.js';
import { driftOf, type Drift } from '../../src/compliance/drift.js';
import type { ComplianceEvent } from '../../src/compliance/event.js';
import { believe } from '../../src/compliance/forecast.js';
import type { Policy } from '../../src/compliance/policy.js';
import { readWithLedger, StateUnreadable, type DeviceState } from '../../src/store/device.js';
import type { FleetEntry } from '../../src/store/fleet-index.js';
import type { Difference } from '../../src/store/sweep-memory.js';
import type { UemRecord } from '../../src/uem/record.js';
import { asSimulated } from '../shadow.js';
import type { Sweep } from './sweep.js';

/** A device, and UEM's record of it that counts; null where UEM has none. */
type Listed = { key: DeviceKey; record: UemRecord | null };

/** What is read once for all devices of a page: the fleet index's entries, and the policy in force. */
type Page = { entries: Map<DeviceKey, FleetEntry>; policy: Policy };

export type Look = { drift: Drift; state: DeviceState | null; event: ComplianceEvent | null; recordIds: string[] };

/** Notes how devices differ, all of a page at once. */
export async function noteDrift(sweep: Sweep, devices: Listed[]): Promise<void> {
  if (devices.length === 0) return;
  const [entries, policy] = await Promise.all([sweep.index.recall(devices.map(({ key }) => key)), sweep.readPolicy()]);
  const differences = new Map<DeviceKey, Difference | null>();
  await Promise.all(devices.map(async (device) => differences.set(device.key, await differenceOf(sweep, device, { entries, policy }))));
  await sweep.memory.noteDifferences(differences);
}

async function differenceOf(sweep: Sweep, listed: Listed, page: Page): Promise<Difference | null> {
  const look = await lookAt(sweep, listed, page);
  const deviceId = listed.record?.event.enrolment ?? null;
  if (look === null) return { kinds: ['unreadable'], repair: false, deviceId, recordIds: [] };
  const { drift, recordIds } = look;
  if (drift.kinds.length === 0) return null;
  return { kinds: drift.kinds, repair: drift.replan || drift.kinds.includes('facts_differ'), deviceId, recordIds };
}

/** How a device differs now; null where what is remembered of it cannot be read. */
export async function lookAt(sweep: Sweep, { key, record }: Listed, page?: Page): Promise<Look | null> {
  const { redis, prefix, readPolicy, now, progress, log, index } = sweep;
  try {
    const { state, ledger } = await readWithLedger(redis, prefix, key);
    const entry = (page?.entries ?? (await index.recall([key]))).get(key);
    const event = record && believe(state, record);
    const seen = entry?.records.map((found) => (prefix === '{relay-shadow}' ? asSimulated(found, ledger[found.id]) : found)) ?? [];
    // An entry without records stands for more than fit into it.
    const records = entry !== undefined && seen.length === 0 ? null : seen;
    const readAt = entry?.seenAt ?? progress.okta.listing.seenAt;
    const drift = driftOf({ key, known: state, ledger, event, records, readAt }, page?.policy ?? (await readPolicy()), now());
    return { drift, state, event, recordIds: seen.map(({ id }) => id) };
  } catch (error) {
    if (!(error instanceof StateUnreadable)) throw error;
    log.warn({ key, detail: error.message }, 'sweep: a device cannot be compared');
    return null;
  }
}
