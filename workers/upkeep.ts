import { DelayedError, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Policy } from '../src/compliance/policy.js';
import { judge } from '../src/compliance/verdict.js';
import type { Log } from '../src/log.js';
import type { OktaClient } from '../src/okta/client.js';
import type { EnforcementQueue } from '../src/queue/enforcement-queue.js';
import { upkeepJobSchema, upkeepQueue, type CompareJob, type UpkeepJob, type Urgency } from '../src/queue/job.js';
import { isDiscarded, readDevice, staysAsItIs, type DeviceState } from '../src/store/device.js';
import type { EnforcementStore } from '../src/store/enforcement.js';
import { redisKeys, type Prefix } from '../src/store/keys.js';
import { compare } from './compare.js';
import type { Limits } from './enforce.js';
import { isInLine, urgencyNow } from './urgency.js';

export type Upkeep = {
  redis: Redis;
  prefix: Prefix;
  historyMs: number;
  okta: OktaClient;
  store: EnforcementStore;
  queue: EnforcementQueue;
  readPolicy: () => Promise<Policy>;
  log: Log;
  now: () => number;
};

/** A device that has been dirty for longer was left behind: its job was never added, or deleted. */
const leftBehindAfterMs = 20_000;
const atOnce = 500;
/** So many devices share one search where Okta's limit is short. */
const concurrency = 20;

/** Does what the upkeep queue asks for; a job that comes twice does no harm. */
export function startUpkeep(upkeep: Upkeep & Limits, connection: Redis): Worker<UpkeepJob> {
  const worker = new Worker<UpkeepJob>(upkeepQueue, async (job, token) => await process(upkeep, job, token), {
    connection,
    concurrency,
    prefix: upkeep.prefix,
    lockDuration: 10_000,
    stalledInterval: 3_000,
    maxStalledCount: 10,
    runRetryDelay: 1_000,
  });
  worker.on('error', (error) => upkeep.log.warn({ error }, 'upkeep: Redis connection'));
  worker.on('failed', (job, error) => upkeep.log.error({ job: job?.name, error }, 'upkeep failed'));
  return worker;
}

async function process(upkeep: Upkeep & Limits, job: Job<UpkeepJob>, token: string | undefined): Promise<void> {
  const data = upkeepJobSchema.parse(job.data);
  if (data.name !== 'compare') return await doUpkeep(upkeep, data);
  const again = await compare(upkeep, data, (progress) => job.updateData(progress));
  if (again === null) return;
  await job.moveToDelayed(again, token);
  throw new DelayedError();
}

async function doUpkeep(upkeep: Upkeep, job: Exclude<UpkeepJob, CompareJob>): Promise<void> {
  if (job.name === 'requeue') {
    await takeUpFailed(upkeep);
    await requeueDirty(upkeep);
  } else {
    await recheck(upkeep, job);
  }
}

/** Adds devices whose newest generation nobody enforces, longest first; one that waits or backs off keeps its place. */
async function requeueDirty({ redis, prefix, queue, now, log }: Upkeep): Promise<void> {
  const before = now() - leftBehindAfterMs;
  for (let offset = 0; ; offset += atOnce) {
    const left = await redis.zrangebyscore(redisKeys(prefix).dirty, '-inf', before, 'LIMIT', offset, atOnce);
    await Promise.all(left.map((key) => queue.add(key, 'requeue')));
    if (left.length > 0) log.info({ devices: left.length }, 'devices that are not enforced yet are in the queue again');
    if (left.length < atOnce) return;
  }
}

/** Failed devices are tried again by themselves once an hour. */
async function takeUpFailed({ redis, prefix, store, queue, now }: Upkeep): Promise<void> {
  const due = await redis.zrangebyscore(redisKeys(prefix).failed, '-inf', now(), 'LIMIT', 0, atOnce);
  for (const key of due) {
    const found = { from: 'failed', generation: null } as const;
    if ((await store.planAgain(key, now(), { recheck: true, found })) > 0) await queue.add(key, 'recheck');
  }
}

/** Reasons to look that are no news: a device that backs off is looked at when it is tried again. */
const looks = new Set(['uncertain', 'contained']);

/** Has the directory's records read again, if the lock-out for which that was scheduled is still the device's. */
async function recheck(upkeep: Upkeep, { key, why, openedAt }: Extract<UpkeepJob, { name: 'recheck' }>): Promise<void> {
  const { redis, prefix, store, queue, now } = upkeep;
  const state = await readDevice(redis, prefix, key);
  if (state === null || (openedAt !== null && state.containment?.openedAt !== openedAt)) return;
  const expires = why === 'expiry';
  if (!expires && staysAsItIs(state) && !(await isToBeFree(upkeep, state))) return;
  const planned = await store.planAgain(key, now(), { recheck: true, evenDiscarded: expires || isDiscarded(state), ...(expires && { why }) });
  if (planned > 0) await queue.add(key, await urgencyOfRecheck(upkeep, state, why));
}

/** What is in the line keeps its place, and what is to be locked or let in from now on is as urgent as by an event. */
async function urgencyOfRecheck(upkeep: Upkeep, state: DeviceState, why: string): Promise<Urgency> {
  if (looks.has(why)) return 'look';
  return why === 'expiry' || isInLine(state) ? await urgencyNow(upkeep, state.key) : 'recheck';
}

/** What stays as it is, time alone does not lock; it is let in, and what kept it from being locked has an end. */
async function isToBeFree({ readPolicy, now }: Upkeep, state: DeviceState): Promise<boolean> {
  return judge(state.facts, await readPolicy(), { subject: state, nowMs: now(), permitted: false }).posture === 'free';
}
