import type { Redis } from 'ioredis';
import { z } from 'zod';
import { redisKeys, type Prefix } from './keys.js';

const pauseSchema = z.object({ since: z.number(), by: z.string(), reason: z.string() });

/** Who stopped all locking, since when and why. */
export type Pause = z.infer<typeof pauseSchema>;

/** The pause that holds now; null when devices are locked as usual. */
export async function readPause(redis: Redis, prefix: Prefix): Promise<Pause | null> {
  const text = await redis.get(redisKeys(prefix).paused);
  return text === null ? null : pauseSchema.parse(JSON.parse(text));
}

/** Stops locking (never unlocking) until resumed. */
export async function writePause(redis: Redis, prefix: Prefix, pause: Pause): Promise<void> {
  await redis.set(redisKeys(prefix).paused, JSON.stringify(pause));
}

/** Locks again; true when it was paused. */
export async function liftPause(redis: Redis, prefix: Prefix): Promise<boolean> {
  return (await redis.del(redisKeys(prefix).paused)) === 1;
}
