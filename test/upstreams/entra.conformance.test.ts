import { connectGraph } from '../../src/entra/client.js';
import { mailFilter, userPath } from '../../src/entra/user-address.js';
import { closeTenant, graphError, startTenant } from '../entra/tenant.js';
import type { Fault } from '../sandbox/faults.js';
import type { RecordedRequest } from '../sandbox/request-log.js';
import { conformance } from './conformance.js';
import type { ConformanceSubject, ResourceFault } from './subject.js';

const json = { 'content-type': 'application/json', 'request-id': 'r-1' };

const faults: Record<ResourceFault, Fault> = {
  unauthorized: { kind: 'status', status: 401, headers: json, body: graphError('InvalidAuthenticationToken') },
  forbidden: { kind: 'status', status: 403, headers: json, body: graphError('Authorization_RequestDenied') },
  missing: { kind: 'status', status: 404, headers: json, body: graphError('Request_ResourceNotFound') },
  bad_request: { kind: 'status', status: 400, headers: json, body: graphError('Request_BadRequest') },
  throttled: { kind: 'status', status: 429, headers: { ...json, 'retry-after': '7' }, body: graphError('TooManyRequests') },
  unavailable: { kind: 'status', status: 503, headers: { 'content-type': 'text/html' }, body: '<html>' },
  reset: { kind: 'reset' },
  hang: { kind: 'hang' },
  html: { kind: 'garbage' },
};

async function start(timeoutMs: number): Promise<ConformanceSubject> {
  const { entra, options } = await startTenant();
  const jane = entra.addUser({ userPrincipalName: 'jane@contoso.com', mail: 'jane@contoso.com' });
  const graph = connectGraph({ ...options, timeoutMs });
  const refusal = JSON.stringify({ error: 'invalid_client', error_codes: [7000215], error_description: `no ${entra.clientSecret}` });
  const tokenFaults: Record<'refused' | 'unavailable', Fault> = {
    refused: { kind: 'status', status: 401, headers: json, body: refusal },
    unavailable: { kind: 'status', status: 503, headers: json, body: '{}' },
  };
  return {
    read: () => graph.listUsers(mailFilter('jane@contoso.com')),
    act: () => graph.revokeSignInSessions(`/users/${jane.id}`),
    readById: async (id) => {
      const path = userPath(id);
      return path === null ? null : graph.revokeSignInSessions(path);
    },
    pathOf: (id) => `/v1.0/users/${encodeURIComponent(id)}/revokeSignInSessions`,
    order: (fault, times) => {
      for (const operation of ['listUsers', 'revokeSignInSessions']) entra.order({ fault: faults[fault], operation, times });
    },
    orderToken: (fault) => entra.order({ fault: tokenFaults[fault], operation: 'token' }),
    healToken: () => entra.clearFaults(),
    expireTokens: () => entra.expireTokens(),
    announcedWait: { atLeastMs: 7_000, atMostMs: 7_000 },
    requestedPaths: () => entra.requests.filter(({ operation }) => operation !== 'token').map(({ path }) => path),
    tokenRequests: () => entra.calls('token').length,
    requestsPerColdExchange: 1,
    secrets: () => [entra.clientSecret, ...bearers(entra.requests)],
    close: () => closeTenant(entra),
  };
}

function bearers(requests: RecordedRequest[]): string[] {
  return requests.flatMap(({ headers }) => headers['authorization']?.split(' ')[1] ?? []);
}

conformance('Entra', start);
