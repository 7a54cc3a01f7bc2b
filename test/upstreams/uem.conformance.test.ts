import { createUemClient } from '../../src/uem/client.js';
import type { Fault } from '../sandbox/faults.js';
import { startUemApi } from '../sandbox/uem-api/server.js';
import { conformance } from './conformance.js';
import type { ConformanceSubject, ResourceFault } from './subject.js';

const refusal = (status: number, headers: Record<string, string> = {}): Fault => ({
  kind: 'status',
  status,
  headers,
  body: JSON.stringify({ errorCode: status, message: 'about jane@example.com', activityId: '7f8b0b4e-3d0c-4a50-8f3d-4cbb5f5f3b17' }),
});

function faultOf(fault: ResourceFault): Fault {
  const faults: Record<ResourceFault, Fault> = {
    unauthorized: refusal(401),
    forbidden: refusal(403),
    missing: refusal(404),
    bad_request: refusal(400),
    throttled: refusal(429, { 'x-ratelimit-reset': String(Math.ceil(Date.now() / 1_000) + 30) }),
    unavailable: { kind: 'status', status: 503, headers: { 'content-type': 'text/html' }, body: '<html>' },
    reset: { kind: 'reset' },
    hang: { kind: 'hang' },
    html: { kind: 'garbage' },
  };
  return faults[fault];
}

async function start(timeoutMs: number): Promise<ConformanceSubject> {
  const uem = await startUemApi();
  const { url, tokenUrl, clientId, clientSecret, inventory } = uem;
  inventory.add({ platform: 'iphone', deviceId: 8123, udid: 'U-1', serialNumber: 'S-1', email: 'ada@example.com', userName: 'ada' });
  const client = createUemClient({ apiUrl: url, credentials: { kind: 'oauth', tokenUrl, clientId, clientSecret: () => clientSecret }, timeoutMs });
  const resources = () => uem.requests.filter(({ operation }) => operation !== 'token');
  return {
    read: () => client.searchDevices(0),
    act: () => client.getDevice('8123'),
    onlyReads: true,
    readById: (id) => client.getDevice(id),
    pathOf: (id) => `/api/mdm/devices/${encodeURIComponent(id)}`,
    order: (fault, times) => {
      for (const operation of ['searchDevices', 'getDevice']) uem.order({ fault: faultOf(fault), operation, times });
    },
    orderToken: (fault) => {
      if (fault === 'refused') uem.rejectCredentials(true);
      else uem.order({ fault: { kind: 'status', status: 503, body: '{}' }, operation: 'token' });
    },
    healToken: () => {
      uem.rejectCredentials(false);
      uem.clearFaults();
    },
    expireTokens: uem.expireTokens,
    announcedWait: { atLeastMs: 29_000, atMostMs: 32_000 },
    requestedPaths: () => resources().map(({ path }) => path),
    tokenRequests: () => uem.calls('token').length,
    requestsPerColdExchange: 1,
    secrets: () => [clientSecret, ...resources().flatMap(({ headers }) => headers['authorization']?.split(' ')[1] ?? [])],
    close: uem.close,
  };
}

conformance('UEM', start);
