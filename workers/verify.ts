import { keyOfRecord } from '../src/compliance/device.js';
import { isOurs, statusNow } from '../src/compliance/ledger.js';
import type { DeviceRecord } from '../src/compliance/record.js';
import { isExpected } from './attempt.js';
import type { LockOut } from './lock-out.js';
import { readRecord } from './observe.js';
import { notLoggedYet, proveSuspensions } from './prove.js';
import { unsuspendDevice } from './release.js';
import { attempt, type Run } from './run.js';

/**
 * After a look-up: what was suspended on the fleet index's word and is no record of the device is let go at once; of the rest that is in use
 * the System Log is asked who suspended it, which need not succeed now: the next look-up asks again, and at the latest the release.
 */
export async function verifySuspensions(lockOut: LockOut, found: DeviceRecord[]): Promise<void> {
  const { run } = lockOut;
  const onIndex = Object.entries(run.state.ledger).flatMap(([id, entry]) => (entry.unproven !== undefined && isOurs(entry) ? [id] : []));
  const strangers = onIndex.filter((id) => !found.some((record) => record.id === id));
  await Promise.all(strangers.map((id) => attempt(run, () => letGo(lockOut, id))));
  const isToProve = (id: string) => found.some((record) => record.id === id && record.status !== 'deactivated') && !isJustSuspended(run, id);
  await prove(run, onIndex.filter(isToProve));
}

/** The log does not show it yet, and nobody is kept waiting for that: the next look asks. */
function isJustSuspended({ calls }: Run, id: string): boolean {
  return calls.steps.some(({ operation, target, result }) => operation === 'suspendDevice' && target === id && result === 'suspended');
}

async function prove(run: Run, recordIds: string[]): Promise<void> {
  try {
    await proveSuspensions(run, recordIds);
  } catch (problem) {
    if (!isExpected(problem) || !(problem instanceof Error)) throw problem;
    run.notes.push(`who suspended the device will be asked again: ${problem.message}`);
  }
}

/** A record that the look-up did not find: it is gone, the search lags behind, or it is another device's. */
async function letGo({ run, containment }: LockOut, id: string): Promise<void> {
  const record = await readRecord(run, id);
  const owner = record && keyOfRecord(record);
  if (record === null || owner === null || owner === run.state.key) return;
  if ((await proveSuspensions(run, [id])).length > 0) throw notLoggedYet();
  run.notes.push(`record ${id} is another device's: the fleet index was wrong`);
  await giveBack(run, record, owner);
  delete containment.contained[id];
}

/** Its own device, if we know that, decides whether it stays suspended. */
async function giveBack(run: Run, record: DeviceRecord, owner: string): Promise<void> {
  const { store, now, enqueue } = run.enforcement;
  const { key, ledger } = run.state;
  const entry = ledger[record.id];
  if (entry === undefined || !isOurs(entry)) return;
  if ((await store.generation(owner)) > 0) {
    await store.handOver(record.id, entry, { from: key, to: owner });
    delete ledger[record.id];
    await store.planAgain(owner, now(), { recheck: true, evenDiscarded: true });
    await enqueue(owner);
  } else if (statusNow(record, entry, now()) !== 'active') {
    await unsuspendDevice(run, record.id);
  }
  if (!Object.values(ledger).some(isOurs)) await store.markUnlocked(key);
}
