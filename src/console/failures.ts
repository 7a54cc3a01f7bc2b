import { z } from 'zod';
import { normaliseIdentifier, type DeviceKey } from '../compliance/device.js';
import { failureCauses } from '../compliance/outcome.js';
import type { DeviceState } from '../store/device.js';
import { redisKeys } from '../store/keys.js';
import { decide, type Decision, type Shown } from './decide.js';
import { consequenceOf, verdictOn, yardstickOf, type Desk, type Order, type Yardstick } from './desk.js';
import { inBatches, readMatching, type Unreadable } from './read-states.js';

const moment = z.coerce.number({ error: 'must be a moment in milliseconds since 1970' }).optional();

/** Which failures: every condition that is given must hold. `device` is a key, UDID or serial number. */
export const failureFilterSchema = z.strictObject({
  cause: z.enum(failureCauses, { error: `must be one of ${failureCauses.join(', ')}` }).optional(),
  after: moment,
  before: moment,
  device: z.string().optional(),
  user: z.string().optional(),
});
type FailureFilter = z.infer<typeof failureFilterSchema>;

/** Devices that were given up, next to be tried first, with the cause, and what a replay would do now: the world may have changed. */
export async function listFailures(desk: Desk, filter: FailureFilter) {
  const { redis, prefix } = desk;
  const [entries, yardstick] = await Promise.all([redis.zrange(redisKeys(prefix).failed, 0, '-1', 'WITHSCORES'), yardstickOf(desk)]);
  const retryAt = new Map(entries.flatMap((key, i) => (i % 2 === 0 ? [[key, Number(entries[i + 1])] as const] : [])));
  const describeMatching = (state: DeviceState) => (matches(state, filter) ? describe(state, yardstick) : null);
  const { items, unreadable, cut } = await readMatching(desk, inBatches([...retryAt.keys()]), describeMatching);
  const failures = [...unreadable.filter(({ key }) => matchesUnreadable(key, filter)).map(describeUnreadable), ...items];
  return { failures: failures.map((failure) => ({ ...failure, retryAt: retryAt.get(failure.key) ?? null })), cut };
}

function matches({ key, udid, serialNumber, email, failure }: DeviceState, filter: FailureFilter): boolean {
  if (failure === null) return false;
  const { cause, after, before, device, user } = filter;
  return (
    (cause === undefined || failure.cause === cause) &&
    (after === undefined || failure.at >= after) &&
    (before === undefined || failure.at < before) &&
    (device === undefined || isCalled(device, [key, udid, serialNumber])) &&
    (user === undefined || email?.toLowerCase() === user.trim().toLowerCase())
  );
}

function isCalled(name: string, known: (string | null)[]): boolean {
  return known.some((identifier) => identifier !== null && normaliseIdentifier(identifier) === normaliseIdentifier(name));
}

/** Of what cannot be read neither the moment nor the user is known. */
function matchesUnreadable(key: DeviceKey, { cause, after, before, device, user }: FailureFilter): boolean {
  const known = cause === undefined || cause === 'state_unreadable';
  return known && [after, before, user].every((asked) => asked === undefined) && (device === undefined || isCalled(device, [key]));
}

function describe(state: DeviceState, yardstick: Yardstick) {
  const { key, generation, name, platform, email, failure } = state;
  const [cause, at, detail] = [failure?.cause ?? null, failure?.at ?? null, failure?.detail ?? ''];
  return { key, generation, name, platform, email, cause, at, detail, wouldNow: consequenceOf(verdictOn(state, yardstick)) };
}

function describeUnreadable({ key, detail }: Unreadable): Omit<ReturnType<typeof describe>, 'generation'> & { generation: null } {
  return { key, generation: null, name: null, platform: null, email: null, cause: 'state_unreadable', at: null, detail, wouldNow: 'nothing' };
}

/** Plans given-up devices anew, as ordinary work in the lowest lane. Returns those that had failed as shown. */
export async function replay(desk: Desk, shown: Shown[], order: Order): Promise<DeviceKey[]> {
  const carryOut: Decision['carryOut'] = async (key, found) => {
    if ((await desk.store.planAgain(key, desk.now(), { anew: true, recheck: true, why: 'operator', found })) === 0) return false;
    await desk.queue.add(key, 'recheck');
    return true;
  };
  return await decide(desk, shown, { what: 'failed replay', from: 'failed', carryOut, order });
}

/** Forgets failures until a newer fact comes in. Returns those that had failed as shown. */
export async function discardFailures(desk: Desk, shown: Shown[], order: Order): Promise<DeviceKey[]> {
  return await decide(desk, shown, { what: 'failed discard', from: 'failed', carryOut: (key, found) => desk.store.discard(key, found), order });
}
