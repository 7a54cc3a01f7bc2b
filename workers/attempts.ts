import type { Job } from 'bullmq';
import type { EnforcementJob } from '../src/queue/job.js';
import type { DeviceState } from '../src/store/device.js';

/** The attempts that a job has made for a plan: `plan` is its generation, `before` how many it had made of older ones. */
type Attempts = { plan: number; before: number; attempt: number };

/** An attempt, counted within its plan, failed in a way that trying again may cure; BullMQ backs off. */
export class TryAgain extends Error {
  readonly attempt: number;

  constructor(detail: string, attempt: number) {
    super(detail);
    this.attempt = attempt;
  }
}

/**
 * Which attempt the next one is. One in which the worker died counts, and those of an older plan do not: what is newer does not wait as
 * long as that. A generation that only asks for another look goes on with the plan before it.
 */
export async function beginAttempt(job: Job<EnforcementJob>, { generation, recheck }: DeviceState): Promise<Attempts> {
  const made = job.attemptsMade + job.stalledCounter;
  const { plan = generation, before = 0 } = job.data;
  const isNewer = plan !== generation && recheck !== generation;
  const attempts = isNewer ? { plan: generation, before: made, attempt: 1 } : { plan, before, attempt: made - before + 1 };
  // The worker may die of it.
  if (made > 0) await keep(job, attempts);
  return attempts;
}

/** Throws what makes BullMQ try again. */
export async function tryAgain(job: Job<EnforcementJob>, attempts: Attempts, detail: string): Promise<never> {
  await keep(job, attempts);
  throw new TryAgain(detail, attempts.attempt);
}

async function keep(job: Job<EnforcementJob>, { plan, before }: Attempts): Promise<void> {
  if (job.data.plan !== plan || job.data.before !== before) await job.updateData({ ...job.data, plan, before });
}
