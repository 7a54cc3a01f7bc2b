import { searchSpellings } from '../src/compliance/device.js';
import { spentEntries } from '../src/compliance/ledger.js';
import { choosePeople, linkedEnrolmentUser, type People } from '../src/compliance/people.js';
import type { DeviceRecord, Identity } from '../src/compliance/record.js';
import { UpstreamFailure } from '../src/failure.js';
import { Hopeless } from './attempt.js';
import { attempt, type Run } from './run.js';
import { asSimulated } from './shadow.js';

/**
 * The directory's records of the run's device. What they show about our earlier suspensions is noted in the ledger; that one is over is
 * believed only of a read by id, because the search index may lag behind for long.
 */
export async function findRecords(run: Run): Promise<DeviceRecord[]> {
  const { state, enforcement, calls } = run;
  const spellings = searchSpellings({ deviceClass: state.class, udid: state.udid, serialNumber: state.serialNumber });
  const askedAt = enforcement.now();
  const found = await calls.findDevices(spellings);
  const spent = enforcement.mode === 'shadow' ? [] : spentEntries(state.ledger, found, enforcement.now());
  const records = await Promise.all(found.map(async (record) => (spent.includes(record.id) ? await readAgain(run, record) : record)));
  learn(run, records, askedAt);
  return await compareWithLedger(run, records);
}

/**
 * What was found by the identifier that names the device is all that there is of it. Nobody waits for this on the way to the suspension:
 * whatever asks Redis afterwards comes after it.
 */
function learn({ state, enforcement }: Run, records: DeviceRecord[], askedAt: number): void {
  if (state.class === null) return;
  enforcement.fleet.learnFound(state.key, records, askedAt).catch((error: unknown) => enforcement.log.warn({ error }, 'fleet index: Redis'));
}

/** The record with its status by id, and the users that only the search gives. */
async function readAgain(run: Run, record: DeviceRecord): Promise<DeviceRecord> {
  const { status } = (await readRecord(run, record.id)) ?? { status: 'deactivated' as const };
  return { ...record, status };
}

/** A record by id; null, and forgotten, when it no longer exists. */
export async function readRecord(run: Run, id: string): Promise<DeviceRecord | null> {
  try {
    const call = { upstream: 'okta', operation: 'getDevice', target: id, changes: false } as const;
    return await run.calls.make(call, () => run.enforcement.okta.getDevice(id));
  } catch (problem) {
    if (!(problem instanceof UpstreamFailure && problem.details.kind === 'not_found')) throw problem;
    await forgetRecord(run, id);
    return null;
  }
}

/** The record is gone: there is nothing to let in any longer. */
export async function forgetRecord({ state, enforcement, notes }: Run, id: string): Promise<void> {
  await Promise.all([enforcement.store.forgetLedgerEntries(state.key, [id]), enforcement.fleet.forget([state.key])]);
  delete state.ledger[id];
  notes.push(`record ${id} no longer exists`);
}

/** The records as the run is to see them. Suspensions of ours that a read shows to be over are forgotten. */
export async function compareWithLedger({ state, enforcement }: Run, read: DeviceRecord[]): Promise<DeviceRecord[]> {
  const { mode, store, now } = enforcement;
  const records = mode === 'shadow' ? read.map((record) => asSimulated(record, state.ledger[record.id])) : read;
  const spent = spentEntries(state.ledger, records, now());
  await store.forgetLedgerEntries(state.key, spent);
  for (const id of spent) delete state.ledger[id];
  return records;
}

/** Whom to sign out: the linked users, and the enrolment user, who is looked up only when no linked user is that person. */
export async function findPeople(run: Run, records: DeviceRecord[]): Promise<People> {
  const { email } = run.state;
  const user = linkedEnrolmentUser(records, email) ?? (email === null ? null : await lookUpUser(run, email));
  return choosePeople(records, { email, user: user ?? null }, run.enforcement.maxUsers);
}

async function lookUpUser(run: Run, email: string): Promise<Identity | null | undefined> {
  const call = { upstream: 'okta', operation: 'getUser', target: email, changes: false } as const;
  return await attempt(run, async () => {
    const user = await run.calls.make(call, () => run.enforcement.okta.findUser(email));
    if (user === 'ambiguous') throw new Hopeless('ambiguous_user', 'Several Okta users have the enrolment user\'s e-mail address.');
    return user;
  });
}
