import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { DeviceKey } from '../compliance/device.js';
import { upkeepQueue, type CompareJob, type UpkeepJob } from './job.js';

type Recheck = { key: DeviceKey; why: string; openedAt: number | null };

/** How often devices that were left behind are looked for. */
const requeueEveryMs = 30_000;

/** What the relay does by the clock: looking for devices left behind, and looking at a device's records again. */
export class UpkeepQueue {
  readonly queue: Queue<UpkeepJob>;

  constructor(connection: Redis, prefix: string, onError: (error: Error) => void) {
    this.queue = new Queue(upkeepQueue, { connection, prefix });
    this.queue.on('error', onError);
  }

  /** Makes sure that the regular job exists, once over all replicas. Called at every start: a lost schedule comes back. */
  async schedule(): Promise<void> {
    const template = { name: 'requeue', data: { v: 1, name: 'requeue' }, opts: { removeOnComplete: true, removeOnFail: 100 } } as const;
    await this.queue.upsertJobScheduler('requeue', { every: requeueEveryMs }, template);
  }

  /** Has a device's records read again after `delayMs`, once, however often it is asked for meanwhile: for the same reason, of one lock-out. */
  async recheck({ key, why, openedAt }: Recheck, delayMs: number): Promise<void> {
    const data = { v: 1, name: 'recheck', key, why, openedAt } as const;
    const deduplication = { id: `${key} ${openedAt ?? why} ${delayMs}` };
    await this.queue.add('recheck', data, { deduplication, delay: delayMs, removeOnComplete: true, removeOnFail: 100, attempts: 5, backoff: { type: 'exponential', delay: 1000 } });
  }

  /**
   * Has a device planned again at a moment, once however often it is asked for: what let it be expires, or what was put off is due. It may be
   * asked for while it is being done, by a worker for whose clock the moment has not come yet.
   */
  async planAt({ key, why }: { key: DeviceKey; why: 'expiry' | 'due' }, atMs: number, nowMs: number): Promise<void> {
    const data = { v: 1, name: 'recheck', key, why, openedAt: null } as const;
    const delay = Math.max(0, atMs - nowMs);
    await this.queue.add('recheck', data, { delay, removeOnComplete: true, removeOnFail: 100, attempts: 10, backoff: { type: 'exponential', delay: 1000 }, deduplication: { id: `${key} ${atMs}`, keepLastIfActive: true } });
  }

  /** Has a look taken after `delayMs` at what another flow made of a device, behind all else; of the decision `id` once. */
  async compare(decision: Omit<CompareJob, 'v' | 'name'>, id: string, delayMs: number): Promise<void> {
    const data = { v: 1, name: 'compare', ...decision } as const;
    const deduplication = { id: `${decision.key} ${id}` };
    await this.queue.add('compare', data, { deduplication, priority: 1, delay: delayMs, removeOnComplete: true, removeOnFail: 100, attempts: 10, backoff: { type: 'exponential', delay: 5000 } });
  }

  async close(): Promise<void> {
    await this.queue.close();
  }
}
