import { randomUUID } from 'node:crypto';
import type { DoubleAnswer, DoubleRequest } from '../http-message.js';
import { createMatcher } from '../path-template.js';
import { invalidAuthenticationToken, resourceNotFound, stsError } from './answers.js';
import type { Directory } from './directory.js';
import { plainPath } from './key-segment.js';
import type { Sts } from './sts.js';
import { getUser, listUsers, revokeSignInSessions } from './users.js';

const operations = [
  { name: 'token', method: 'POST', path: '/{tenant}/oauth2/v2.0/token' },
  { name: 'revokeSignInSessions', method: 'POST', path: '/v1.0/users/{user-id}/revokeSignInSessions' },
  { name: 'listUsers', method: 'GET', path: '/v1.0/users' },
  { name: 'getUser', method: 'GET', path: '/v1.0/users/{user-id}' },
] as const;

type Api = {
  operationOf: (request: DoubleRequest) => string | null;
  answer: (request: DoubleRequest) => Promise<DoubleAnswer>;
  rejectCredentials: (rejected: boolean) => void;
};

/** Everything that the tenant answers. */
export function createApi(directory: Directory, sts: Sts, forbidProxyAddresses: boolean): Api {
  const find = createMatcher(operations);
  const match = ({ method, pathname }: DoubleRequest) => find(method, plainPath(pathname));
  let rejected = false;

  async function answerToken(request: DoubleRequest, tenant: string): Promise<DoubleAnswer> {
    if (!rejected) return sts.answer(request, tenant);
    return stsError(401, 'invalid_client', { number: 7000222, text: 'The provided client secret keys are expired.' });
  }

  function answerGraph(request: DoubleRequest): DoubleAnswer {
    const [scheme, token = ''] = (request.headers['authorization'] ?? '').split(' ');
    if (rejected || scheme !== 'Bearer' || !sts.accepts(token)) return invalidAuthenticationToken();
    const found = match(request);
    const id = found?.params['user-id'] ?? '';
    if (found?.operation.name === 'listUsers') return listUsers(request, directory, forbidProxyAddresses);
    if (found?.operation.name === 'getUser') return getUser(request, id, directory);
    return found ? revokeSignInSessions(request, id, directory) : resourceNotFound(request.pathname);
  }

  return {
    operationOf: (request) => match(request)?.operation.name ?? null,
    answer: async (request) => {
      const found = match(request);
      const answered = found?.operation.name === 'token' ? await answerToken(request, found.params['tenant'] ?? '') : answerGraph(request);
      const clientRequestId = request.headers['client-request-id'] ?? randomUUID();
      return { ...answered, headers: { 'request-id': randomUUID(), 'client-request-id': clientRequestId, ...answered.headers } };
    },
    rejectCredentials: (on) => {
      rejected = on;
    },
  };
}
