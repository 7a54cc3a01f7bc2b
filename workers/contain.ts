import { isNewCause, openContainment } from '../src/compliance/containment.js';
import type { Match } from '../src/compliance/match.js';
import type { People } from '../src/compliance/people.js';
import { planEntraRevocations } from '../src/compliance/plan.js';
import { concludeProblems, type Conclusion } from './attempt.js';
import { confirm } from './confirm.js';
import { containAtOkta } from './contain-at-okta.js';
import { indexedRecords } from './indexed.js';
import { input, type LockOut } from './lock-out.js';
import { Patience } from './patience.js';
import { pausedBy, refuse } from './refuse.js';
import { unsuspendSignedOut } from './release.js';
import { revokeSignInSessions } from './revoke.js';
import { finishWrites, type Contain, type Run } from './run.js';

/** Entra waits this long after the plan was confirmed for Okta's answers: a live Okta session would sign the user straight back in. */
const entraWaitsMs = 1_000;

/**
 * Locks the device out, from where an earlier attempt stopped: suspend, then Okta sessions, then Entra's. Entra does not wait for an Okta
 * that does not answer; it is then asked once more after a later success at Okta.
 */
export async function contain(run: Run, verdict: Contain): Promise<Conclusion> {
  const paused = pausedBy(run);
  if (paused !== null) return verdict.reaction.suspend ? paused : ((await unsuspendSignedOut(run, null)) ?? paused);
  const lockOut = openOrResume(run, verdict);
  const refusal = refuse(lockOut);
  const patience = new Patience(entraWaitsMs);
  const stands = confirm(lockOut);
  const okta = containAtOkta(lockOut, patience, stands);
  void stands.then(() => patience.start());
  const early = await Promise.race([okta.then(() => false), patience.over.then(() => true)]);
  const before = oktaProgress(lockOut);
  const problems = early ? await signOutOfEntra(lockOut) : [];
  const match = await okta;
  patience.end();
  const refused = await refusal;
  if (refused !== null) return refused;
  run.state.containment = lockOut.containment;
  const again = !early || before !== oktaProgress(lockOut);
  run.problems.push(...(again ? await signOutOfEntra(lockOut) : problems));
  if (!verdict.reaction.suspend) await unsuspendSignedOut(run, lockOut.containment);
  return await conclude(lockOut, match);
}

/** Changes with every success at Okta: a revocation at Entra that was sent before it does not count. */
function oktaProgress({ containment }: LockOut): string {
  return `${containment.oktaAnsweredAt} ${Object.keys(containment.contained).length}`;
}

function openOrResume(run: Run, verdict: Contain): LockOut {
  const { state, enforcement } = run;
  const open = state.containment;
  const resumed = open !== null && !isNewCause(open, verdict.causes);
  const containment = resumed ? open : openContainment(verdict.causes, enforcement.now());
  containment.releasedFrom = [...new Set([...containment.releasedFrom, ...state.releasedFrom])];
  const lockOut = { run, verdict, containment, prepared: { okta: new Map(), entra: new Map() } };
  return { ...lockOut, indexed: indexedRecords(lockOut) };
}

async function signOutOfEntra(lockOut: LockOut): Promise<unknown[]> {
  const { run, containment } = lockOut;
  if (run.enforcement.entra === null) return [];
  const { email } = run.state;
  const people: People = containment.people ?? { okta: [], entra: email === null ? [] : [[email]], shared: false };
  const answers = await Promise.allSettled(
    planEntraRevocations(input(lockOut), people).map((addresses) => revokeSignInSessions(lockOut, addresses)),
  );
  return answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
}

async function conclude(lockOut: LockOut, match: Match | undefined): Promise<Conclusion> {
  const { run, verdict, containment } = lockOut;
  await finishWrites(run);
  const problem = concludeProblems(run.problems, run.enforcement.now());
  const ambiguous = match?.kind === 'ambiguous';
  // Another look that has to wait does not open the lock-out anew: it would be as urgent as a suspension.
  const unseen = match === undefined && problem !== null && problem.kind !== 'failed';
  if (!unseen) containment.complete = problem === null && !ambiguous;
  await run.enforcement.store.saveContainment(run.state.key, containment);
  if (problem !== null) return problem;
  if (ambiguous) return { kind: 'held', word: 'held_ambiguous', detail: `${match.records.length} records that may be different devices` };
  // Without a look-up, only one that was to suspend tells by what it has contained whether there is a record.
  const isWithout = match === undefined ? verdict.reaction.suspend : match.kind === 'none';
  if (isWithout && Object.keys(containment.contained).length === 0) return settled('done_without_device', 'Okta has no record of the device.');
  return settled(run.calls.changed ? 'done' : 'unchanged', '');
}

function settled(word: 'done' | 'done_without_device' | 'unchanged', detail: string): Conclusion {
  return { kind: 'settled', word, detail };
}
