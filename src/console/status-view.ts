import type { DeviceKey } from '../compliance/device.js';
import { BlockStore } from '../store/blocks.js';
import { lastEventAt } from '../store/events.js';
import { modeOf, redisKeys } from '../store/keys.js';
import { readPause } from '../store/pause.js';
import { newestRuns, runsOf } from '../store/runs.js';
import { yardstickOf, type Desk } from './desk.js';
import { summarise, type DeviceSummary } from './device-view.js';
import { readSafeguards } from './held.js';
import { readStates } from './read-states.js';
import { sweepStatus } from './sweeps.js';

const listed = 50;

/** What on-call looks at first: who is exposed or wrongly locked, what waits for whom, and when UEM was last heard of. */
export async function describeStatus(desk: Desk) {
  const { redis, prefix, queue, now } = desk;
  const keys = redisKeys(prefix);
  const sets = [keys.dirty, keys.failed, keys.held, keys.locked] as const;
  const [dirty, failed, held, locked] = await Promise.all(sets.map((set) => redis.zcard(set)));
  const [{ states, unreadable }, yardstick] = await Promise.all([readStates(desk, await unsettledKeys(desk)), yardstickOf(desk)]);
  const open = states.map((state) => ({ ...summarise(state, yardstick), held: state.held }));
  const withLastRun = (standing: DeviceSummary['standing']) =>
    Promise.all(open.filter((device) => device.standing === standing).map(async (device) => ({ ...device, lastRun: await lastRun(desk, device.key) })));
  const [jobs, blocks, runs, heard, pause, safeguard, sweep, exposed, wronglyLocked] = await Promise.all([
    queue.queue.getJobCounts('prioritized', 'waiting', 'active', 'delayed'),
    new BlockStore(redis, prefix).all(),
    newestRuns(redis, prefix, 10),
    lastEventAt(redis, prefix),
    readPause(redis, prefix),
    readSafeguards(desk),
    sweepStatus(desk),
    withLastRun('exposed'),
    withLastRun('wrongly_locked'),
  ]);
  return {
    mode: modeOf(prefix),
    lastEventAt: heard,
    pause,
    safeguard,
    sweep,
    /** Of each list of devices only the longest-waiting ones are looked at. */
    listedAtMost: listed,
    devices: { unsettled: dirty, failed, held, lockedByUs: locked },
    exposed,
    wronglyLocked,
    held: open.filter(({ standing }) => standing === 'held'),
    unreadable,
    // One whose time is over is lifted by the next call: nobody waits for it any longer.
    blocks: blocks.filter(({ until }) => until === null || until > now()),
    queue: jobs,
    runs: runs.map(({ key, outcome, causes, detail, endedAt }) => ({ key, outcome, causes, detail, endedAt })),
  };
}

/** Devices that wait, were given up, are held or are exposed, longest first. */
async function unsettledKeys({ redis, prefix }: Desk): Promise<DeviceKey[]> {
  const keys = redisKeys(prefix);
  const names = await Promise.all([keys.dirty, keys.failed, keys.held, keys.exposed].map((set) => redis.zrange(set, 0, String(listed - 1))));
  return [...new Set(names.flat())];
}

async function lastRun({ redis, prefix }: Desk, key: DeviceKey) {
  const [newest] = await runsOf(redis, prefix, key);
  return newest === undefined ? null : { outcome: newest.outcome, detail: newest.detail, endedAt: newest.endedAt };
}
