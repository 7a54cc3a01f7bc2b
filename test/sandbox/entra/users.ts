import type { DoubleAnswer, DoubleRequest } from '../http-message.js';
import { graphError, requestDenied, resourceNotFound } from './answers.js';
import { findUser, type Directory, type EntraUser } from './directory.js';
import { FilterSyntaxError, parseFilter } from './filter.js';

/** `GET /users`: `$filter`, `$select`, `$top`. */
export function listUsers({ query, origin }: DoubleRequest, directory: Directory, forbidProxyAddresses: boolean): DoubleAnswer {
  const filter = query.get('$filter');
  if (forbidProxyAddresses && filter?.includes('proxyAddresses')) return requestDenied();
  const top = Number(query.get('$top') ?? 100);
  if (!Number.isInteger(top) || top < 1 || top > 999) return graphError(400, 'Request_UnsupportedQuery', 'Invalid page size specified.');
  try {
    const matches = filter === null ? () => true : parseFilter(filter);
    const value = [...directory.users.values()].filter(matches).slice(0, top);
    const selected = value.map((user) => select(user, query.get('$select')));
    return { status: 200, body: { '@odata.context': `${origin}/v1.0/$metadata#users`, value: selected } };
  } catch (error) {
    if (error instanceof FilterSyntaxError) return graphError(400, 'Request_UnsupportedQuery', 'Unsupported or invalid query filter clause.');
    throw error;
  }
}

/** `GET /users/{user-id}`. */
export function getUser(request: DoubleRequest, id: string, directory: Directory): DoubleAnswer {
  const user = findUser(directory, id);
  if (!user) return resourceNotFound(id);
  const context = { '@odata.context': `${request.origin}/v1.0/$metadata#users/$entity` };
  return { status: 200, body: { ...context, ...select(user, request.query.get('$select')) } };
}

/** `POST /users/{user-id}/revokeSignInSessions`; a guest's is answered too, without effect. */
export function revokeSignInSessions(request: DoubleRequest, id: string, directory: Directory): DoubleAnswer {
  if (!['', '{}'].includes(request.body.trim())) {
    return graphError(400, 'BadRequest', 'The parameters of the action are not valid.');
  }
  const user = findUser(directory, id);
  if (!user) return resourceNotFound(id);
  if (user.userType === 'Member') {
    directory.revocations.set(user.id, [...(directory.revocations.get(user.id) ?? []), Date.now()]);
    user.signInSessionsValidFromDateTime = new Date().toISOString();
  }
  return { status: 200, body: { '@odata.context': `${request.origin}/v1.0/$metadata#Edm.Boolean`, value: true } };
}

/** What Graph returns without `$select`. */
const defaultProperties = 'displayName,mail,userPrincipalName,id';

function select(user: EntraUser, properties: string | null): Record<string, unknown> {
  const wanted = (properties ?? defaultProperties).split(',');
  return Object.fromEntries(Object.entries(user).filter(([name]) => wanted.includes(name)));
}
