import { noteBefore, type LedgerEntry } from '../src/compliance/ledger.js';
import { UpstreamFailure } from '../src/failure.js';
import type { Answered } from '../src/http-call.js';
import { write, type Run } from './run.js';

type Result = 'suspended' | 'active' | 'deactivated';
type Change = {
  operation: 'suspendDevice' | 'unsuspendDevice';
  recordId: string;
  /** For a suspension on the fleet index's word: whether the System Log must show that it is ours even where it is acknowledged. */
  unproven?: boolean | undefined;
  send: () => Promise<Answered<Result>>;
};

/**
 * Makes a lifecycle call and keeps the ledger: what is sent before it is sent, the acknowledgement after it. A call that certainly changed
 * nothing leaves the entry as it was, or an administrator's later suspension would be taken for ours. A suspension that was not simply
 * acknowledged may be somebody else's, made meanwhile: the System Log has to say whose.
 */
export async function changeStatus(run: Run, { operation, recordId, unproven, send }: Change): Promise<Result> {
  const { now } = run.enforcement;
  const before = run.state.ledger[recordId];
  const sure = { ...noteBefore(operation === 'suspendDevice' ? 'intent' : 'leaving', before, now()), ...(unproven !== undefined && { unproven }) };
  const noted = operation === 'suspendDevice' && canBeProven(run) ? { ...sure, unproven: true } : sure;
  const isRepeated = before?.state === 'intent' || sure.unansweredSuspensionAt !== undefined;
  const onLeave = () => remember(run, recordId, noted);
  const call = { upstream: 'okta', operation, target: recordId, changes: true, intent: noted, onLeave } as const;
  let requestId: string | null = null;
  let status = 0;
  try {
    const result = await run.calls.make(call, async () => {
      const answered = await send();
      ({ requestId, status } = answered);
      return answered;
    });
    const entry = status === acknowledgedBy && !isRepeated ? sure : noted;
    const acknowledged = result === 'deactivated' ? before : { ...entry, state: states[result], at: now(), requestId };
    remember(run, recordId, acknowledged);
    write(run, () => save(run, recordId, acknowledged));
    // Nobody needs this before the next call.
    write(run, () => run.calls.idle().then(() => learn(run, recordId, result)));
    return result;
  } catch (problem) {
    if (problem instanceof UpstreamFailure && problem.details.uncertain !== true) {
      remember(run, recordId, before);
      await save(run, recordId, before);
    }
    throw problem;
  }
}

/** Any other answer was made up for by a read, which shows what is so and not who did it. */
const acknowledgedBy = 204;

/** In shadow mode nothing is done that could be; without the log there is only our own word. */
function canBeProven({ enforcement: { mode, logActor } }: Run): boolean {
  return mode === 'enforce' && logActor() !== null;
}

const states = { suspended: 'ours', active: 'released' } as const;

/** In shadow mode nothing was changed. */
async function learn({ state, enforcement }: Run, recordId: string, result: Result): Promise<void> {
  if (enforcement.mode === 'enforce') await enforcement.fleet.learnStatus(state.key, recordId, result);
}

function remember({ state }: Run, recordId: string, entry: LedgerEntry | undefined): void {
  if (entry === undefined) delete state.ledger[recordId];
  else state.ledger[recordId] = entry;
}

async function save({ state, enforcement }: Run, recordId: string, entry: LedgerEntry | undefined): Promise<void> {
  if (entry === undefined) await enforcement.store.forgetLedgerEntries(state.key, [recordId]);
  else await enforcement.store.saveLedgerEntry(state.key, recordId, entry);
}
