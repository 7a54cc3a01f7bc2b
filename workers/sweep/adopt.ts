import { adoptedEntry, adoptionOf, type AdoptionWord } from '../../src/compliance/adoption.js';
import { keyOfRecord } from '../../src/compliance/device.js';
import type { Policy } from '../../src/compliance/policy.js';
import type { StatusChange } from '../../src/compliance/proof.js';
import type { DeviceRecord } from '../../src/compliance/record.js';
import { judge } from '../../src/compliance/verdict.js';
import { UpstreamFailure } from '../../src/failure.js';
import type { DevicesPage } from '../../src/okta/devices.js';
import { adoptRecord } from '../../src/store/adoption.js';
import { readWithLedger, StateUnreadable, type DeviceState } from '../../src/store/device.js';
import { lastTurns, type ReadLog } from '../status-changes.js';
import { urgencyNow } from '../urgency.js';
import { ask } from './ask.js';
import { badCursor, goOnTo } from './list-okta.js';
import { SweepEnded, type Reconciling } from './sweep.js';

/** So many records fit into one filter of the System Log. */
const atOnce = 20;

/**
 * Records as ours what `whose` client suspended by Okta's System Log, and has devices planned again that are to be free; null: what
 * we suspended ourselves, for a ledger that was lost. Throws `SweepEnded`.
 */
export async function adopt(job: Reconciling, whose: string | null): Promise<void> {
  const { progress, memory } = job;
  if (job.prefix === '{relay-shadow}' && !progress.dryRun) throw new SweepEnded('shadow_mode', 'In shadow mode the ledger holds what would have been done.');
  const actor = whose ?? (await ownName(job));
  do {
    const { records, next } = await nextPage(job);
    const suspended = records.filter(({ status }) => status === 'suspended');
    for (let start = 0; start < suspended.length; start += atOnce) await adoptSome(job, suspended.slice(start, start + atOnce), actor);
    await goOnTo(job, next);
    progress.okta.records += suspended.length;
    await memory.save(progress);
  } while (progress.okta.after !== null);
}

async function ownName(job: Reconciling): Promise<string> {
  const send = async () => ({ value: { name: await job.okta.logActor() }, status: 200, requestId: null });
  const { name } = await ask(job, { upstream: 'okta', operation: 'listLogEvents', target: 'the System Log' }, send);
  if (name === null) throw new SweepEnded('upstream_refused', 'Okta refuses the System Log: grant the scope okta.logs.read, and an admin role that may read it.');
  return name;
}

/** Once, a cursor that has expired only means that the listing begins anew: what was adopted stays adopted. */
async function nextPage(job: Reconciling): Promise<DevicesPage> {
  const { okta, memory, progress } = job;
  const after = progress.okta.after ?? undefined;
  try {
    return await ask(job, { upstream: 'okta', operation: 'listDevices', target: 'suspended devices' }, () => okta.listDevicesPage(after, 'suspended'));
  } catch (problem) {
    if (!(problem instanceof UpstreamFailure)) throw problem;
    if (problem.details.code !== badCursor || after === undefined) throw new SweepEnded('upstream_refused', problem.message);
    if (progress.okta.restarts > 0) throw new SweepEnded('expired_cursor', problem.message);
    Object.assign(progress.okta, { after: null, records: 0, restarts: 1 });
    await memory.forgetRecords();
    return await nextPage(job);
  }
}

async function adoptSome(job: Reconciling, records: DeviceRecord[], whose: string): Promise<void> {
  const { memory, progress } = job;
  const turns = await readTurns(job, records.map(({ id }) => id));
  for (const record of records) {
    const turn = turns.get(record.id);
    const key = keyOfRecord(record);
    const word = await adoptOne(job, { record, turn, whose }).catch((problem: unknown) => leaveUnreadable(job, problem));
    await memory.noteRepair(`${record.id} ${key ?? ''}`, word);
    if (word === 'adopted') progress.repair.done += 1;
  }
}

type Candidate = { record: DeviceRecord; turn: StatusChange | undefined; whose: string };

async function adoptOne(job: Reconciling, { record, turn, whose }: Candidate): Promise<AdoptionWord> {
  const { redis, prefix, store, queue, readPolicy, now, progress } = job;
  const key = keyOfRecord(record);
  if (key === null) return 'without_identifier';
  const { state, ledger } = await readWithLedger(redis, prefix, key);
  const word = adoptionOf(ledger[record.id], turn, whose);
  if (word !== 'adopted' || turn === undefined || progress.dryRun) return word;
  if (!(await adoptRecord(redis, prefix, { key, recordId: record.id, entry: adoptedEntry(turn) }))) return 'already_ours';
  const planned = state !== null && isToBeFree(state, await readPolicy(), now()) && (await store.planAgain(key, now(), { recheck: true, why: 'sweep' })) > 0;
  if (planned) await queue.add(key, await urgencyNow(job, key));
  return word;
}

function leaveUnreadable({ log }: Reconciling, problem: unknown): 'unreadable' {
  if (!(problem instanceof StateUnreadable)) throw problem;
  log.warn({ detail: problem.message }, 'adopt: a device is left as it is');
  return 'unreadable';
}

function isToBeFree(state: DeviceState, policy: Policy, nowMs: number): boolean {
  return judge(state.facts, policy, { subject: state, nowMs, permitted: false }).posture === 'free';
}

async function readTurns(job: Reconciling, recordIds: string[]): Promise<Map<string, StatusChange>> {
  const read: ReadLog = (query) => ask(job, { upstream: 'okta', operation: 'listLogEvents', target: 'suspended devices' }, () => job.okta.listLogEvents(query));
  try {
    return await lastTurns(read, recordIds, job.now());
  } catch (problem) {
    if (!(problem instanceof UpstreamFailure)) throw problem;
    const { kind, code } = problem.details;
    throw new SweepEnded(kind === 'garbage' ? 'unreadable_inventory' : code === badCursor ? 'expired_cursor' : 'upstream_refused', problem.message);
  }
}
