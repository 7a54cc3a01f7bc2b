import type { DeviceKey } from '../compliance/device.js';
import type { Standing } from '../compliance/standing.js';
import { deviceKeyBatches } from '../store/device.js';
import { redisKeys } from '../store/keys.js';
import { yardstickOf, type Desk } from './desk.js';
import { summarise } from './device-view.js';
import { inBatches, readMatching } from './read-states.js';

/** Where a device can stand so that somebody may want to see it in a list. */
export const listedStandings = ['exposed', 'wrongly_locked', 'locked_by_us', 'locked_by_other', 'held'] as const satisfies Standing[];

/** The devices that stand somewhere, those that wait, failed, are held or locked first; `cut` says that there are more. */
export async function listDevices(desk: Desk, standing: (typeof listedStandings)[number]) {
  const yardstick = await yardstickOf(desk);
  const { items: devices, ...rest } = await readMatching(desk, keysToLookAt(desk), (state) => {
    const device = summarise(state, yardstick);
    return device.standing === standing ? device : null;
  });
  return { devices, ...rest };
}

async function* keysToLookAt({ redis, prefix }: Desk): AsyncGenerator<DeviceKey[]> {
  const { dirty, failed, held, locked } = redisKeys(prefix);
  const sets = await Promise.all([dirty, failed, held, locked].map((set) => redis.zrange(set, 0, '-1')));
  yield* inBatches(sets.flat());
  // A device without an Okta record, one that was discarded, and one that somebody else locked are in no set.
  yield* deviceKeyBatches(redis, prefix);
}
