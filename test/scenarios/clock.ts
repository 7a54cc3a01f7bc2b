import { Queue, type Job } from 'bullmq';
import { enforcementQueue, upkeepQueue } from '../../src/queue/job.js';
import type { Prefix } from '../../src/store/keys.js';
import type { Scenario } from './relay.js';

export type Clock = {
  /** Has the looks at the directory that are due later done now; resolves with how many that were. */
  recheckNow: (key: string) => Promise<number>;
  /** When the rechecks of a device are due, milliseconds from when they were scheduled. */
  rechecks: (key: string) => Promise<number[]>;
  /** Has the looks at what another flow made of a device taken now; resolves with how many that were. */
  compareNow: (key: string) => Promise<number>;
  /** Looks for devices that were left behind or given up, as every thirty seconds. */
  upkeepNow: () => Promise<void>;
  /** When the device's job that backs off or waits will run, milliseconds since 1970; null while it does neither. */
  delayedUntil: (key: string) => Promise<number | null>;
  /** Has the device's job that backs off or waits run a minute from now; resolves with when, null while it does neither. */
  postpone: (key: string) => Promise<number | null>;
  /** Has the device's job that backs off or waits run now. */
  resume: (key: string) => Promise<void>;
  /** No device's job waits or runs. */
  idle: () => Promise<boolean>;
  stop: () => Promise<void>;
};

/** BullMQ keeps twelve bits below the millisecond to tell jobs apart. */
const scorePerMs = 0x1000;
const aMinute = 60_000;

/** Moves the relay's clock: what waits for its time in the queues is done at once. */
export function startClock({ redis }: Pick<Scenario, 'redis'>, prefix: Prefix = '{relay}'): Clock {
  const connection = redis.connect({ maxRetriesPerRequest: null });
  const upkeep = new Queue(upkeepQueue, { connection, prefix });
  const enforcement = new Queue(enforcementQueue, { connection, prefix });
  const rechecksOf = async (key: string): Promise<Job[]> =>
    (await upkeep.getDelayed()).filter((job) => job.name === 'recheck' && job.data.key === key);
  const delayedJob = async (key: string): Promise<Job | undefined> => (await enforcement.getDelayed()).find(({ data }) => data.key === key);
  return {
    recheckNow: async (key) => {
      const jobs = await rechecksOf(key);
      await Promise.all(jobs.map((job) => job.promote()));
      return jobs.length;
    },
    rechecks: async (key) => (await rechecksOf(key)).map(({ delay }) => delay).toSorted((a, b) => a - b),
    compareNow: async (key) => {
      const jobs = (await upkeep.getDelayed()).filter((job) => job.name === 'compare' && job.data.key === key);
      await Promise.all(jobs.map((job) => job.promote()));
      return jobs.length;
    },
    upkeepNow: async () => {
      await upkeep.add('requeue', { v: 1, name: 'requeue' }, { removeOnComplete: true });
    },
    postpone: async (key) => {
      const job = await delayedJob(key);
      const until = Date.now() + aMinute;
      return job === undefined ? null : await job.changeDelay(aMinute).then(() => until, () => null); // it may have started meanwhile
    },
    delayedUntil: async (key) => {
      const job = await delayedJob(key);
      const score = job?.id && (await connection.zscore(`${prefix}:enforcement:delayed`, job.id));
      return score ? Math.floor(Number(score) / scorePerMs) : null;
    },
    resume: async (key) => {
      await (await delayedJob(key))?.promote();
    },
    idle: async () => (await enforcement.getJobCountByTypes('active', 'waiting', 'prioritized', 'delayed')) === 0,
    stop: async () => {
      await Promise.all([upkeep.close(), enforcement.close()]);
    },
  };
}
