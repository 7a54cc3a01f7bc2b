import type { Redis } from 'ioredis';
import { z } from 'zod';
import { redisKeys, type Prefix } from './keys.js';

const entrySchema = z.object({
  at: z.number(),
  by: z.string(),
  what: z.string(),
  target: z.string(),
  /** The devices, where several may have been meant. */
  keys: z.array(z.string()).optional(),
  reason: z.string(),
});

/** What a human had the relay do: who, what, to which device or devices, and why. */
type AuditEntry = z.infer<typeof entrySchema>;

/** Keeps an entry for good; entries are few. */
export async function keepAudit(redis: Redis, prefix: Prefix, entry: AuditEntry): Promise<void> {
  await redis.xadd(redisKeys(prefix).audit, '*', 'entry', JSON.stringify(entry));
}

/** The newest entries, newest first. */
export async function newestAudit(redis: Redis, prefix: Prefix, count: number): Promise<AuditEntry[]> {
  const entries = await redis.xrevrange(redisKeys(prefix).audit, '+', '-', 'COUNT', count);
  return entries.map(([, fields]) => entrySchema.parse(JSON.parse(fields[1] ?? '')));
}
