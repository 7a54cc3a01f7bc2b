import type { SuspendDevice } from '../src/compliance/action.js';
import type { LedgerEntry } from '../src/compliance/ledger.js';
import { UpstreamFailure } from '../src/failure.js';
import type { Answered } from '../src/http-call.js';
import type { LockOut } from './lock-out.js';

/**
 * Suspends one record, and remembers it: the intent before the call, the acknowledgement after it. A call that certainly changed nothing
 * leaves no intent behind, or an administrator's later suspension would be taken for ours. This is the only place that suspends.
 */
export async function suspendDevice(lockOut: LockOut, { recordId, statusSeen }: SuspendDevice): Promise<void> {
  const { run, containment } = lockOut;
  const { okta, now } = run.enforcement;
  const before = run.state.ledger[recordId];
  let requestId: string | null = null;
  const send = async (): Promise<Answered<'suspended' | 'deactivated'>> => {
    await note(lockOut, recordId, { state: 'intent', at: now(), statusSeen, requestId: null });
    const answered = await okta.suspendDevice(recordId);
    ({ requestId } = answered);
    return answered;
  };
  try {
    const call = { upstream: 'okta', operation: 'suspendDevice', bucket: 'devices', target: recordId, changes: true } as const;
    const result = await run.calls.make(call, send);
    if (result === 'suspended') await note(lockOut, recordId, { state: 'ours', at: now(), statusSeen, requestId });
    else await note(lockOut, recordId, before);
  } catch (problem) {
    if (problem instanceof UpstreamFailure && problem.details.uncertain !== true) await note(lockOut, recordId, before);
    if (!(problem instanceof UpstreamFailure && problem.details.kind === 'not_found')) throw problem;
    run.notes.push(`record ${recordId} no longer exists`);
  }
  containment.contained[recordId] = ++containment.tick;
}

async function note({ run }: LockOut, recordId: string, entry: LedgerEntry | undefined): Promise<void> {
  const { state, enforcement } = run;
  if (entry === undefined) {
    delete state.ledger[recordId];
    await enforcement.store.forgetLedgerEntries(state.key, [recordId]);
  } else {
    state.ledger[recordId] = entry;
    await enforcement.store.saveLedgerEntry(state.key, recordId, entry);
  }
}
