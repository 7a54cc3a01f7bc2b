import type { RevokeSignInSessions, RevokeUserSessions } from '../src/compliance/action.js';
import type { SignOutResult } from '../src/entra/sign-out.js';
import { UpstreamFailure } from '../src/failure.js';
import { Hopeless } from './attempt.js';
import type { LockOut } from './lock-out.js';

/** Revokes one user's Okta sessions and tokens. It counts from the moment it was sent; a user who is gone has no sessions. */
export async function revokeUserSessions({ run, containment }: LockOut, { user }: RevokeUserSessions): Promise<void> {
  let sent = 0;
  try {
    const call = { upstream: 'okta', operation: 'revokeUserSessions', target: user.id, changes: true } as const;
    await run.calls.make(call, () => {
      sent = ++containment.tick;
      return run.enforcement.okta.revokeUserSessions(user.id);
    });
  } catch (problem) {
    if (!(problem instanceof UpstreamFailure && problem.details.kind === 'not_found')) throw problem;
    run.notes.push(`user ${user.id} no longer exists`);
  }
  containment.oktaRevocations[user.id] = sent;
  containment.oktaAnsweredAt = ++containment.tick;
}

const hopeless = { not_confirmed: 'not_confirmed', user_not_found: 'user_not_found', ambiguous_user: 'ambiguous_user' } as const;

/** Revokes one person's Entra sessions, at the first of the addresses that Entra ID knows. Throws `Hopeless` when it knows none. */
export async function revokeSignInSessions({ run, containment }: LockOut, { addresses }: RevokeSignInSessions): Promise<void> {
  const { entra } = run.enforcement;
  if (entra === null) return;
  let sent = 0;
  let result: SignOutResult = 'user_not_found';
  for (const address of addresses) {
    const call = { upstream: 'entra', operation: 'revokeSignInSessions', target: address, changes: true } as const;
    result = await run.calls.make(call, () => {
      sent = ++containment.tick;
      return entra.revokeSignInSessions(address);
    });
    if (result !== 'user_not_found') break;
  }
  containment.entraRevocations[addresses[0]] = { tick: sent, result };
  if (result === 'revoked' || result === 'skipped_external') return;
  throw new Hopeless(hopeless[result], `Entra ID, revokeSignInSessions: ${result}`);
}
