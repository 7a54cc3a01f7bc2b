import { statusNow } from '../src/compliance/ledger.js';
import { matchRecords, type Match } from '../src/compliance/match.js';
import type { People } from '../src/compliance/people.js';
import { letIn, planOktaRevocations, planSuspensions } from '../src/compliance/plan.js';
import type { DeviceRecord } from '../src/compliance/record.js';
import { concernsDevicesOnly, Hopeless } from './attempt.js';
import { Overtaken } from './calls.js';
import { input, type LockOut } from './lock-out.js';
import { findPeople, findRecords } from './observe.js';
import type { Patience } from './patience.js';
import { prepareSignOuts, revokeUserSessions } from './revoke.js';
import { attempt, finishWrites, write, type Contain, type Run } from './run.js';
import { OutdatedEntry, suspendDevice } from './suspend.js';
import { verifySuspensions } from './verify.js';

/** Does what is left to do at Okta, if the lock-out stands; undefined when there was nothing to look up, or when looking up failed. */
export async function containAtOkta(lockOut: LockOut, patience: Patience, stands: Promise<boolean>): Promise<Match | undefined> {
  const { run, containment } = lockOut;
  const isRecheck = run.state.recheck > run.state.enforced;
  if (containment.oktaComplete && !isRecheck) return undefined;
  const people = containment.recordsComplete === true && !isRecheck ? containment.people : null;
  if ((people !== null || lockOut.indexed !== null) && !(await stands)) return void run.problems.push(new Overtaken());
  if (people !== null) return await finishSigningOut(lockOut, people);
  const match = await attempt(run, () => lockOutIndexed(lockOut));
  if (match) return match;
  const [records, isConfirmed] = await Promise.all([attempt(run, () => findRecords(run)), stands]);
  if (!isConfirmed) return void run.problems.push(new Overtaken());
  patience.start();
  return await attempt(run, async () => (records === undefined ? await signOutUnseen(lockOut) : await lockOutFound(lockOut, records)));
}

/** Locks out on the fleet index's word; null where that does not hold, or it has none: then the directory is asked. */
async function lockOutIndexed(lockOut: LockOut): Promise<Match | null> {
  const { run, indexed } = lockOut;
  if (indexed === null) return null;
  const earlier = run.problems.length;
  const match = await lockOutRecords(lockOut, indexed.records);
  if (!run.problems.some((problem) => problem instanceof OutdatedEntry)) return match;
  run.problems.length = earlier;
  run.notes.push('the fleet index was out of date: the directory was asked');
  await run.enforcement.fleet.forget([run.state.key]);
  return null;
}

async function lockOutFound(lockOut: LockOut, records: DeviceRecord[]): Promise<Match> {
  const match = await lockOutRecords({ ...lockOut, indexed: null }, records);
  await verifySuspensions(lockOut, records);
  return match;
}

async function lockOutRecords(lockOut: LockOut, records: DeviceRecord[]): Promise<Match> {
  const { run, containment } = lockOut;
  const match = matchRecords(records, containment.releasedFrom.includes('held_ambiguous'));
  observe(lockOut, match);
  const people = findPeopleOf(lockOut, match);
  const suspensions = planSuspensions(input(lockOut), match);
  // Without a suspension there is nothing to wait for: they are sent at once.
  if (suspensions.length > 0) void people.then((chosen) => prepareSignOuts(lockOut, chosen), () => undefined);
  await Promise.all(suspensions.map((id) => attempt(run, () => suspendDevice(lockOut, id))));
  const chosen = await people;
  if (!(await run.calls.admitted) || run.problems.some((problem) => problem instanceof OutdatedEntry)) {
    await finishWrites(run);
    return match;
  }
  containment.people = chosen;
  containment.recordsComplete = match.kind !== 'ambiguous' && run.problems.length === 0;
  write(run, () => run.enforcement.store.saveContainment(run.state.key, containment));
  await finishSigningOut(lockOut, chosen);
  return match;
}

async function finishSigningOut(lockOut: LockOut, people: People): Promise<undefined> {
  const { run, containment } = lockOut;
  await signOutOfOkta(lockOut, people);
  await finishWrites(run);
  containment.oktaComplete = containment.recordsComplete === true && run.problems.length === 0 && planOktaRevocations(input(lockOut), people).length === 0;
  // Whoever takes the device over while Entra ID is asked does not repeat it.
  if (run.calls.changed) write(run, () => run.enforcement.store.saveContainment(run.state.key, containment));
}

/** Where only the devices are out of reach (their rate limit is used up), nobody stays signed in until they are not. */
async function signOutUnseen(lockOut: LockOut): Promise<undefined> {
  const { run, containment } = lockOut;
  if (!run.problems.every(concernsDevicesOnly)) return;
  const people = containment.people ?? (await findPeople(run, []));
  // Whom a problem kept us from finding is looked for again.
  if (run.problems.every(concernsDevicesOnly)) containment.people = people;
  await signOutOfOkta(lockOut, people);
}

async function signOutOfOkta(lockOut: LockOut, people: People): Promise<void> {
  const revocations = planOktaRevocations(input(lockOut), people);
  await Promise.all(revocations.map((user) => attempt(lockOut.run, () => revokeUserSessions(lockOut, user))));
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
  if (match.kind === 'none' && run.policy.withoutRecord === 'nothing') return nobody;
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
