import { Queue, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type { DeviceKey } from '../compliance/device.js';
import { enforcementQueue, priorities, type EnforcementJob, type Urgency } from './job.js';

export type EnqueuedDevice = Job<EnforcementJob>;

/** More attempts than the age limit ever allows: giving up is decided by time, see workers/outcome.ts. */
const attempts = 10_000;

/**
 * The queue of devices to enforce. At most one job per device waits or runs; a device that is added while its job runs runs once
 * more afterwards, one whose job backs off runs now (reference: BullMQ deduplication with `keepLastIfActive` and `replace`).
 */
export class EnforcementQueue {
  readonly queue: Queue<EnforcementJob>;
  readonly #unlessGone: (error: Error & { code?: unknown }) => void;

  constructor(connection: Redis, prefix: string, onError: (error: Error) => void) {
    this.#unlessGone = (error) => {
      if (error.code !== missingJob) onError(error);
    };
    // BullMQ asks Redis for its version once; without an answer such a queue would refuse everything for ever. The doctor checks the version.
    this.queue = new Queue(enforcementQueue, { connection, prefix, skipVersionCheck: true });
    this.queue.on('error', onError);
  }

  /** Enqueues a device; resolves when Redis has it. */
  async add(key: DeviceKey, urgency: Urgency): Promise<void> {
    this.hasten(await this.addNew(key, urgency), urgency);
  }

  /** The same for a device that is not in the queue as far as is known; if it turns out to be, `hasten` what this resolves with. */
  async addNew(key: DeviceKey, urgency: Urgency): Promise<EnqueuedDevice> {
    return await this.queue.add('enforce', { v: 1, key }, {
      attempts,
      backoff: { type: 'custom' },
      priority: priorities[urgency],
      removeOnComplete: true,
      removeOnFail: true,
      // A device that only waits for its turn or for a pause must not have its back-off cut short by upkeep, nor by another look at it.
      deduplication: { id: key, keepLastIfActive: true, replace: urgency !== 'requeue' && urgency !== 'look' },
    });
  }

  /** Raises the priority of a job that is already waiting, which adding its device once more does not. */
  hasten(job: EnqueuedDevice, urgency: Urgency): void {
    const priority = priorities[urgency];
    if (priority <= priorities.contain) job.changePriority({ priority }).catch(this.#unlessGone);
  }

  /**
   * Whether the next device is compromised, or may be: among those whose time has come, or that a dead worker left, priorities count only
   * once a worker has asked for a job.
   */
  async mayHoldCompromised(nowMs: number): Promise<boolean> {
    const [waiting, due] = await Promise.all([this.queue.getCountsPerPriority([0, priorities.compromised]), this.queue.getDelayedCount(nowMs)]);
    return due > 0 || Object.values(waiting).some((count) => count > 0);
  }

  /** Lets everything that waits for an upstream try now. */
  async resumeWaiting(): Promise<void> {
    await this.queue.promoteJobs({ count: 1000 });
  }

  async close(): Promise<void> {
    await this.queue.close();
  }
}

/** BullMQ's code for a job that has ended meanwhile: its priority is of no interest any longer. */
const missingJob = -1;
