import { isNewCause, openContainment } from '../src/compliance/containment.js';
import { statusNow } from '../src/compliance/ledger.js';
import { matchRecords, type Match } from '../src/compliance/match.js';
import { letIn, planEntraRevocations, planOktaRevocations, planSuspensions, type ContainInput } from '../src/compliance/plan.js';
import type { People } from '../src/compliance/people.js';
import { concludeProblems, Hopeless, type Conclusion } from './attempt.js';
import type { LockOut } from './lock-out.js';
import { findPeople, findRecords } from './observe.js';
import { Patience } from './patience.js';
import { isPermitted, refuse } from './refuse.js';
import { revokeSignInSessions, revokeUserSessions } from './revoke.js';
import { attempt, type Contain, type Run } from './run.js';
import { suspendDevice } from './suspend.js';

/** Entra waits this long after the plan for Okta's answers: a live Okta session would sign the user straight back in. */
const entraWaitsMs = 1_000;

/**
 * Locks the device out, from where an earlier attempt stopped: suspend, then Okta sessions, then Entra's. Entra does not wait for an Okta
 * that does not answer; it is then asked once more after a later success at Okta.
 */
export async function contain(run: Run, verdict: Contain): Promise<Conclusion> {
  const refusal = await refuse(run, verdict);
  if (refusal !== null) return refusal;
  const lockOut = openOrResume(run, verdict);
  const patience = new Patience(entraWaitsMs);
  const okta = lockOutAtOkta(lockOut, patience);
  const early = await Promise.race([okta.then(() => false), patience.over.then(() => true)]);
  const before = oktaProgress(lockOut);
  const problems = early ? await signOutOfEntra(lockOut) : [];
  const match = await okta;
  patience.end();
  const again = !early || before !== oktaProgress(lockOut);
  run.problems.push(...(again ? await signOutOfEntra(lockOut) : problems));
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
  state.containment = containment;
  return { run, verdict, containment };
}

function input({ run, verdict, containment }: LockOut): ContainInput {
  return { verdict, containment, ledger: run.state.ledger, nowMs: run.enforcement.now() };
}

/** Does what is left to do at Okta; undefined when there was nothing to look up, or when looking up failed. */
async function lockOutAtOkta(lockOut: LockOut, patience: Patience): Promise<Match | undefined> {
  const { run, containment } = lockOut;
  if (containment.oktaComplete && run.state.recheck <= run.state.enforced) return undefined;
  return await attempt(run, async () => {
    const records = await findRecords(run);
    patience.restart();
    const match = matchRecords(records, isPermitted(run));
    observe(lockOut, match);
    const people = findPeopleOf(lockOut, match);
    const suspensions = planSuspensions(input(lockOut), match);
    await Promise.all(suspensions.map((action) => attempt(run, () => suspendDevice(lockOut, action))));
    containment.people = await people;
    await run.enforcement.store.saveContainment(run.state.key, containment);
    const revocations = planOktaRevocations(input(lockOut), containment.people);
    await Promise.all(revocations.map((action) => attempt(run, () => revokeUserSessions(lockOut, action))));
    containment.oktaComplete =
      match.kind !== 'ambiguous' &&
      run.problems.length === 0 &&
      planOktaRevocations(input(lockOut), containment.people).length === 0;
    return match;
  });
}

/** Notes which records are out of use already, and which somebody else has let in. */
function observe(lockOut: LockOut, match: Match): void {
  const { run, containment } = lockOut;
  const records = match.kind === 'none' ? [] : match.records;
  for (const record of records) {
    const status = statusNow(record, run.state.ledger[record.id], run.enforcement.now());
    if (status === 'other') run.notes.push(`record ${record.id} has a status that cannot be suspended`);
    if (status === 'suspended' || status === 'deactivated') containment.contained[record.id] ??= ++containment.tick;
  }
  containment.letIn = letIn(input(lockOut), records);
  run.notes.push(...containment.letIn.map((id) => `record ${id} was unsuspended by somebody else`));
}

/** Of records that may be different devices, only the enrolment user of a compromised one is signed out; a human decides the rest. */
async function findPeopleOf({ run, verdict }: LockOut, match: Match): Promise<People> {
  const records = match.kind === 'none' ? [] : match.records;
  if (match.kind === 'none' && run.enforcement.policy.withoutRecord === 'nothing') return nobody;
  const people = await findPeople(run, records);
  if (people.shared) run.notes.push('shared_device');
  if (match.kind === 'ambiguous') return onlyEnrolmentUser(people, run, verdict);
  if (people.okta.length === 0 && run.state.email !== null && run.problems.length === 0) {
    run.problems.push(new Hopeless('user_not_found', 'Okta knows no user of this device: none is linked, and none has the enrolment e-mail address.'));
  }
  return people;
}

const nobody: People = { okta: [], entra: [], shared: false };

function onlyEnrolmentUser(people: People, run: Run, verdict: Contain): People {
  const { email } = run.state;
  const compromised = verdict.causes.some(({ kind }) => kind === 'compromised');
  if (!compromised || email === null) return nobody;
  const isHis = (address: string | null) => address?.toLowerCase() === email.toLowerCase();
  return {
    okta: people.okta.filter((user) => isHis(user.login) || isHis(user.email)),
    entra: people.entra.filter((addresses) => addresses.some(isHis)),
    shared: people.shared,
  };
}

async function signOutOfEntra(lockOut: LockOut): Promise<unknown[]> {
  const { run, containment } = lockOut;
  if (run.enforcement.entra === null) return [];
  const { email } = run.state;
  const people: People = containment.people ?? { okta: [], entra: email === null ? [] : [[email]], shared: false };
  const answers = await Promise.allSettled(
    planEntraRevocations(input(lockOut), people).map((action) => revokeSignInSessions(lockOut, action)),
  );
  return answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
}

async function conclude(lockOut: LockOut, match: Match | undefined): Promise<Conclusion> {
  const { run, containment } = lockOut;
  const problem = concludeProblems(run.problems, run.enforcement.now());
  const ambiguous = match?.kind === 'ambiguous';
  containment.complete = problem === null && !ambiguous;
  await run.enforcement.store.saveContainment(run.state.key, containment);
  if (problem !== null) return problem;
  if (ambiguous) return { kind: 'held', word: 'held_ambiguous', detail: `${match.records.length} records that may be different devices` };
  if (Object.keys(containment.contained).length === 0 && match?.kind !== 'one') return settled('done_without_device', 'Okta has no record of the device.');
  return settled(run.calls.steps.some(({ operation }) => changing.has(operation)) ? 'done' : 'unchanged', '');
}

const changing = new Set(['suspendDevice', 'revokeUserSessions', 'revokeSignInSessions']);

function settled(word: 'done' | 'done_without_device' | 'unchanged', detail: string): Conclusion {
  return { kind: 'settled', word, detail };
}
