import type { Redis } from 'ioredis';
import type { Containment } from '../compliance/containment.js';
import type { DeviceKey } from '../compliance/device.js';
import type { OperatorFact } from '../compliance/facts.js';
import { isOurs, type LedgerEntry } from '../compliance/ledger.js';
import { adoptRecord } from './adoption.js';
import type { Failure, Held } from './device.js';
import { redisKeys, type Prefix } from './keys.js';
import { Script } from './script.js';

/** KEYS device, dirty, failed, held · ARGV key, generation, word for the field, its JSON, score in `failed` or `held` -> current generation */
const settleScript = new Script(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local generation = tonumber(redis.call('HGET', KEYS[1], 'generation') or '0')
if generation ~= tonumber(ARGV[2]) then return generation end
if ARGV[3] == 'failure' and generation > 0 and generation <= tonumber(redis.call('HGET', KEYS[1], 'enforced') or '0') then return generation end
if ARGV[3] ~= 'failure' then redis.call('HSET', KEYS[1], 'enforced', ARGV[2]) end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
redis.call('HDEL', KEYS[1], 'failure', 'held')
if ARGV[3] ~= '' then
  redis.call('HSET', KEYS[1], ARGV[3], ARGV[4])
  redis.call('ZADD', ARGV[3] == 'failure' and KEYS[3] or KEYS[4], ARGV[5], ARGV[1])
end
return generation
`);

const setIfKnown = "if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end";

/** Whether a device is where a human, or the clock, found it: still in that set, and of the generation that was shown (empty: of any). */
const isFound = `
local key, from, shown = ARGV[1], ARGV[2], ARGV[3]
local set = from == 'held' and KEYS[4] or KEYS[3]
local found = from == '' or (redis.call('ZSCORE', set, key) and (shown == '' or shown == redis.call('HGET', KEYS[1], 'generation')))
`;

/**
 * KEYS device, dirty, failed, held · ARGV key, from where (`held`, `failed` or empty), generation that was shown, now in ms, whether the
 * directory must be read again, whether everything is done anew, whether also a discarded device, who asks for it where that is to be known
 * (a sweep only of what is not in the line already)
 * -> new generation, 0 if it is not planned. One that is planned from `held` is released from what it was held for.
 */
const planAgainScript = new Script(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
${isFound}
if not found then return 0 end
local generation, discarded = unpack(redis.call('HMGET', KEYS[1], 'generation', 'discarded'))
if ARGV[7] ~= '1' and discarded and discarded == generation then return 0 end
generation = redis.call('HINCRBY', KEYS[1], 'generation', 1)
if ARGV[5] == '1' then redis.call('HSET', KEYS[1], 'recheck', generation) end
if ARGV[6] == '1' then redis.call('HDEL', KEYS[1], 'containment') end
local held, released = unpack(redis.call('HMGET', KEYS[1], 'held', 'releasedFrom'))
local word = from == 'held' and held and string.match(held, '"word":"([%a_]+)"')
if word then redis.call('HSET', KEYS[1], 'releasedFrom', released and released .. ' ' .. word or word) end
if ARGV[8] ~= '' then
  local enforced, failure, because = unpack(redis.call('HMGET', KEYS[1], 'enforced', 'failure', 'because'))
  local waits = tonumber(enforced or '0') < generation - 1 and not failure
  because = because and cjson.decode(because) or { eventId = cjson.null, eventTime = cjson.null, receivedAt = tonumber(ARGV[4]) }
  if ARGV[8] ~= 'sweep' or not waits or not because.why then because.why = ARGV[8] end
  redis.call('HSET', KEYS[1], 'because', cjson.encode(because))
end
redis.call('HDEL', KEYS[1], 'failure', 'held')
redis.call('ZREM', KEYS[3], key)
redis.call('ZREM', KEYS[4], key)
redis.call('ZADD', KEYS[2], 'NX', ARGV[4], key)
return generation
`);

/** KEYS device, dirty, failed, held · ARGV key, from where (`held` or `failed`), generation that was shown -> whether it was discarded */
const discardScript = new Script(`
${isFound}
if not found then return 0 end
local generation = redis.call('HGET', KEYS[1], 'generation') or '0'
redis.call('HSET', KEYS[1], 'enforced', generation, 'discarded', generation)
redis.call('HDEL', KEYS[1], 'failure', 'held')
for i = 2, 4 do redis.call('ZREM', KEYS[i], key) end
return 1
`);

/** Where a device waits for a human, or for its next try. */
export type Place = 'held' | 'failed';

/** What a human decides about, or the clock: a device there, of the generation that they saw (null: of any). */
export type Found = { from: Place; generation: number | null };

type PlanAgain = {
  /** Read the directory even if the facts ask for nothing new. */
  recheck?: boolean;
  /** Do everything once more, also what was done before. */
  anew?: boolean;
  /** Who asks for it, where that matters for its place in the line. */
  why?: 'sweep' | 'operator' | 'policy' | 'expiry';
  /** Only if the device is found there; one that is held is thereby released. */
  found?: Found;
  /** There is more reason than before: a device that was discarded, too. */
  evenDiscarded?: boolean;
};

/** Where the worker writes how far it has come with a device. Only the worker that runs the device's job calls these. */
export class EnforcementStore {
  readonly #redis: Redis;
  readonly #prefix: Prefix;
  readonly #keys: ReturnType<typeof redisKeys>;

  constructor(redis: Redis, prefix: Prefix) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#keys = redisKeys(prefix);
  }

  /** The newest generation of a device, 0 when it is unknown. */
  async generation(key: DeviceKey): Promise<number> {
    return Number((await this.#redis.hget(this.#keys.device(key), 'generation')) ?? 0);
  }

  /** Milliseconds since 1970 since when the device waits to be enforced; null when it does not. */
  async dirtySince(key: DeviceKey): Promise<number | null> {
    const score = await this.#redis.zscore(this.#keys.dirty, key);
    return score === null ? null : Number(score);
  }

  async saveContainment(key: DeviceKey, containment: Containment | null): Promise<void> {
    await this.#setIfKnown(key, 'containment', JSON.stringify(containment));
  }

  /** Writes what we did to a record, and keeps the set of devices that we have locked. */
  async saveLedgerEntry(key: DeviceKey, recordId: string, entry: LedgerEntry): Promise<void> {
    const call = this.#redis.multi().hset(this.#keys.ledger(key), recordId, JSON.stringify(entry));
    if (isOurs(entry)) call.zadd(this.#keys.locked, 'NX', entry.at, key);
    await call.exec();
  }

  /** What we did to a record was done to another device than we thought; there too it is ours then, also if we had let it in before. */
  async handOver(recordId: string, entry: LedgerEntry, { from, to }: { from: DeviceKey; to: DeviceKey }): Promise<void> {
    await adoptRecord(this.#redis, this.#prefix, { key: to, recordId, entry });
    await this.forgetLedgerEntries(from, [recordId]);
  }

  async forgetLedgerEntries(key: DeviceKey, recordIds: string[]): Promise<void> {
    if (recordIds.length > 0) await this.#redis.hdel(this.#keys.ledger(key), ...recordIds);
  }

  /** The device has no record that is suspended by us any longer. */
  async markUnlocked(key: DeviceKey): Promise<void> {
    await this.#redis.zrem(this.#keys.locked, key);
  }

  /** Whether a device that is dealt with should be locked and is not. */
  async markExposed(key: DeviceKey, exposed: boolean, nowMs: number): Promise<void> {
    if (exposed) await this.#redis.zadd(this.#keys.exposed, 'NX', nowMs, key);
    else await this.#redis.zrem(this.#keys.exposed, key);
  }

  /** That the generation waits for the budget has been recorded; 0: it does not wait any longer. */
  async markWaiting(key: DeviceKey, generation: number): Promise<void> {
    await this.#setIfKnown(key, 'waiting', generation);
  }

  /** That the device waits for what only a human ends: a pause, credentials, a permission. */
  async markWaitedForHuman(key: DeviceKey, nowMs: number): Promise<void> {
    await this.#setIfKnown(key, 'waitedForHumanAt', nowMs);
  }

  /** The generation is enforced. Returns the newest one: if that is another, nothing was written and the device is still dirty. */
  async settle(key: DeviceKey, generation: number): Promise<number> {
    return await this.#settle(key, generation, ['', '', 0]);
  }

  /** The generation waits for a human. */
  async hold(key: DeviceKey, generation: number, held: Held): Promise<number> {
    return await this.#settle(key, generation, ['held', JSON.stringify(held), held.since]);
  }

  /** The generation is given up until `retryAt`, milliseconds since 1970. */
  async giveUp(key: DeviceKey, failure: Failure, retryAt: number): Promise<number> {
    return await this.#settle(key, failure.generation, ['failure', JSON.stringify(failure), retryAt]);
  }

  /**
   * A reason to plan the device again: the facts are as before, and so is the event whose exposure clock runs. Returns the generation, 0
   * where it is not planned: unknown, discarded, or not as it was found.
   */
  async planAgain(key: DeviceKey, nowMs: number, { recheck, anew, why, found, evenDiscarded }: PlanAgain = {}): Promise<number> {
    const flags = [recheck, anew, evenDiscarded].map((flag) => (flag ? '1' : '0'));
    return Number(await planAgainScript.run(this.#redis, this.#standing(key), [key, found?.from ?? '', found?.generation ?? '', nowMs, ...flags, why ?? '']));
  }

  /** On-call's word, and with it a reason to plan. False for a device that nobody knows. */
  async saveOperator(key: DeviceKey, fact: OperatorFact, nowMs: number): Promise<boolean> {
    if ((await this.generation(key)) === 0) return false;
    await this.#setIfKnown(key, 'operator', JSON.stringify(fact));
    return (await this.planAgain(key, nowMs, { why: 'operator', evenDiscarded: true })) > 0;
  }

  /** What is held or was given up is left as it is until a newer fact comes in. False where it is not as it was found. */
  async discard(key: DeviceKey, { from, generation }: Found): Promise<boolean> {
    return (await discardScript.run(this.#redis, this.#standing(key), [key, from, generation ?? ''])) === 1;
  }

  /** A device may have become another's (its key was its other identifier) while it was dealt with: half of one that is gone could not be read. */
  async #setIfKnown(key: DeviceKey, field: string, value: string | number): Promise<void> {
    // As it is, not by its digest: what is sent behind it on this connection comes after it, also the first time.
    await this.#redis.eval(setIfKnown, 1, this.#keys.device(key), field, value);
  }

  async #settle(key: DeviceKey, generation: number, [field, value, score]: [string, string, number]): Promise<number> {
    return Number(await settleScript.run(this.#redis, this.#standing(key), [key, generation, field, value, score]));
  }

  #standing(key: DeviceKey): string[] {
    return [this.#keys.device(key), this.#keys.dirty, this.#keys.failed, this.#keys.held];
  }
}
