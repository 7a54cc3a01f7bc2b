import { once } from 'node:events';
import type { Redis } from 'ioredis';
import type { Log } from '../log.js';

/** UEM's time-out is not documented; whoever waits longer than this has lost the event anyway. */
const answerWithinMs = 1_800;

/** What Redis answers; null when it refuses or does not answer in time. One that is just being connected to is waited for. */
export async function orGiveUp<T>({ redis, log }: { redis: Redis; log: Log }, ask: () => Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Redis did not answer within ${answerWithinMs} ms`)), answerWithinMs);
  });
  try {
    return await Promise.race([redis.status === 'ready' ? ask() : whenReady(redis).then(ask), late]);
  } catch (error) {
    log.error({ error }, 'answered 503: Redis did not do what was asked');
    return null;
  } finally {
    clearTimeout(timer);
  }
}

async function whenReady(redis: Redis): Promise<void> {
  await once(redis, 'ready', { signal: AbortSignal.timeout(answerWithinMs) });
}
