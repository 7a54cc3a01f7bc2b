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
import { startRedisServer } from './store/redis-server.js';

/** All in one process: the receiver, the workers, the console and, where none is configured, a private Redis. */
await runProcess('posture-relay', async (onStop, onStopped) => {
  const settings = readConfig(['log', 'redis', 'store', 'tls', 'receiver', 'console', 'okta', 'entra', 'uemApi', 'enforcement', 'reconciliation', 'upstreams']);
  const log = createLog(settings.log.LOG_LEVEL, 'posture-relay');
  logSecrets(log);
  logCertificates(settings, log);
  let target = configuredRedis(settings.redis);
  if (target === null) {
    const redis = await startRedisServer({ dataDir: join(settings.redis.DATA_DIR, 'redis') });
    onStopped(redis.stop);
    log.info({ dataDir: settings.redis.DATA_DIR, pid: redis.pid }, 'private Redis started: REDIS_URL is not set');
    target = { url: redis.url };
  }
  const workers = await startWorkers(settings, target, log);
  onStop(workers.stop);
  const console = await startConsole(settings, target, log);
  onStop(console.stop);
  const receiver = await startReceiver(settings, target, log);
  onStop(receiver.stop);
});
