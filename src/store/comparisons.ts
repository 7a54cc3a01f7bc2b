import type { Redis } from 'ioredis';
import { z } from 'zod';
import { wishes } from '../compliance/comparison.js';
import type { DeviceKey } from '../compliance/device.js';
import { redisKeys, type Prefix } from './keys.js';

const wanted = z.enum(wishes);

const comparisonSchema = z.object({
  key: z.string(),
  recordId: z.string(),
  wanted,
  why: z.string().default(''),
  /** What the directory said five minutes after the decision; `gone`: there was no record; `unread`: it gave no usable answer, for a day. */
  seen: z.enum(['active', 'suspended', 'deactivated', 'other', 'gone', 'unread']),
  /** When the relay decided, and when the record changed last: milliseconds since 1970. */
  decidedAt: z.number(),
  changedAt: z.number().nullable(),
  /** Since when the other flow can have known what the relay decided on. */
  knownAt: z.number().default(0),
  /** The relay found the device as it wanted it. */
  already: z.boolean().default(false),
  /** When the relay wanted something else; null: it had not, when it looked. */
  replacedAt: z.number().nullable().default(null),
});

/** What another flow had made of a device by the time the relay looked again, beside what the relay would have done. */
export type Comparison = z.infer<typeof comparisonSchema>;

/** Keeps a comparison for `historyMs` milliseconds. */
export async function keepComparison(redis: Redis, scope: { prefix: Prefix; historyMs: number }, comparison: Comparison): Promise<void> {
  const oldest = comparison.decidedAt - scope.historyMs;
  await redis.xadd(redisKeys(scope.prefix).comparisons, 'MINID', '~', oldest, '*', 'comparison', JSON.stringify(comparison));
}

/** Every comparison that is kept of decisions since `sinceMs`, oldest first. */
export async function comparisonsSince(redis: Redis, prefix: Prefix, sinceMs: number): Promise<Comparison[]> {
  const entries = await redis.xrange(redisKeys(prefix).comparisons, String(sinceMs), '+');
  return entries.map(([, fields]) => comparisonSchema.parse(JSON.parse(fields[1] ?? ''))).filter(({ decidedAt }) => decidedAt >= sinceMs);
}

const decidedSchema = z.object({ id: z.string(), wanted, at: z.number() });

/** The decision about a device for which a comparison was asked last. */
type Decided = z.infer<typeof decidedSchema>;

/** Notes it beside what else is known of the device. */
export async function noteDecided(redis: Redis, prefix: Prefix, { key, ...decided }: Decided & { key: DeviceKey }): Promise<void> {
  await redis.hset(redisKeys(prefix).device(key), 'decided', JSON.stringify(decided));
}

/** Null: there was none. */
export async function lastDecided(redis: Redis, prefix: Prefix, key: DeviceKey): Promise<Decided | null> {
  const text = await redis.hget(redisKeys(prefix).device(key), 'decided');
  return text === null ? null : decidedSchema.parse(JSON.parse(text));
}
