import { z } from 'zod';
import type { Identity } from '../compliance/record.js';
import { UpstreamFailure } from '../failure.js';
import type { Answered } from '../http-call.js';
import { garbage, readBody, requestId } from './answer.js';
import { equals } from './device.js';
import { allPages, nextCursor } from './paging.js';
import { pathSegment } from './path-segment.js';
import type { Okta } from './transport.js';
import { user } from './user.js';

/** `getUser` by login; after a 404, or where the login is that of an account no longer in use, `listUsers` by e-mail address. */
export async function findUser(okta: Okta, loginOrEmail: string): Promise<Answered<Identity | null | 'ambiguous'>> {
  try {
    const { value: found, ...answered } = await getUser(okta, loginOrEmail);
    return found === null ? await findUserByEmail(okta, loginOrEmail) : { ...answered, value: found };
  } catch (error) {
    const unknown = error instanceof UpstreamFailure && error.details.kind === 'not_found';
    if (unknown) return await findUserByEmail(okta, loginOrEmail);
    throw error;
  }
}

/** Null: an account that is no longer in use. */
async function getUser({ sdk, transport }: Okta, login: string): Promise<Answered<Identity | null>> {
  const userId = pathSegment(login, 'getUser');
  const answer = await transport.answerOf('getUser', () => sdk.userApi.getUser({ userId }));
  const { status } = readBody(answer, z.object({ status: z.string().nullish() }), 'getUser');
  const value = status === 'DEPROVISIONED' ? null : readBody(answer, user, 'getUser');
  return { value, status: answer.status, requestId: requestId(answer) };
}

async function findUserByEmail({ sdk, transport, origin }: Okta, email: string): Promise<Answered<Identity | null | 'ambiguous'>> {
  const operation = 'listUsers';
  const { value: found, ...answered } = await allPages(operation, async (after) => {
    const query = { search: equals('profile.email', email), limit: 10, ...(after !== undefined && { after }) };
    const answer = await transport.answerOf(operation, async () => (await sdk.userApi.listUsers(query)).getNextPage());
    // The search finds deprovisioned users too: somebody who was hired again has two.
    const hits = readBody(answer, z.array(z.object({ status: z.string() }).and(user)), operation);
    const items = hits.filter(({ status }) => status !== 'DEPROVISIONED').map(({ id, login, email: address }) => ({ id, login, email: address }));
    if (items.some((hit) => hit.email?.toLowerCase() !== email.toLowerCase())) throw garbage(answer, operation);
    return { items, next: nextCursor(answer, { operation, origin }), answer };
  });
  return { ...answered, value: found.length > 1 ? 'ambiguous' : (found[0] ?? null) };
}

/** `revokeUserSessions`. Both options are spelled out: Okta's defaults keep OAuth tokens, and differ between its engines for devices. */
export async function revokeUserSessions({ sdk, transport }: Okta, id: string): Promise<Answered<'revoked'>> {
  const operation = 'revokeUserSessions';
  const query = { userId: pathSegment(id, operation), oauthTokens: true, forgetDevices: true };
  const answer = await transport.answerOf(operation, () => sdk.userApi.revokeUserSessions(query));
  if (answer.status !== 204) throw garbage(answer, operation);
  return { value: 'revoked', status: answer.status, requestId: requestId(answer) };
}
