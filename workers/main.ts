import express from 'express';
import { logCertificates } from '../src/certificates.js';
import { readConfig } from '../src/config.js';
import { listen } from '../src/listen.js';
import { createLog } from '../src/log.js';
import { redisTarget } from '../src/redis-target.js';
import { logSecrets } from '../src/secret.js';
import { runProcess } from '../src/shutdown.js';
import { startWorkers } from './start.js';

await runProcess('workers', async (onStop) => {
  const settings = readConfig(['log', 'redis', 'store', 'okta', 'entra', 'uemApi', 'enforcement', 'reconciliation', 'upstreams', 'health']);
  const log = createLog(settings.log.LOG_LEVEL, 'workers');
  logSecrets(log);
  logCertificates(settings, log);
  const workers = await startWorkers(settings, redisTarget(settings.redis), log);
  onStop(workers.stop);
  const health = express();
  health.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  health.get('/readyz', (_request, response) => void response.status(workers.ready() ? 200 : 503).json({ ready: workers.ready() }));
  const server = await listen(health, { host: '0.0.0.0', port: settings.health.METRICS_PORT });
  onStop(server.stop);
});
