import { listenWith, type Listening } from '../listen.js';
import type { Log } from '../log.js';
import { EnforcementQueue } from '../queue/enforcement-queue.js';
import { ReconciliationQueue } from '../queue/reconciliation-queue.js';
import type { Settings } from '../settings.js';
import { connectFailingFast, type RedisTarget } from '../store/connection.js';
import { EnforcementStore } from '../store/enforcement.js';
import { prefixOf } from '../store/keys.js';
import { createConsole } from './app.js';

/** Starts on-call's API on a port of its own. */
export async function startConsole(settings: Pick<Settings, 'console' | 'store' | 'tls'>, target: RedisTarget, log: Log): Promise<Listening> {
  const redis = connectFailingFast(target);
  redis.on('error', (error) => log.warn({ error }, 'Redis connection'));
  const prefix = prefixOf(settings.store.MODE);
  const onError = (error: Error) => log.warn({ error }, 'queue: Redis connection');
  const queue = new EnforcementQueue(redis, prefix, onError);
  const reconciliation = new ReconciliationQueue(redis, prefix, onError);
  const desk = { redis, prefix, queue, reconciliation, store: new EnforcementStore(redis, prefix), now: Date.now };
  const { CONSOLE_TOKEN: token, CONSOLE_HOST: host, CONSOLE_PORT: port } = settings.console;
  const close = async () => {
    await Promise.allSettled([queue.close(), reconciliation.close()]);
    redis.disconnect();
  };
  const server = await listenWith(close, createConsole({ desk, token, log }), { host, port, tls: settings.tls });
  log.info({ url: server.url }, 'console listens');
  return server;
}
