import type { Job } from 'bullmq';
import type { EnforcementJob } from '../src/queue/job.js';
import { TryAgain } from './attempts.js';
import { giveUp } from './outcome.js';
import type { createProcessor } from './processor.js';
import { urgencyNow } from './urgency.js';

type Options = Parameters<typeof createProcessor>[0];
type FailedJob = { job: Job<EnforcementJob> | undefined; error: Error; seen: Map<string, number> };

/**
 * After a failed attempt: an event that came in while it failed does not wait for the back-off, and a device whose worker crashed again
 * and again is remembered as failed.
 */
export async function onFailed(options: Options, { job, error, seen }: FailedJob): Promise<void> {
  if (job === undefined) return;
  const { enforcement, queue, outcomes } = options;
  const { key } = job.data;
  // Of one that died of it nobody here has seen anything: its job says for which plan it was tried.
  const attempted = seen.get(key) ?? job.data.plan;
  seen.delete(key);
  if (!(error instanceof TryAgain)) outcomes.log.error({ key, error, final: job.finishedOn !== undefined }, 'attempt failed unexpectedly');
  try {
    const generation = await enforcement.store.generation(key);
    const newer = attempted !== undefined && generation > attempted;
    if (newer) await queue.add(key, await urgencyNow(outcomes, key));
    else if (job.finishedOn !== undefined) await giveUp(outcomes, { key, generation }, { cause: 'crashed_worker', detail: error.message });
  } catch (failure) {
    // The device is still dirty: upkeep takes it up.
    outcomes.log.warn({ key, error: failure }, 'could not follow up a failed attempt');
  }
}
