import type { Redis } from 'ioredis';
import { createConsole } from '../../src/console/app.js';
import { listen, type Listening } from '../../src/listen.js';
import { createLog } from '../../src/log.js';
import { EnforcementQueue } from '../../src/queue/enforcement-queue.js';
import { ReconciliationQueue } from '../../src/queue/reconciliation-queue.js';
import { connectFailingFast } from '../../src/store/connection.js';
import { EnforcementStore } from '../../src/store/enforcement.js';
import type { TestRedis } from '../redis.js';

export type RunningConsole = Listening & { redis: Redis; get: (path: string, headers?: Record<string, string>) => Promise<Answer> };
type Answer = { status: number; type: string | null; headers: Headers; body: unknown; text: string };

/** Resolves at the connection's next event of that name, whatever errors it reports before. */
export async function happens(redis: Redis, event: 'ready' | 'close'): Promise<void> {
  await new Promise<void>((resolve) => {
    redis.once(event, () => resolve());
  });
}

/** The console on a port of its own, with the connection that production uses; ready when it resolves. */
export async function startTestConsole(server: TestRedis, token?: () => string | null): Promise<RunningConsole> {
  const redis = connectFailingFast({ url: server.url });
  redis.on('error', () => undefined);
  await happens(redis, 'ready');
  const queue = new EnforcementQueue(redis, '{relay}', () => undefined);
  const reconciliation = new ReconciliationQueue(redis, '{relay}', () => undefined);
  const desk = { redis, prefix: '{relay}', queue, reconciliation, store: new EnforcementStore(redis, '{relay}'), now: Date.now } as const;
  const log = createLog('silent', 'test');
  const listening = await listen(createConsole({ desk, token, log }), { host: '127.0.0.1', port: 0 });
  return {
    ...listening,
    redis,
    get: async (path, headers = {}) => {
      const response = await fetch(`${listening.url}${path}`, { headers });
      const text = await response.text();
      return { status: response.status, type: response.headers.get('content-type'), headers: response.headers, body: JSON.parse(text), text };
    },
    stop: async () => {
      await listening.stop();
      await Promise.allSettled([queue.close(), reconciliation.close()]);
      redis.disconnect();
    },
  };
}
