import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { DeviceKey } from '../compliance/device.js';
import { redisKeys, type Prefix } from './keys.js';
import { Script } from './script.js';

/**
 * KEYS counted devices, tripped, number of known devices, enrolments · ARGV device key, now in ms, window in ms, most devices, most percent
 * -> 'admitted' | 'tripped' (by this device) | 'held'
 *
 * A device counts once per window, however often it is planned. The fleet is what UEM has told us of and
 * has not ended, at least 100 devices.
 */
const admitScript = new Script(`
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2] - ARGV[3])
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 'admitted' end
if redis.call('EXISTS', KEYS[2]) == 1 then return 'held' end
-- nothing has been counted yet by the version that does: what is known of enrolments will do
local limit, fleet = tonumber(ARGV[4]), tonumber(redis.call('GET', KEYS[3]) or redis.call('HLEN', KEYS[4]))
if ARGV[5] ~= '' and fleet >= 100 then limit = math.min(limit, math.floor(fleet * ARGV[5] / 100)) end
local counted = redis.call('ZCARD', KEYS[1])
if counted < limit then
  redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
  return 'admitted'
end
redis.call('SET', KEYS[2], cjson.encode({ since = tonumber(ARGV[2]), devices = counted + 1, limit = limit, fleet = fleet }))
return 'tripped'
`);

const trippedSchema = z.object({ since: z.number(), devices: z.number(), limit: z.number(), fleet: z.number() });

/** Ordinary lock-outs and those of compromised devices have limits of their own. */
export const safeguardKinds = ['ordinary', 'compromised'] as const;
export type SafeguardKind = (typeof safeguardKinds)[number];

export type SafeguardLimits = { maxDevices: number; maxPercent: number; maxCompromised: number; windowMs: number };

type Admission = 'admitted' | 'tripped' | 'held';

/** Counts newly contained devices, atomically over all workers; a mass lock-out needs a human. */
export class Safeguard {
  readonly #redis: Redis;
  readonly #keys: ReturnType<typeof redisKeys>;
  readonly #limits: SafeguardLimits;

  constructor(redis: Redis, prefix: Prefix, limits: SafeguardLimits) {
    this.#redis = redis;
    this.#keys = redisKeys(prefix);
    this.#limits = limits;
  }

  /** After which moment an admitted device is counted, milliseconds since 1970. */
  countedAfter(nowMs: number): number {
    return nowMs - this.#limits.windowMs;
  }

  /** Whether a device that is not contained yet may be. */
  async admit(kind: SafeguardKind, key: DeviceKey, nowMs: number): Promise<Admission> {
    const { maxDevices, maxPercent, maxCompromised, windowMs } = this.#limits;
    const limits = kind === 'ordinary' ? [maxDevices, maxPercent] : [maxCompromised, ''];
    const keys = [this.#keys.safeguardCount(kind), this.#keys.safeguardTripped(kind), this.#keys.deviceCount, this.#keys.enrolments];
    const answer = await admitScript.run(this.#redis, keys, [key, nowMs, windowMs, ...limits]);
    return z.enum(['admitted', 'tripped', 'held']).parse(answer);
  }

  /** The device is not locked out after all: it counts no longer, unless it has been counted since before that lock-out. */
  async discount(kind: SafeguardKind, key: DeviceKey, openedAt: number): Promise<void> {
    const counted = this.#keys.safeguardCount(kind);
    const score = await this.#redis.zscore(counted, key);
    if (score !== null && Number(score) >= openedAt) await this.#redis.zrem(counted, key);
  }
}

/** Since when, and by how many devices of what limit, the safeguard has been tripped; null while it is not. */
export async function safeguardState(redis: Redis, prefix: Prefix, kind: SafeguardKind): Promise<z.infer<typeof trippedSchema> | null> {
  const text = await redis.get(redisKeys(prefix).safeguardTripped(kind));
  return text === null ? null : trippedSchema.parse(JSON.parse(text));
}

/** A human has looked: counting starts afresh. What is held stays held. True when it was tripped. */
export async function resetSafeguard(redis: Redis, prefix: Prefix, kind: SafeguardKind): Promise<boolean> {
  const keys = redisKeys(prefix);
  // In one step: what is counted between the two would trip it again at once.
  const answers = await redis.multi().del(keys.safeguardTripped(kind)).del(keys.safeguardCount(kind)).exec();
  return answers?.[0]?.[1] === 1;
}
