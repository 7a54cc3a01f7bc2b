import type { DeviceKey } from '../compliance/device.js';
import type { Standing } from '../compliance/standing.js';
import { deviceKeysOf } from '../store/device.js';
import { redisKeys } from '../store/keys.js';
import { listedAtMost, yardstickOf, type Desk } from './desk.js';
import { summarise, type DeviceSummary } from './device-view.js';
import { readStates, type Unreadable } from './read-states.js';

/** Where a device can stand so that somebody may want to see it in a list. */
export const listedStandings = ['exposed', 'wrongly_locked', 'locked_by_us', 'locked_by_other', 'held'] as const satisfies Standing[];

const batchSize = 500;

/**
 * The devices that stand somewhere, those that wait, failed, are held or locked first. At most 5,000 devices are looked at; `cut` says
 * that there are more.
 */
export async function listDevices(desk: Desk, standing: (typeof listedStandings)[number]) {
  const yardstick = await yardstickOf(desk);
  const devices: DeviceSummary[] = [];
  const unreadable: Unreadable[] = [];
  const { keys, cut } = await keysToLookAt(desk);
  for (let start = 0; start < keys.length; start += batchSize) {
    const batch = await readStates(desk, keys.slice(start, start + batchSize));
    devices.push(...batch.states.map((state) => summarise(state, yardstick)).filter((device) => device.standing === standing));
    unreadable.push(...batch.unreadable);
  }
  return { devices, unreadable, cut };
}

async function keysToLookAt({ redis, prefix }: Desk): Promise<{ keys: DeviceKey[]; cut: boolean }> {
  const { dirty, failed, held, locked } = redisKeys(prefix);
  const sets = await Promise.all([dirty, failed, held, locked].map((set) => redis.zrange(set, 0, String(listedAtMost))));
  const keys = new Set(sets.flat());
  // A device without an Okta record, one that was discarded, and one that somebody else locked are in no set.
  for await (const key of deviceKeysOf(redis, prefix)) {
    if (keys.size > listedAtMost) break;
    keys.add(key);
  }
  return { keys: [...keys].slice(0, listedAtMost), cut: keys.size > listedAtMost };
}
