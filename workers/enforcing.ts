import { WaitingError, Worker, type Processor } from 'bullmq';
import type { Redis } from 'ioredis';
import { enforcementQueue, priorities, type EnforcementJob } from '../src/queue/job.js';
import { TryAgain } from './attempts.js';
import { backOff } from './back-off.js';
import { onFailed } from './failed.js';
import { createProcessor, lockLost, type ProcessorOptions } from './processor.js';
import { Slots } from './slots.js';

/** How often to look for a compromised device that waits while all ordinary slots are taken, milliseconds. */
const lookEveryMs = 100;

/** Enforces devices, at most `concurrency` at a time. */
export function startEnforcing(options: ProcessorOptions, connection: Redis, concurrency: number): Worker<EnforcementJob, string> {
  const { outcomes, prefix } = options;
  const slots = new Slots(concurrency);
  const seen = new Map<string, number>();
  const enforceDevice = createProcessor(options, seen);
  const inSlot: Processor<EnforcementJob, string> = async (job, token, signal) => {
    const leave = slots.enter(job.priority === priorities.compromised);
    onSlots();
    try {
      // What BullMQ was just fetching when the worker was told to stop is not among the jobs that it cancels.
      if (leave !== null && !worker.closing) return await enforceDevice(job, token, signal);
      await job.moveToWait(token);
      throw new WaitingError();
    } finally {
      leave?.();
      onSlots();
    }
  };
  const worker = new Worker<EnforcementJob, string>(enforcementQueue, inSlot, {
    connection,
    prefix,
    concurrency: slots.open,
    lockDuration: 10_000,
    stalledInterval: 3_000,
    maxStalledCount: 10,
    runRetryDelay: 1_000,
    settings: { backoffStrategy: (attemptsMade, _type, error) => backOff(error instanceof TryAgain ? error.attempt : attemptsMade, Math.random()) },
  });
  const onSlots = keepSlots(worker, slots, options);
  worker.on('error', (error) => outcomes.log.warn({ error }, 'worker: Redis connection'));
  worker.on('lockRenewalFailed', (ids) => ids.forEach((id) => worker.cancelJob(id, lockLost)));
  worker.on('completed', (job) => seen.delete(job.data.key));
  worker.on('failed', (job, error) => void onFailed(options, { job, error, seen }));
  return worker;
}

/** Has the worker take no more than the open slots, and compromised devices while only kept ones are left; returns what to call when a slot was taken or freed. */
function keepSlots(worker: Worker, slots: Slots, { queue, outcomes }: ProcessorOptions): () => void {
  let looking: NodeJS.Timeout | undefined;
  const warn = (error: unknown) => outcomes.log.warn({ error }, 'worker: looking for compromised devices');
  /** Lets the worker ask for one job more; pausing and resuming it makes it ask at once. */
  async function look(): Promise<void> {
    if (!(await queue.mayHoldCompromised(outcomes.now())) || !slots.onlyKeptLeft || worker.closing) return;
    worker.concurrency = slots.open + 1;
    void worker.pause(true);
    await worker.resume();
  }
  function onSlots(): void {
    worker.concurrency = slots.open;
    clearInterval(looking);
    if (slots.onlyKeptLeft && !worker.closing) looking = setInterval(() => void look().catch(warn), lookEveryMs).unref();
  }
  worker.on('drained', onSlots);
  worker.on('closing', () => clearInterval(looking));
  return onSlots;
}
