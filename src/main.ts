import { join } from 'node:path';
import { startWorkers } from '../workers/start.js';
import { logCertificates } from './certificates.js';
import { readConfig } from './config.js';
import { startConsole } from './console/start.js';
import { createLog } from './log.js';
import { configuredRedis } from './redis-target.js';
import { startReceiver } from './receiver/start.js';
import { logSecrets } from './secret.js';
import { runProcess } from './shutdown.js';
import { keepRedisServer } from './store/kept-redis.js';

/** All in one process: the receiver, the workers, the console and, where none is configured, a private Redis. */
await runProcess('posture-relay', async (onStop, onStopped) => {
  const settings = readConfig(['log', 'redis', 'store', 'tls', 'receiver', 'console', 'okta', 'entra', 'uemApi', 'enforcement', 'reconciliation', 'upstreams']);
  const log = createLog(settings.log.LOG_LEVEL, 'posture-relay');
  logSecrets(log);
  logCertificates(settings, log);
  let target = configuredRedis(settings.redis);
  if (target === null) {
    const redis = await keepRedisServer(join(settings.redis.DATA_DIR, 'redis'), {
      ended: (how) => log.error({ how, alert: 'redis_ended' }, 'the private Redis ended by itself: it is started again'),
      lost: (error) => log.error({ error, alert: 'redis_lost' }, 'the private Redis cannot be started: nothing is accepted until it can'),
      back: (pid) => log.info({ pid }, 'private Redis started again'),
    });
    onStopped(redis.stop);
    log.info({ dataDir: settings.redis.DATA_DIR, pid: redis.pid }, 'private Redis started: REDIS_URL is not set');
    target = { url: redis.url };
  }
  // Accepting comes first: it waits for nothing, and workers wait for Redis.
  const receiver = await startReceiver(settings, target, log);
  onStop(receiver.stop);
  const console = await startConsole(settings, target, log);
  onStop(console.stop);
  const workers = await startWorkers(settings, target, log);
  onStop(workers.stop);
});
