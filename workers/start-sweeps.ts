import { setFlagsFromString } from 'node:v8';
import type { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Log } from '../src/log.js';
import { ReconciliationQueue } from '../src/queue/reconciliation-queue.js';
import { FleetIndex } from '../src/store/fleet-index.js';
import { SweepMemory } from '../src/store/sweep-memory.js';
import { startReconciliation } from './reconciliation.js';
import type { Sweeping } from './sweep/sweep.js';

type Sweeps = { worker: Worker; close: () => Promise<void> };

/** Node lets its heap grow to several times what is in use before it collects: pages of an inventory, all garbage at once, would fill it. */
const collectEarly = '--heap-growing-percent=30';

/**
 * Starts what looks at all devices at once: on a schedule, on demand, and at once after a start and whenever Redis comes back, because events
 * may have been refused meanwhile. Without UEM's REST API only what is ordered is done.
 */
export async function startSweeps(given: Omit<Sweeping, 'index' | 'memory'>, connection: Redis): Promise<Sweeps> {
  const { redis, prefix, uem, everyMs, log } = given;
  setFlagsFromString(collectEarly);
  const queue = new ReconciliationQueue(redis, prefix, (error) => log.warn({ error }, 'queue: Redis connection'));
  const worker = startReconciliation({ ...given, index: new FleetIndex(redis, prefix), memory: new SweepMemory(redis, prefix) }, connection);
  if (uem === null) log.warn('sweeps are off: UEM_API_URL is not set');
  const begin = async (reason: string) => {
    await queue.oneAtATime();
    if (uem === null) return await queue.unschedule();
    // In this order: what the schedule asks for meanwhile finds that it was just done.
    await queue.sweepAtOnce(reason);
    await queue.schedule(everyMs);
  };
  await begin('a worker has started');
  redis.on('ready', () => void begin('Redis was away').catch((error: unknown) => tell(log, error)));
  return { worker, close: () => queue.close() };
}

/** The schedule asks again in any case. */
function tell(log: Log, error: unknown): void {
  log.warn({ error }, 'no sweep could be asked for after Redis was away');
}
