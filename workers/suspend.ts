import type { SuspendDevice } from '../src/compliance/action.js';
import { UpstreamFailure } from '../src/failure.js';
import { changeStatus } from './change-status.js';
import type { LockOut } from './lock-out.js';

/** Suspends one record; one that no longer exists is contained too. This is the only place that suspends. */
export async function suspendDevice({ run, containment }: LockOut, { recordId }: SuspendDevice): Promise<void> {
  const { okta } = run.enforcement;
  try {
    await changeStatus(run, { operation: 'suspendDevice', recordId, send: () => okta.suspendDevice(recordId) });
  } catch (problem) {
    if (!(problem instanceof UpstreamFailure && problem.details.kind === 'not_found')) throw problem;
    run.notes.push(`record ${recordId} no longer exists`);
  }
  containment.contained[recordId] = ++containment.tick;
}
