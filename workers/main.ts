import { readConfig } from '../src/config.js';
import { createLog } from '../src/log.js';
import { redisTarget } from '../src/redis-target.js';
import { runProcess } from '../src/shutdown.js';
import { startWorkers } from './start.js';

await runProcess('workers', async (onStop) => {
  const settings = readConfig(['log', 'redis', 'store', 'okta', 'entra', 'enforcement', 'upstreams']);
  const log = createLog(settings.log.LOG_LEVEL, 'workers');
  const workers = await startWorkers(settings, redisTarget(settings.redis), log);
  onStop(workers.stop);
});
