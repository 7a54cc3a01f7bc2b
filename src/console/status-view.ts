import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { DeviceKey } from '../compliance/device.js';
import { BlockStore } from '../store/blocks.js';
import { readDevice, StateUnreadable, type DeviceState } from '../store/device.js';
import { lastEventAt } from '../store/events.js';
import { redisKeys, type Prefix } from '../store/keys.js';
import { newestRuns, runsOf } from '../store/runs.js';
import { summarise, type DeviceSummary } from './device-view.js';

const listed = 50;

/** What on-call looks at first: who is exposed or wrongly locked, what waits for whom, and when UEM was last heard of. */
export async function describeStatus(redis: Redis, prefix: Prefix, queue: Queue) {
  const keys = redisKeys(prefix);
  const sets = [keys.dirty, keys.failed, keys.held, keys.locked] as const;
  const [dirty, failed, held, locked] = await Promise.all(sets.map((set) => redis.zcard(set)));
  const { states, unreadable } = await unsettledDevices(redis, prefix);
  const open = states.map((state) => ({ ...summarise(state), held: state.held }));
  const withLastRun = (standing: DeviceSummary['standing']) =>
    Promise.all(open.filter((device) => device.standing === standing).map(async (device) => ({ ...device, lastRun: await lastRun(redis, prefix, device.key) })));
  const [jobs, blocks, runs, heard, exposed, wronglyLocked] = await Promise.all([
    queue.getJobCounts('prioritized', 'waiting', 'active', 'delayed'),
    new BlockStore(redis, prefix).all(),
    newestRuns(redis, prefix, 10),
    lastEventAt(redis, prefix),
    withLastRun('exposed'),
    withLastRun('wrongly_locked'),
  ]);
  return {
    mode: prefix === '{relay}' ? 'enforce' : 'shadow',
    lastEventAt: heard,
    /** Of each list of devices only the longest-waiting ones are looked at. */
    listedAtMost: listed,
    devices: { unsettled: dirty, failed, held, lockedByUs: locked },
    exposed,
    wronglyLocked,
    held: open.filter(({ standing }) => standing === 'held'),
    unreadable,
    // One whose time is over is lifted by the next call: nobody waits for it any longer.
    blocks: blocks.filter(({ until }) => until === null || until > Date.now()),
    queue: jobs,
    runs: runs.map(({ key, outcome, causes, detail, endedAt }) => ({ key, outcome, causes, detail, endedAt })),
  };
}

type Unreadable = { key: DeviceKey; detail: string };

/** Devices that wait, were given up or are held, longest first. One that cannot be read does not hide the others. */
async function unsettledDevices(redis: Redis, prefix: Prefix): Promise<{ states: DeviceState[]; unreadable: Unreadable[] }> {
  const keys = redisKeys(prefix);
  const names = await Promise.all([keys.dirty, keys.failed, keys.held].map((set) => redis.zrange(set, 0, String(listed - 1))));
  const unreadable: Unreadable[] = [];
  const states = await Promise.all(
    [...new Set(names.flat())].map(async (key) => {
      try {
        return await readDevice(redis, prefix, key);
      } catch (error) {
        if (!(error instanceof StateUnreadable)) throw error;
        unreadable.push({ key, detail: error.message });
        return null;
      }
    }),
  );
  return { states: states.filter((state) => state !== null), unreadable };
}

async function lastRun(redis: Redis, prefix: Prefix, key: DeviceKey) {
  const [newest] = await runsOf(redis, prefix, key);
  return newest === undefined ? null : { outcome: newest.outcome, detail: newest.detail, endedAt: newest.endedAt };
}
