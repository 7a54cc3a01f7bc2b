import type { DeviceKey } from '../compliance/device.js';
import { readDevice } from '../store/device.js';
import { redisKeys } from '../store/keys.js';
import { resetSafeguard, safeguardKinds, safeguardState } from '../store/safeguard.js';
import { nameDevices, record, type Desk, type Order } from './desk.js';

/** Everything that waits for a human, longest first, and whether the safeguard is tripped. */
export async function listHeld({ redis, prefix }: Desk) {
  const keys = await redis.zrange(redisKeys(prefix).held, 0, '-1');
  const states = await Promise.all(keys.map((key) => readDevice(redis, prefix, key)));
  const [ordinary, compromised] = await Promise.all(safeguardKinds.map((kind) => safeguardState(redis, prefix, kind)));
  const devices = states.flatMap((state) => {
    if (!state?.held) return [];
    const { key, name, platform, held } = state;
    return [{ key, name, platform, ...held }];
  });
  return { devices, safeguard: { ordinary: ordinary ?? null, compromised: compromised ?? null } };
}

/** Lets held devices be locked out, each for its newest generation only. Returns those that were held and now are not. */
export async function releaseHeld(desk: Desk, keys: DeviceKey[], order: Order): Promise<DeviceKey[]> {
  const held = await stillHeld(desk, keys);
  await record(desk, order, { what: 'held release', target: nameDevices(held) });
  for (const key of held) {
    await desk.store.planAgain(key, desk.now(), { permit: true });
    await desk.queue.add(key, 'contain');
  }
  return held;
}

/** Leaves held devices as they are until a newer fact comes in. Returns those that were held. */
export async function discardHeld(desk: Desk, keys: DeviceKey[], order: Order): Promise<DeviceKey[]> {
  const held = await stillHeld(desk, keys);
  await record(desk, order, { what: 'held discard', target: nameDevices(held) });
  for (const key of held) await desk.store.discard(key);
  return held;
}

/** Counts newly contained devices afresh. What is held stays held. Returns the safeguards that were tripped. */
export async function resetSafeguards(desk: Desk, order: Order): Promise<string[]> {
  await record(desk, order, { what: 'held reset', target: 'safeguard' });
  const reset = await Promise.all(safeguardKinds.map((kind) => resetSafeguard(desk.redis, desk.prefix, kind)));
  return safeguardKinds.filter((_kind, i) => reset[i]);
}

async function stillHeld({ redis, prefix }: Desk, keys: DeviceKey[]): Promise<DeviceKey[]> {
  if (keys.length === 0) return [];
  const scores = await redis.zmscore(redisKeys(prefix).held, ...keys);
  return keys.filter((_key, i) => scores[i] !== null);
}
