import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { reconciliationQueue, type ReconciliationJob } from './job.js';

/** What somebody orders goes before what the relay does by itself. */
const priorities = { order: 1, atOnce: 2, scheduled: 3 } as const;
const kept = { removeOnComplete: true, removeOnFail: true } as const;
const bySchedule = { v: 1, name: 'sweep', by: 'schedule', reason: 'SWEEP_INTERVAL', dryRun: false, acceptShrunk: false } as const;

/** The queue of what looks at all devices at once. Whatever asks for it: one is done at a time, and they do not pile up. */
export class ReconciliationQueue {
  readonly queue: Queue<ReconciliationJob>;

  constructor(connection: Redis, prefix: string, onError: (error: Error) => void) {
    // As in enforcement-queue.ts: an outage at the start must not refuse every order for ever.
    this.queue = new Queue(reconciliationQueue, { connection, prefix, skipVersionCheck: true });
    this.queue.on('error', onError);
  }

  /** Makes sure that one runs at a time over all replicas. Like the schedule, a lost Redis forgets that. */
  async oneAtATime(): Promise<void> {
    await this.queue.setGlobalConcurrency(1);
  }

  /** Has a sweep made every `everyMs` milliseconds, once over all replicas. */
  async schedule(everyMs: number): Promise<void> {
    await this.queue.upsertJobScheduler('sweep', { every: everyMs }, { name: 'sweep', data: bySchedule, opts: { priority: priorities.scheduled, ...kept } });
  }

  async unschedule(): Promise<void> {
    await this.queue.removeJobScheduler('sweep');
  }

  /** Asks for a sweep now; one that waits already is enough, one that runs is followed by another. */
  async sweepAtOnce(reason: string): Promise<void> {
    const deduplication = { id: 'at-once', keepLastIfActive: true };
    await this.queue.add('sweep', { ...bySchedule, by: 'relay', reason }, { priority: priorities.atOnce, deduplication, ...kept });
  }

  /** Orders something; returns the id of its job, which is that of an equal order that waits or runs already. */
  async order(job: ReconciliationJob): Promise<string> {
    const { by: _by, reason: _reason, ...what } = job;
    const { id } = await this.queue.add(job.name, job, { priority: priorities.order, deduplication: { id: JSON.stringify(what) }, ...kept });
    if (id === undefined) throw new Error('BullMQ gave the job no id');
    return id;
  }

  /** The ids of what waits for its turn, next first. */
  async waiting(): Promise<string[]> {
    const jobs = await this.queue.getJobs(['waiting', 'prioritized'], 0, 99, true);
    return jobs.flatMap(({ id }) => id ?? []);
  }

  async close(): Promise<void> {
    await this.queue.close();
  }
}
