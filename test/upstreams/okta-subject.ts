import { generateKeyPairSync } from 'node:crypto';
import { createOktaClient, type OktaCredentials } from '../../src/okta/client.js';
import type { Fault } from '../sandbox/faults.js';
import type { RecordedRequest } from '../sandbox/http-double.js';
import { oktaContract } from '../sandbox/contract.js';
import { startOkta } from '../sandbox/okta/server.js';
import type { ConformanceSubject, ResourceFault } from './subject.js';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();

/** The service app that the org of these tests knows. */
export const serviceApp = {
  credentials: { kind: 'key', clientId: '0oa1service', keyId: 'key-1', privateKey: () => pem } satisfies OktaCredentials,
  registered: { clientId: '0oa1service', publicKeys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'key-1', alg: 'ES256' }] },
};

const refusal = (status: number, errorCode: string, headers: Record<string, string> = {}): Fault => ({
  kind: 'status',
  status,
  headers,
  body: JSON.stringify({ errorCode, errorSummary: 'text' }),
});

function faultOf(fault: ResourceFault): Fault {
  const reset = String(Math.ceil(Date.now() / 1_000) + 30);
  const faults: Record<ResourceFault, Fault> = {
    unauthorized: refusal(401, 'E0000011'),
    forbidden: refusal(403, 'E0000006'),
    missing: refusal(404, 'E0000007'),
    bad_request: refusal(400, 'E0000003'),
    throttled: refusal(429, 'E0000047', { 'x-rate-limit-limit': '50', 'x-rate-limit-reset': reset }),
    unavailable: refusal(503, 'E0000009'),
    reset: { kind: 'reset' },
    hang: { kind: 'hang' },
    html: { kind: 'garbage' },
  };
  return faults[fault];
}

/** Okta's client as a service app that must use DPoP, and a sandbox org with one device and its user. */
export async function oktaSubject(timeoutMs: number): Promise<ConformanceSubject> {
  const double = await startOkta({ credentials: serviceApp.registered, requireDpop: true, contract: oktaContract() });
  const user = double.addUser({ login: 'ada@example.com' });
  double.addDevice({ platform: 'IOS', udid: 'U-1', users: [user.id] });
  const client = createOktaClient({ orgUrl: double.url, credentials: serviceApp.credentials, timeoutMs });
  const resources = (): RecordedRequest[] => double.requests.filter(({ path }) => path.startsWith('/api/'));
  return {
    read: () => client.findDevices({ udid: ['U-1', 'U1'], serialNumber: [] }),
    act: () => client.revokeUserSessions(user.id),
    readById: (id) => client.getDevice(id),
    pathOf: (id) => `/api/v1/devices/${encodeURIComponent(id)}`,
    order: (fault, times) => double.order({ fault: faultOf(fault), times, object: '/api/v1/' }),
    orderToken: (fault) => {
      if (fault === 'refused') double.rejectCredentials(true);
      else double.order({ fault: refusal(503, 'E0000009'), operation: 'token' });
    },
    healToken: () => {
      double.rejectCredentials(false);
      double.clearFaults();
    },
    expireTokens: double.expireTokens,
    announcedWait: { atLeastMs: 28_000, atMostMs: 33_000 },
    requestedPaths: () => resources().map(({ path }) => path),
    tokenRequests: () => double.calls('token').length,
    requestsPerColdExchange: 2,
    secrets: () => [pem, pem.slice(40, 80), ...double.requests.flatMap(sentSecrets)],
    close: double.close,
  };
}

function sentSecrets({ headers, body }: RecordedRequest): string[] {
  const token = headers['authorization']?.split(' ')[1];
  return [token, headers['dpop'], new URLSearchParams(body).get('client_assertion')].filter((secret) => typeof secret === 'string');
}
