import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Settings } from '../src/settings.js';
import type { Log } from '../src/log.js';
import { readPolicyFile } from '../src/policy-file.js';
import { rateShare } from '../src/upstream-options.js';
import { EnforcementQueue } from '../src/queue/enforcement-queue.js';
import { UpkeepQueue } from '../src/queue/upkeep-queue.js';
import { bucketOf } from '../src/okta/rate-limit.js';
import { BlockStore } from '../src/store/blocks.js';
import { Budget } from '../src/store/budget.js';
import { connectWaiting, type RedisTarget } from '../src/store/connection.js';
import { EnforcementStore } from '../src/store/enforcement.js';
import { FleetIndex } from '../src/store/fleet-index.js';
import { ingest } from '../src/store/ingest.js';
import { prefixOf } from '../src/store/keys.js';
import { readPause } from '../src/store/pause.js';
import { policyReader } from '../src/store/policy.js';
import { Safeguard, type SafeguardLimits } from '../src/store/safeguard.js';
import { startAdopting, type Adopting } from './adopt-policy.js';
import { watchLogActor } from './log-actor.js';
import { LookUps } from './look-ups.js';
import type { Outcomes } from './outcome.js';
import type { Limits } from './enforce.js';
import { startEnforcing } from './enforcing.js';
import type { Enforcement } from './run.js';
import { startSweeps } from './start-sweeps.js';
import { startUpkeep, type Upkeep } from './upkeep.js';
import { createUpstreams, reportTo } from './upstreams.js';

type WorkerSettings = Pick<Settings, 'store' | 'okta' | 'entra' | 'uemApi' | 'enforcement' | 'reconciliation' | 'upstreams'>;
/** Longer than an upstream call may take, shorter than the grace of the process (src/shutdown.ts). */
const stopWithinMs = 20_000;
/** Without Redis nothing can be handed back. */
const withoutRedisMs = 1_000;

/** `ready`: Redis answers, so that devices are being enforced. */
export type RunningWorkers = { ready: () => boolean; stop: () => Promise<void> };

/** Starts the workers of one process: they enforce devices until stopped. Stopping hands unfinished devices back to the queue. */
export async function startWorkers(settings: WorkerSettings, target: RedisTarget, log: Log): Promise<RunningWorkers> {
  const policy = readPolicyFile(settings.enforcement.POLICY_FILE);
  const prefix = prefixOf(settings.store.MODE);
  const redis = connect(target, log);
  const now = Date.now;
  const queue = new EnforcementQueue(redis, prefix, (error) => log.warn({ error }, 'queue: Redis connection'));
  const upkeepJobs = new UpkeepQueue(redis, prefix, (error) => log.warn({ error }, 'queue: Redis connection'));
  const store = new EnforcementStore(redis, prefix);
  const outcomes: Outcomes = { redis, prefix, historyMs: settings.store.HISTORY_DAYS * 86_400_000, store, upkeep: upkeepJobs, log, now };
  const budget = new Budget(redis, prefix, { share: rateShare(settings.okta, settings.store.MODE), leading: bucketOf('suspendDevice') });
  const upstreams = createUpstreams(settings, reportTo(budget, log));
  const enforcement: Enforcement & Limits = {
    mode: settings.store.MODE,
    ...upstreams,
    ingest: (incoming) => ingest(redis, incoming, outcomes),
    enqueue: (key) => queue.add(key, 'release'),
    store,
    fleet: new FleetIndex(redis, prefix),
    logActor: watchLogActor(upstreams.okta, { log, now }),
    readPolicy: policyReader(redis, prefix, policy),
    safeguard: new Safeguard(redis, prefix, safeguardLimits(settings.enforcement)),
    readPause: () => readPause(redis, prefix),
    unsuspend: settings.enforcement.UNSUSPEND,
    maxUsers: settings.enforcement.MAX_USERS_PER_DEVICE,
    log,
    now,
    blocks: new BlockStore(redis, prefix),
    budget,
    lookUps: new LookUps({ okta: upstreams.okta, budget, now }),
  };
  if (enforcement.entra === null) log.warn('Entra actions are off: AZURE_TENANT_ID is not set');
  const connections = [connect(target, log), connect(target, log), connect(target, log)] as const;
  const duties: Upkeep = { redis, prefix, historyMs: outcomes.historyMs, okta: enforcement.okta, store, queue, readPolicy: enforcement.readPolicy, log, now };
  const adopting = await startAdopting(duties, policy);
  const worker = startEnforcing({ redis, prefix, enforcement, queue, outcomes }, connections[0], settings.enforcement.WORKER_CONCURRENCY);
  const upkeep = startUpkeep({ ...duties, ...enforcement }, connections[1]);
  await upkeepJobs.schedule();
  const sweeps = await startSweeps({ ...duties, ...enforcement, everyMs: settings.reconciliation.SWEEP_INTERVAL }, connections[2]);
  log.info({ mode: settings.store.MODE, concurrency: settings.enforcement.WORKER_CONCURRENCY }, 'workers started');
  return {
    ready: () => redis.status === 'ready',
    stop: async () => {
      const orderly = stopOrderly([worker, upkeep, sweeps.worker], adopting).then(() => Promise.all([queue.close(), upkeepJobs.close(), sweeps.close()]));
      await Promise.race([orderly, delay(redis.status === 'ready' ? stopWithinMs : withoutRedisMs, null, { ref: false })]);
      for (const connection of [redis, ...connections]) connection.disconnect();
      // What is cut off here is handed back by the stall check.
      orderly.catch((error: unknown) => log.warn({ error }, 'workers were stopped without Redis'));
    },
  };
}

/** Hands unfinished devices back; never ends while Redis is away. */
async function stopOrderly(workers: Worker[], adopting: Adopting): Promise<void> {
  const closing = workers.map((worker) => worker.close());
  for (const worker of workers) worker.cancelAllJobs('shutdown');
  await Promise.all([...closing, adopting.stop()]);
}

function safeguardLimits(enforcement: Settings['enforcement']): SafeguardLimits {
  return {
    maxDevices: enforcement.SAFEGUARD_MAX_DEVICES,
    maxPercent: enforcement.SAFEGUARD_MAX_PERCENT,
    maxCompromised: enforcement.SAFEGUARD_MAX_COMPROMISED,
    windowMs: enforcement.SAFEGUARD_WINDOW_SECONDS * 1000,
  };
}

function connect(target: RedisTarget, log: Log): Redis {
  const connection = connectWaiting(target);
  connection.on('error', (error) => log.warn({ error }, 'Redis connection'));
  return connection;
}
