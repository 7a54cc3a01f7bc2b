import type { DeviceKey } from '../compliance/device.js';
import { readDevice, StateUnreadable, type DeviceState } from '../store/device.js';
import { listedAtMost, type Desk } from './desk.js';

export type Unreadable = { key: DeviceKey; detail: string };

/** What is remembered about devices, in the order of their keys. One that cannot be read does not hide the others. */
export async function readStates({ redis, prefix }: Pick<Desk, 'redis' | 'prefix'>, keys: DeviceKey[]): Promise<{ states: DeviceState[]; unreadable: Unreadable[] }> {
  const unreadable: Unreadable[] = [];
  const states = await Promise.all(
    keys.map(async (key) => {
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

/** How many devices are read at a time: a list of thousands keeps nobody else waiting for Redis. */
const batchSize = 500;

/** What a list shows of devices. `cut`: there are more of them than are listed at once. */
type Matches<Item> = { items: Item[]; unreadable: Unreadable[]; cut: boolean };

/**
 * What is to be listed of devices, whose keys may come twice; null where one is none of those that are asked for. All of them are looked
 * at, until more are found than are listed at once.
 */
export async function readMatching<Item>(desk: Pick<Desk, 'redis' | 'prefix'>, keys: AsyncIterable<DeviceKey[]>, itemOf: (state: DeviceState) => Item | null): Promise<Matches<Item>> {
  const matches: Matches<Item> = { items: [], unreadable: [], cut: false };
  const seen = new Set<DeviceKey>();
  for await (const batch of keys) {
    const fresh = [...new Set(batch)].filter((key) => !seen.has(key));
    for (const key of fresh) seen.add(key);
    const { states, unreadable } = await readStates(desk, fresh);
    matches.items.push(...states.flatMap((state) => itemOf(state) ?? []));
    matches.unreadable.push(...unreadable);
    if (matches.items.length > listedAtMost) return { ...matches, items: matches.items.slice(0, listedAtMost), cut: true };
  }
  return matches;
}

/** Keys as a list reads them. */
export async function* inBatches(keys: DeviceKey[]): AsyncGenerator<DeviceKey[]> {
  for (let start = 0; start < keys.length; start += batchSize) yield keys.slice(start, start + batchSize);
}
