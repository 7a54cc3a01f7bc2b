import { UpstreamFailure } from '../src/failure.js';
import { changeStatus } from './change-status.js';
import type { LockOut } from './lock-out.js';

/** What the fleet index says of a record does not hold (any longer). */
export class OutdatedEntry extends Error {}

/**
 * Suspends one record; one that no longer exists is contained too. This is the only place that suspends. Throws `OutdatedEntry` where only
 * the fleet index had said that there was an active record.
 */
export async function suspendDevice({ run, containment, indexed }: LockOut, recordId: string): Promise<void> {
  const { okta } = run.enforcement;
  try {
    const result = await changeStatus(run, { operation: 'suspendDevice', recordId, unproven: indexed?.unproven, send: () => okta.suspendDevice(recordId) });
    if (indexed !== null && result === 'deactivated') throw new OutdatedEntry();
  } catch (problem) {
    if (indexed !== null && isAboutRecord(problem)) throw new OutdatedEntry();
    if (!(problem instanceof UpstreamFailure && problem.details.kind === 'not_found')) throw problem;
    run.notes.push(`record ${recordId} no longer exists`);
  }
  containment.contained[recordId] = ++containment.tick;
}

/** The record is gone, or in a status that cannot be suspended. */
function isAboutRecord(problem: unknown): boolean {
  return problem instanceof UpstreamFailure && ['not_found', 'rejected'].includes(problem.details.kind);
}
