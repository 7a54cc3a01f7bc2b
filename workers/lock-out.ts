import type { Containment } from '../src/compliance/containment.js';
import type { ContainInput } from '../src/compliance/plan.js';
import type { Contain, Run } from './run.js';

/** A lock-out under way: the run that works on it, what it follows, and how far it has come. */
export type LockOut = { run: Run; verdict: Contain; containment: Containment };

/** What the plan is made from, as of now. */
export function input({ run, verdict, containment }: LockOut): ContainInput {
  return { verdict, containment, ledger: run.state.ledger, nowMs: run.enforcement.now() };
}
