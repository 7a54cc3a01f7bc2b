import type { People } from '../src/compliance/people.js';
import { planEntraRevocations, planOktaRevocations } from '../src/compliance/plan.js';
import type { Identity } from '../src/compliance/record.js';
import type { SignOutResult } from '../src/entra/sign-out.js';
import { UpstreamFailure } from '../src/failure.js';
import { Prepared } from '../src/leave.js';
import { Hopeless } from './attempt.js';
import { input, type LockOut } from './lock-out.js';

/** Builds the sign-outs that are going to follow as soon as the run waits for an upstream: they can then be sent at once. */
export async function prepareSignOuts(lockOut: LockOut, people: People): Promise<void> {
  const { run, prepared } = lockOut;
  const { okta, entra } = run.enforcement;
  await run.calls.idle();
  for (const user of planOktaRevocations(input(lockOut), people)) prepared.okta.set(user.id, new Prepared(() => okta.revokeUserSessions(user.id)));
  if (entra === null) return;
  for (const [login] of planEntraRevocations(input(lockOut), people)) {
    prepared.entra.set(login, new Prepared(() => entra.revokeSignInSessions(login)));
  }
}

/** Revokes one user's Okta sessions and tokens. It counts from the moment it was sent; a user who is gone has no sessions. */
export async function revokeUserSessions({ run, containment, prepared }: LockOut, user: Identity): Promise<void> {
  let sent = 0;
  try {
    const onLeave = () => void (sent = ++containment.tick);
    const call = { upstream: 'okta', operation: 'revokeUserSessions', target: user.id, changes: true, onLeave } as const;
    await run.calls.make(call, prepared.okta.get(user.id)?.send ?? (() => run.enforcement.okta.revokeUserSessions(user.id)));
  } catch (problem) {
    if (!(problem instanceof UpstreamFailure && problem.details.kind === 'not_found')) throw problem;
    run.notes.push(`user ${user.id} no longer exists`);
  }
  containment.oktaRevocations[user.id] = sent;
  containment.oktaAnsweredAt = ++containment.tick;
}

const hopeless = { not_confirmed: 'not_confirmed', user_not_found: 'user_not_found', ambiguous_user: 'ambiguous_user' } as const;

/** Revokes one person's Entra sessions, at the first of the addresses that Entra ID knows. Throws `Hopeless` when it knows none. */
export async function revokeSignInSessions({ run, containment, prepared }: LockOut, addresses: People['entra'][number]): Promise<void> {
  const { entra } = run.enforcement;
  if (entra === null) return;
  let sent = 0;
  let result: SignOutResult = 'user_not_found';
  const onLeave = () => void (sent = ++containment.tick);
  for (const address of addresses) {
    const call = { upstream: 'entra', operation: 'revokeSignInSessions', target: address, changes: true, onLeave } as const;
    result = await run.calls.make(call, prepared.entra.get(address)?.send ?? (() => entra.revokeSignInSessions(address)));
    if (result !== 'user_not_found') break;
  }
  containment.entraRevocations[addresses[0]] = { tick: sent, result };
  if (result === 'revoked' || result === 'skipped_external') return;
  throw new Hopeless(hopeless[result], `Entra ID, revokeSignInSessions: ${result}`);
}
