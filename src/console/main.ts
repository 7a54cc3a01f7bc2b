import { logCertificates } from '../certificates.js';
import { readConfig } from '../config.js';
import { createLog } from '../log.js';
import { redisTarget } from '../redis-target.js';
import { logSecrets } from '../secret.js';
import { runProcess } from '../shutdown.js';
import { startConsole } from './start.js';

await runProcess('console', async (onStop) => {
  const settings = readConfig(['log', 'redis', 'store', 'tls', 'console']);
  const log = createLog(settings.log.LOG_LEVEL, 'console');
  logSecrets(log);
  logCertificates(settings, log);
  const server = await startConsole(settings, redisTarget(settings.redis), log);
  onStop(server.stop);
});
