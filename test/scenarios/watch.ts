import { setTimeout as delay } from 'node:timers/promises';
import type { TestRedis } from '../redis.js';

const patienceMs = 50_000;

/** Wakes at every change of a key of ours in Redis; `until` resolves with what `check` finds, and fails after 50 s, before the test does. */
export async function watchChanges(redis: TestRedis) {
  const client = redis.connect();
  const subscriber = redis.connect();
  const wake = new Set<() => void>();
  const wakeAll = () => wake.forEach((again) => again());
  // A restarted Redis has forgotten that it is to announce changes.
  const announce = async () => await client.config('SET', 'notify-keyspace-events', 'KA').then(wakeAll, () => undefined);
  client.on('ready', () => void announce());
  subscriber.on('pmessage', wakeAll);
  await announce();
  await subscriber.psubscribe('__keyspace@0__:{relay*');
  return {
    until: async <T>(what: string, check: () => Promise<T | null>): Promise<T> => {
      const end = new AbortController();
      let awake: (() => void) | undefined;
      const call = () => awake?.();
      wake.add(call);
      const tooLate = delay(patienceMs, 'too late' as const, { signal: end.signal, ref: false }).catch(() => 'too late' as const);
      try {
        for (;;) {
          const changed = new Promise<'changed'>((resolve) => {
            awake = () => resolve('changed');
          });
          const found = await check();
          if (found !== null) return found;
          if ((await Promise.race([changed, tooLate])) === 'too late') throw new Error(`Waited in vain: ${what}`);
        }
      } finally {
        wake.delete(call);
        end.abort();
      }
    },
  };
}
