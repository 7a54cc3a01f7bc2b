import type { DoubleAnswer } from '../http-message.js';
import { invalidSearch, notFound } from './answers.js';
import { userView } from './device-view.js';
import type { OktaUser, Org } from './org.js';
import { listOf, page } from './pagination.js';
import { pathParam, type Call, type Route } from './route.js';
import { parseSearch, SearchSyntaxError } from './search.js';

/** Users and their sessions; the list shares its bucket with the revocation, the read by id or login has its own. */
export function userRoutes(org: Org): Route[] {
  return [
    {
      name: 'listUsers',
      method: 'GET',
      path: '/api/v1/users',
      bucket: 'users',
      scope: 'okta.users.read',
      answer: (call) => listUsers(call, org),
    },
    {
      name: 'getUser',
      method: 'GET',
      path: '/api/v1/users/{id}',
      bucket: 'user',
      scope: 'okta.users.read',
      answer: (call) => {
        const id = pathParam(call, 'id');
        const user = id === 'me' ? ownerOf(call) : findUser(org, id);
        return user ? { status: 200, body: userView(user, call.request.origin) } : notFound(id, 'User');
      },
    },
    {
      name: 'revokeUserSessions',
      method: 'DELETE',
      path: '/api/v1/users/{userId}/sessions',
      bucket: 'users',
      scope: 'okta.users.manage',
      answer: (call) => revokeUserSessions(call, org),
    },
  ];
}

function listUsers({ request }: Call, org: Org): DoubleAnswer {
  const expression = request.query.get('search') ?? request.query.get('filter');
  try {
    const matches = expression === null ? () => true : parseSearch<OktaUser>(expression, attribute).matches;
    const items = [...org.users.values()].filter(matches);
    return page(request, { after: listOf(items), maximum: 200 }, (user) => userView(user, request.origin));
  } catch (error) {
    if (error instanceof SearchSyntaxError) return invalidSearch(error.message);
    throw error;
  }
}

function attribute(user: OktaUser, name: string): string | null | undefined {
  if (name === 'id' || name === 'status' || name === 'created' || name === 'lastUpdated') return user[name];
  if (!name.startsWith('profile.')) return undefined;
  return new Map(Object.entries(user.profile)).get(name.slice('profile.'.length)) ?? null;
}

/** Whoever asks, where that is a user: a service app is none. */
function ownerOf({ actor }: Call): OktaUser | null {
  if (actor.type !== 'User') return null;
  const now = new Date().toISOString();
  const { id, alternateId: login, displayName } = actor;
  return { id, status: 'ACTIVE', created: now, lastUpdated: now, profile: { login, email: login, firstName: displayName, lastName: 'Owner' } };
}

/** By id, login, or a login's beginning before the @ where only one user has it. */
function findUser(org: Org, idOrLogin: string): OktaUser | null {
  const wanted = idOrLogin.toLowerCase();
  const users = [...org.users.values()];
  const byLogin = users.find(({ profile }) => profile.login.toLowerCase() === wanted);
  const byShortName = users.filter(({ profile }) => profile.login.toLowerCase().split('@')[0] === wanted);
  return org.users.get(idOrLogin) ?? byLogin ?? (byShortName.length === 1 ? (byShortName[0] ?? null) : null);
}

function revokeUserSessions(call: Call, org: Org): DoubleAnswer {
  const userId = pathParam(call, 'userId');
  if (!org.users.has(userId)) return notFound(userId, 'User');
  const oauthTokens = call.request.query.get('oauthTokens') === 'true';
  const forgetDevices = call.request.query.get('forgetDevices') !== 'false';
  org.sessions.set(userId, 0);
  if (oauthTokens) org.tokens.set(userId, 0);
  org.revocations.push({ at: Date.now(), userId, oauthTokens, forgetDevices });
  return { status: 204 };
}
