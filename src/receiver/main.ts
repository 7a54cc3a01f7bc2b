import { logCertificates } from '../certificates.js';
import { readConfig } from '../config.js';
import { createLog } from '../log.js';
import { redisTarget } from '../redis-target.js';
import { logSecrets } from '../secret.js';
import { runProcess } from '../shutdown.js';
import { startReceiver } from './start.js';

await runProcess('receiver', async (onStop) => {
  const settings = readConfig(['log', 'redis', 'store', 'tls', 'receiver']);
  const log = createLog(settings.log.LOG_LEVEL, 'receiver');
  logSecrets(log);
  logCertificates(settings, log);
  const receiver = await startReceiver(settings, redisTarget(settings.redis), log);
  onStop(receiver.stop);
});
