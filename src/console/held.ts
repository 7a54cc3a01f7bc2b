import { z } from 'zod';
import { causesOf } from '../compliance/facts.js';
import type { DeviceKey } from '../compliance/device.js';
import { heldWords } from '../compliance/outcome.js';
import { redisKeys } from '../store/keys.js';
import { resetSafeguard, safeguardKinds, safeguardState } from '../store/safeguard.js';
import { decide, type Decision, type Shown } from './decide.js';
import { consequenceOf, record, verdictOn, yardstickOf, type Desk, type Order } from './desk.js';
import { inBatches, readMatching } from './read-states.js';

/** Which holds: of one word, or all. */
export const heldFilterSchema = z.strictObject({ word: z.enum(heldWords, { error: `must be one of ${heldWords.join(', ')}` }).optional() });

/** What waits for a human, longest first, what a release would do, and whether the safeguard is tripped. */
export async function listHeld(desk: Desk, { word }: z.infer<typeof heldFilterSchema> = {}) {
  const { redis, prefix } = desk;
  const [keys, yardstick, safeguard] = await Promise.all([redis.zrange(redisKeys(prefix).held, 0, '-1'), yardstickOf(desk), readSafeguards(desk)]);
  const { items: devices, ...rest } = await readMatching(desk, inBatches(keys), (state) => {
    if (state.held === null || (word !== undefined && state.held.word !== word)) return null;
    const causes = causesOf(state.facts).map(({ what }) => what);
    return { key: state.key, generation: state.generation, name: state.name, platform: state.platform, email: state.email, ...state.held, causes, wouldNow: consequenceOf(verdictOn(state, yardstick, true)) };
  });
  return { devices, ...rest, safeguard };
}

/** By how many devices of what limit each safeguard was tripped, and when; null while it is not. */
export async function readSafeguards({ redis, prefix }: Pick<Desk, 'redis' | 'prefix'>) {
  const [ordinary, compromised] = await Promise.all(safeguardKinds.map((kind) => safeguardState(redis, prefix, kind)));
  return { ordinary: ordinary ?? null, compromised: compromised ?? null };
}

/** Lets held devices be locked out, each for what was shown of it only. Returns those that were held as shown and now are not. */
export async function releaseHeld(desk: Desk, shown: Shown[], order: Order): Promise<DeviceKey[]> {
  const carryOut: Decision['carryOut'] = async (key, found) => {
    if ((await desk.store.planAgain(key, desk.now(), { why: 'operator', found })) === 0) return false;
    await desk.queue.add(key, 'contain');
    return true;
  };
  return await decide(desk, shown, { what: 'held release', from: 'held', carryOut, order });
}

/** Leaves held devices as they are until a newer fact comes in. Returns those that were held as shown. */
export async function discardHeld(desk: Desk, shown: Shown[], order: Order): Promise<DeviceKey[]> {
  return await decide(desk, shown, { what: 'held discard', from: 'held', carryOut: (key, found) => desk.store.discard(key, found), order });
}

/** Counts newly contained devices afresh. What is held stays held. Returns the safeguards that were tripped. */
export async function resetSafeguards(desk: Desk, order: Order): Promise<string[]> {
  await record(desk, order, { what: 'held reset', target: 'safeguard' });
  const reset = await Promise.all(safeguardKinds.map((kind) => resetSafeguard(desk.redis, desk.prefix, kind)));
  return safeguardKinds.filter((_kind, i) => reset[i]);
}
