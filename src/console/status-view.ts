import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { BlockStore } from '../store/blocks.js';
import { readDevice } from '../store/device.js';
import { lastEventAt } from '../store/events.js';
import { redisKeys, type Prefix } from '../store/keys.js';
import { newestRuns } from '../store/runs.js';
import { summarise, type DeviceSummary } from './device-view.js';

const listed = 50;

/** What on-call looks at first: who is exposed or wrongly locked, what waits for whom, and when UEM was last heard of. */
export async function describeStatus(redis: Redis, prefix: Prefix, queue: Queue) {
  const keys = redisKeys(prefix);
  const sets = [keys.dirty, keys.failed, keys.held, keys.locked] as const;
  const [dirty, failed, held, locked] = await Promise.all(sets.map((set) => redis.zcard(set)));
  const open = await unsettledDevices(redis, prefix);
  const [jobs, blocks, runs, heard] = await Promise.all([
    queue.getJobCounts('prioritized', 'waiting', 'active', 'delayed'),
    new BlockStore(redis, prefix).all(),
    newestRuns(redis, prefix, 10),
    lastEventAt(redis, prefix),
  ]);
  return {
    mode: prefix === '{relay}' ? 'enforce' : 'shadow',
    lastEventAt: heard,
    devices: { unsettled: dirty, failed, held, lockedByUs: locked },
    exposed: open.filter(({ standing }) => standing === 'exposed'),
    wronglyLocked: open.filter(({ standing }) => standing === 'wrongly_locked'),
    held: open.filter(({ standing }) => standing === 'held'),
    blocks,
    queue: jobs,
    runs: runs.map(({ key, outcome, causes, detail, endedAt }) => ({ key, outcome, causes, detail, endedAt })),
  };
}

/** Devices that wait, were given up or are held, longest first. */
async function unsettledDevices(redis: Redis, prefix: Prefix): Promise<DeviceSummary[]> {
  const keys = redisKeys(prefix);
  const names = await Promise.all([keys.dirty, keys.failed, keys.held].map((set) => redis.zrange(set, 0, String(listed - 1))));
  const states = await Promise.all([...new Set(names.flat())].map((key) => readDevice(redis, prefix, key)));
  return states.flatMap((state) => (state === null ? [] : [summarise(state)]));
}
