import type { DeviceKey } from '../compliance/device.js';
import { readDevice, StateUnreadable, type DeviceState } from '../store/device.js';
import type { Desk } from './desk.js';

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
