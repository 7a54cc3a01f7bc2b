import type { DeviceKey } from '../compliance/device.js';
import type { Found, Place } from '../store/enforcement.js';
import { redisKeys } from '../store/keys.js';
import { nameDevices, record, type Desk, type Order } from './desk.js';

/** A device about which somebody decides, and the generation that they were shown; null where they were shown none. */
export type Shown = { key: DeviceKey; generation: number | null };

/** What is decided, by its name in the audit, about devices in which place. Carrying it out says whether a device was still as it was found. */
export type Decision = { what: string; from: Place; carryOut: (key: DeviceKey, found: Found) => Promise<boolean> };

/**
 * Carries a decision out for those devices that are as they were shown, in one step each: what came in since, or somebody else decided,
 * stands. Returns the keys of those.
 */
export async function decide(desk: Desk, shown: Shown[], { what, from, carryOut, order }: Decision & { order: Order }): Promise<DeviceKey[]> {
  const open = await asShown(desk, shown, from);
  if (open.length === 0) return [];
  const keys = open.map(({ key }) => key);
  await record(desk, order, { what, target: nameDevices(keys), keys });
  const done: DeviceKey[] = [];
  for (const { key, generation } of open) {
    if (await carryOut(key, { from, generation })) done.push(key);
  }
  return done;
}

/** Those that an order can concern at all: only they are in the audit. */
async function asShown({ redis, prefix, store }: Desk, shown: Shown[], from: Place): Promise<Shown[]> {
  if (shown.length === 0) return [];
  const [scores, generations] = await Promise.all([
    redis.zmscore(redisKeys(prefix)[from], ...shown.map(({ key }) => key)),
    Promise.all(shown.map(({ key }) => store.generation(key))),
  ]);
  return shown.filter(({ generation }, i) => scores[i] !== null && (generation === null || generation === generations[i]));
}
