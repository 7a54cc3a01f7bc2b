import type { Redis } from 'ioredis';
import { z } from 'zod';
import { redisKeys, type Prefix } from './keys.js';

export const comparisonSchema = z.object({
  key: z.string(),
  recordId: z.string(),
  wanted: z.enum(['suspended', 'active']),
  /** What the directory said five minutes after the decision; `gone`: the record no longer existed. */
  seen: z.enum(['active', 'suspended', 'deactivated', 'other', 'gone']),
  /** When the relay decided, and when the record changed last: milliseconds since 1970. */
  decidedAt: z.number(),
  changedAt: z.number().nullable(),
});

/** What another flow had made of a record by the time the relay looked again, beside what the relay would have done. */
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
