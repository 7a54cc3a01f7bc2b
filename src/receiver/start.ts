import { listenWith, type Listening } from '../listen.js';
import type { Log } from '../log.js';
import { EnforcementQueue } from '../queue/enforcement-queue.js';
import type { Settings } from '../settings.js';
import { connectFailingFast, type RedisTarget } from '../store/connection.js';
import { prefixOf } from '../store/keys.js';
import { Replicas } from '../store/replicas.js';
import { createReceiver } from './app.js';
import type { BasicCredentials } from './credentials.js';
import { GroupCommit } from './group-commit.js';

/** Starts the receiver; it listens whether Redis is there or not, and says 503 while it is not. */
export async function startReceiver(settings: Pick<Settings, 'receiver' | 'store' | 'tls'>, target: RedisTarget, log: Log): Promise<Listening> {
  const redis = connectFailingFast(target);
  redis.on('error', (error) => log.warn({ error }, 'Redis connection'));
  redis.on('ready', () => log.info('Redis is there'));
  redis.setMaxListeners(Infinity); // every request of an outage listens for its end
  const prefix = prefixOf(settings.store.MODE);
  const queue = new EnforcementQueue(redis, prefix, (error) => log.warn({ error }, 'queue: Redis connection'));
  const scope = { redis, prefix, historyMs: settings.store.HISTORY_DAYS * 86_400_000 };
  const intake = { ...scope, commit: new GroupCommit({ ...scope, queue, replicas: new Replicas(redis) }), log };
  const app = createReceiver({ intake, credentials: acceptedCredentials(settings.receiver), trustProxy: settings.receiver.TRUST_PROXY });
  const close = async () => {
    await queue.close().catch(() => undefined);
    redis.disconnect();
  };
  const server = await listenWith(close, app, { host: settings.receiver.HOST, port: settings.receiver.PORT, tls: settings.tls });
  log.info({ url: server.url }, 'receiver listens');
  return server;
}

/** The current pair and, during a rotation, the previous one. */
function acceptedCredentials(receiver: Settings['receiver']): BasicCredentials[] {
  const current = { username: receiver.UEM_WEBHOOK_USERNAME, password: receiver.UEM_WEBHOOK_PASSWORD };
  const { UEM_WEBHOOK_PASSWORD_PREVIOUS: previous, UEM_WEBHOOK_USERNAME_PREVIOUS: username = current.username } = receiver;
  return previous ? [current, { username, password: previous }] : [current];
}
