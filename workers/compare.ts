import type { Redis } from 'ioredis';
import { isWanted, sightOf, type Sight } from '../src/compliance/comparison.js';
import { searchSpellings } from '../src/compliance/device.js';
import type { DeviceRecord } from '../src/compliance/record.js';
import { epochMsOf } from '../src/compliance/version.js';
import { UpstreamFailure } from '../src/failure.js';
import type { OktaClient } from '../src/okta/client.js';
import type { CompareJob } from '../src/queue/job.js';
import type { UpkeepQueue } from '../src/queue/upkeep-queue.js';
import { keepComparison, lastDecided, noteDecided, type Comparison } from '../src/store/comparisons.js';
import type { DeviceState } from '../src/store/device.js';
import type { Prefix } from '../src/store/keys.js';
import { concludeProblems, isExpected } from './attempt.js';
import type { Calls } from './calls.js';
import type { Enforced } from './enforce.js';
import { lastInLine, type LastInLine } from './last-in-line.js';

type Deciding = { redis: Redis; prefix: Prefix; upkeep: UpkeepQueue; now: () => number };
type Comparing = LastInLine & { redis: Redis; prefix: Prefix; historyMs: number; okta: OktaClient };

/** How long the other flow is given before its work is looked at. */
const compareAfterMs = 300_000;
const lookAgainAfterMs = 60_000;
/** What could not be read for so long is not read any longer. */
const longestMs = 24 * 3_600_000;

/**
 * Has a look taken, five minutes on, at what the other flow made of the device: once for each decision, however many runs it takes and
 * whatever becomes of them.
 */
export async function scheduleComparison({ redis, prefix, upkeep, now }: Deciding, state: DeviceState, enforced: Enforced): Promise<void> {
  const { decision, record, conclusion } = enforced;
  if (decision === null) return;
  const { key } = state;
  const acted = record.steps.some(({ operation }) => operation === 'suspendDevice' || operation === 'unsuspendDevice');
  // Another look at the device repeats its decision, unless it finds something to do.
  const found = acted && state.recheck > state.enforced;
  if (!found && (await lastDecided(redis, prefix, key))?.id === decision.id) return;
  const { wanted, why } = decision;
  const already = conclusion.kind === 'settled' && !acted && conclusion.word !== 'not_ours';
  const spellings = searchSpellings({ deviceClass: state.class, udid: state.udid, serialNumber: state.serialNumber });
  const id = found ? `${decision.id} ${state.generation}` : decision.id;
  const decidedAt = record.startedAt;
  await upkeep.compare({ key, spellings, wanted, why, decidedAt, knownAt: knownAt(state, decidedAt), already }, id, Math.max(0, decidedAt + compareAfterMs - now()));
  await noteDecided(redis, prefix, { key, id: decision.id, wanted, at: decidedAt });
}

/** The flow may have heard of it before the relay did. */
function knownAt({ because }: DeviceState, decidedAt: number): number {
  if (!because) return decidedAt;
  return Math.min(because.receivedAt, because.eventTime === null ? Infinity : epochMsOf(because.eventTime));
}

/**
 * Keeps what is seen of a device beside what the relay would have done. Null; or when to look again, where Okta cannot be asked now: how far it
 * has come is told to `save`.
 */
export async function compare(comparing: Comparing, job: CompareJob, save: (job: CompareJob) => Promise<void>): Promise<number | null> {
  const { now } = comparing;
  try {
    await keep(comparing, job, await see(comparing, job, save));
    return null;
  } catch (problem) {
    if (!isExpected(problem)) throw problem;
    const ended = concludeProblems([problem], now());
    if (ended?.kind !== 'failed' && now() - job.decidedAt < longestMs) return ended?.kind === 'waiting' ? ended.until : now() + lookAgainAfterMs;
    await keep(comparing, job, { recordId: '', seen: 'unread', changedAt: null });
    return null;
  }
}

async function keep({ redis, ...scope }: Comparing, job: CompareJob, sight: Pick<Comparison, 'recordId' | 'seen' | 'changedAt'>): Promise<void> {
  const { key, wanted, why, decidedAt, knownAt: since, already } = job;
  const last = await lastDecided(redis, scope.prefix, key);
  const replacedAt = last !== null && last.at > decidedAt && last.wanted !== wanted ? last.at : null;
  await keepComparison(redis, scope, { key, wanted, why, decidedAt, knownAt: since, already, replacedAt, ...sight });
}

/** The search lags behind: that a record is not as wanted is believed only of a read by id. */
async function see(comparing: Comparing, job: CompareJob, save: (job: CompareJob) => Promise<void>): Promise<Sight> {
  const { key, spellings, wanted, doubted } = job;
  const calls = lastInLine(comparing, `compare ${key}`);
  if (doubted !== undefined) return sightOf(await readById(calls, comparing.okta, doubted), wanted);
  let records = await calls.findDevices(spellings);
  const readAgain = new Set<string>();
  for (;;) {
    const sight = sightOf(records, wanted);
    const { recordId } = sight;
    if (isWanted(sight.seen, wanted) || readAgain.has(recordId)) return sight;
    readAgain.add(recordId);
    await save({ ...job, doubted: recordId });
    const read = await readById(calls, comparing.okta, recordId);
    records = records.flatMap((record) => (record.id === recordId ? read : [record]));
  }
}

async function readById(calls: Calls, okta: OktaClient, id: string): Promise<DeviceRecord[]> {
  try {
    return [await calls.make({ upstream: 'okta', operation: 'getDevice', target: id, changes: false }, () => okta.getDevice(id))];
  } catch (problem) {
    if (problem instanceof UpstreamFailure && problem.details.kind === 'not_found') return [];
    throw problem;
  }
}
