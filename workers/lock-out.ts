import type { Containment } from '../src/compliance/containment.js';
import type { ContainInput } from '../src/compliance/plan.js';
import type { SignOutResult } from '../src/entra/sign-out.js';
import type { Answered } from '../src/http-call.js';
import type { Prepared } from '../src/leave.js';
import type { DeviceRecord } from '../src/compliance/record.js';
import type { Contain, Run } from './run.js';

/** What the fleet index knows of a lock-out's device. `unproven`: too long ago to be sure that its records were still active. */
export type Indexed = { records: DeviceRecord[]; unproven: boolean };

/**
 * A lock-out under way: the run that works on it, what it follows, and how far it has come. `indexed` while it works on the fleet index's
 * word.
 */
export type LockOut = { run: Run; verdict: Contain; containment: Containment; indexed: Indexed | null; prepared: PreparedSignOuts };

/** Sign-outs that were built while a suspension was on its way: at Okta by the user's id, at Entra ID by the address. */
type PreparedSignOuts = { okta: Map<string, Prepared<Answered<'revoked'>>>; entra: Map<string, Prepared<Answered<SignOutResult>>> };

/** What the plan is made from, as of now. */
export function input({ run, verdict, containment }: LockOut): ContainInput {
  return { verdict, containment, ledger: run.state.ledger, nowMs: run.enforcement.now() };
}
