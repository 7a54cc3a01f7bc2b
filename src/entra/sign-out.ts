import { UpstreamFailure } from '../failure.js';
import type { Answered } from '../http-call.js';
import type { Graph } from './graph.js';
import { isExternal, mailFilter, proxyAddressFilter, userPath } from './user-address.js';

/** What became of one user's Entra sessions. */
export type SignOutResult = 'revoked' | 'not_confirmed' | 'user_not_found' | 'ambiguous_user' | 'skipped_external';

/**
 * Revokes a user's Entra sessions by login, and only after a 404 looks the user up by mail address, then by proxy address. An address that
 * two users share revokes neither. Status 0 means that no call was needed. Throws `UpstreamFailure`.
 */
export async function signOut(graph: Graph, loginOrEmail: string): Promise<Answered<SignOutResult>> {
  if (isExternal(loginOrEmail)) return withoutCall('skipped_external');
  const direct = await revoke(graph, loginOrEmail);
  if (direct.value !== 'user_not_found' || !loginOrEmail.includes('@')) return direct;

  const { value: found, ...answer } = await findUsers(graph, loginOrEmail);
  const [user, other] = found;
  if (user === undefined) return { ...answer, value: 'user_not_found' };
  if (other !== undefined) return { ...answer, value: 'ambiguous_user' };
  if (isExternal(user.userPrincipalName)) return { ...answer, value: 'skipped_external' };
  return revoke(graph, user.id);
}

async function revoke(graph: Graph, idOrUserPrincipalName: string): Promise<Answered<SignOutResult>> {
  const path = userPath(idOrUserPrincipalName);
  if (path === null) return withoutCall('user_not_found');
  try {
    const { value: body, ...answer } = await graph.revokeSignInSessions(path);
    return { ...answer, value: body.value === false ? 'not_confirmed' : 'revoked' };
  } catch (error) {
    return { ...refusal(error, 'not_found'), value: 'user_not_found' };
  }
}

type FoundUsers = Awaited<ReturnType<Graph['listUsers']>>['value']['value'];

/** `mail` needs User.ReadBasic.All; `proxyAddresses` needs User.Read.All, which an installation may do without. */
async function findUsers(graph: Graph, address: string): Promise<Answered<FoundUsers>> {
  const byMail = await graph.listUsers(mailFilter(address)).catch(concernsOnlyThisUser);
  if (byMail.value.value.length > 0) return { ...byMail, value: byMail.value.value };
  try {
    const byProxyAddress = await graph.listUsers(proxyAddressFilter(address));
    return { ...byProxyAddress, value: byProxyAddress.value.value };
  } catch (error) {
    return { ...refusal(error, 'permission'), value: [] };
  }
}

/** Without the permission to look users up, revoking at the login still works: nobody else must wait for it. */
function concernsOnlyThisUser(error: unknown): never {
  if (!(error instanceof UpstreamFailure) || error.details.kind !== 'permission') throw error;
  throw new UpstreamFailure({ ...error.details, kind: 'rejected' });
}

/** Status and request id of an expected failure; any other is thrown on. */
function refusal(error: unknown, expected: 'not_found' | 'permission'): Omit<Answered<never>, 'value'> {
  if (!(error instanceof UpstreamFailure) || error.details.kind !== expected) throw error;
  return { status: error.details.status ?? 0, requestId: error.details.requestId ?? null };
}

function withoutCall(value: SignOutResult): Answered<SignOutResult> {
  return { value, status: 0, requestId: null };
}
