import { z } from 'zod';
import type { DeviceKey } from '../compliance/device.js';
import { failureCauses } from '../compliance/outcome.js';
import { readDevice, type DeviceState } from '../store/device.js';
import { redisKeys } from '../store/keys.js';
import { nameDevices, record, verdictOn, type Desk, type Order } from './desk.js';

/** Which failures: every condition that is given must hold. Moments in milliseconds since 1970. */
export const failureFilterSchema = z.object({
  cause: z.enum(failureCauses).optional(),
  after: z.coerce.number().optional(),
  before: z.coerce.number().optional(),
  device: z.string().optional(),
  user: z.string().optional(),
});
export type FailureFilter = z.infer<typeof failureFilterSchema>;

/** Devices that were given up, with the cause, and what a replay would do now: the world may have changed. */
export async function listFailures(desk: Desk, filter: FailureFilter) {
  const { redis, prefix } = desk;
  const retries = await redis.zrange(redisKeys(prefix).failed, 0, '-1', 'WITHSCORES');
  const keys = retries.filter((_entry, i) => i % 2 === 0);
  const states = await Promise.all(keys.map((key) => readDevice(redis, prefix, key)));
  const listed = states.map((state, i) => ({ state, retryAt: Number(retries[i * 2 + 1]) }));
  const found = await Promise.all(listed.map(({ state, retryAt }) => (state && matches(state, filter) ? describe(desk, state, retryAt) : null)));
  return found.filter((failure) => failure !== null);
}

function matches({ key, email, failure }: DeviceState, filter: FailureFilter): boolean {
  if (failure === null) return false;
  const { cause, after, before, device, user } = filter;
  return (
    (cause === undefined || failure.cause === cause) &&
    (after === undefined || failure.at >= after) &&
    (before === undefined || failure.at < before) &&
    (device === undefined || key === device) &&
    (user === undefined || email?.toLowerCase() === user.toLowerCase())
  );
}

async function describe(desk: Desk, state: DeviceState, retryAt: number) {
  const { key, name, platform, email, failure } = state;
  const verdict = await verdictOn(desk, state);
  return { key, name, platform, email, retryAt, ...failure, wouldNow: wouldNow[verdict.posture] };
}

const wouldNow = { contain: 'lock_out', free: 'let_in', grace: 'nothing', hold: 'nothing', none: 'nothing' } as const;

/** Plans given-up devices anew, as ordinary work in the lowest lane. Returns those that had failed. */
export async function replay(desk: Desk, keys: DeviceKey[], order: Order): Promise<DeviceKey[]> {
  const failed = await stillFailed(desk, keys);
  await record(desk, order, { what: 'failed replay', target: nameDevices(failed) });
  for (const key of failed) {
    await desk.store.planAgain(key, desk.now(), { anew: true, recheck: true });
    await desk.queue.add(key, 'recheck');
  }
  return failed;
}

/** Forgets failures until a newer fact comes in. Returns those that had failed. */
export async function discardFailures(desk: Desk, keys: DeviceKey[], order: Order): Promise<DeviceKey[]> {
  const failed = await stillFailed(desk, keys);
  await record(desk, order, { what: 'failed discard', target: nameDevices(failed) });
  for (const key of failed) await desk.store.discard(key);
  return failed;
}

async function stillFailed({ redis, prefix }: Desk, keys: DeviceKey[]): Promise<DeviceKey[]> {
  if (keys.length === 0) return [];
  const scores = await redis.zmscore(redisKeys(prefix).failed, ...keys);
  return keys.filter((_key, i) => scores[i] !== null);
}
