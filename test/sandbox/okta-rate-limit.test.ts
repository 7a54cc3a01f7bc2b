import { afterEach, expect, test } from '@jest/globals';
import { send } from './caller.js';
import { oktaContract } from './contract.js';
import { startOkta, type OktaDouble, type RateLimit } from './okta/server.js';

let okta: OktaDouble;
afterEach(() => okta.close());

async function start(rateLimit: RateLimit) {
  okta = await startOkta({ contract: oktaContract(), rateLimit });
}

function call(method: string, path: string) {
  return send(okta.url + path, { method, headers: { authorization: 'SSWS sandbox-api-token' } });
}

const lifecycle = (id: string, verb: string) => call('POST', `/api/v1/devices/${id}/lifecycle/${verb}`);
const limits = ({ headers }: { headers: Headers }) => ['limit', 'remaining'].map((name) => headers.get(`x-rate-limit-${name}`));

test('list, read and lifecycle of devices share one bucket, users of a device have their own', async () => {
  await start({ devices: 3 });
  const { id } = okta.addDevice({ platform: 'IOS' });
  expect(limits(await call('GET', '/api/v1/devices'))).toEqual(['3', '2']);
  expect(limits(await call('GET', `/api/v1/devices/${id}`))).toEqual(['3', '1']);
  expect(limits(await lifecycle(id, 'suspend'))).toEqual(['3', '0']);
  const refused = await lifecycle(id, 'unsuspend');
  expect(refused).toMatchObject({ status: 429, body: { errorCode: 'E0000047' } });
  expect(limits(refused)).toEqual(['3', '0']);
  expect(okta.device(id).status).toBe('SUSPENDED');
  expect((await call('GET', `/api/v1/devices/${id}/users`)).status).toBe(200);
  expect(okta.violations()).toEqual([]);
});

test('its reset is the end of a window of 60 s in epoch seconds', async () => {
  await start({ devices: 1 });
  const { headers } = await call('GET', '/api/v1/devices');
  const wait = Number(headers.get('x-rate-limit-reset')) - Date.now() / 1000;
  expect(wait).toBeGreaterThan(55);
  expect(wait).toBeLessThanOrEqual(61);
  expect(headers.get('x-okta-request-id')).toMatch(/^[0-9a-f]{32}$/);
});

test('a limit of all of Okta is shared by every bucket but that of tokens, and the nearer limit is told', async () => {
  await start({ all: 4, devices: 2 });
  const { id } = okta.addUser({ login: 'ada@example.com' });
  expect(limits(await call('GET', `/api/v1/users/${id}`))).toEqual(['4', '3']);
  expect(limits(await call('GET', '/api/v1/devices'))).toEqual(['2', '1']);
  expect(limits(await call('GET', '/api/v1/logs'))).toEqual(['4', '1']);
  expect(limits(await call('DELETE', `/api/v1/users/${id}/sessions`))).toEqual(['4', '0']);
  const refused = await call('GET', '/api/v1/devices');
  expect([refused.status, ...limits(refused)]).toEqual([429, '4', '0']);
  await send(`${okta.url}/oauth2/v1/token`, { method: 'POST' });
  expect(okta.rateWindows('all')).toMatchObject([{ used: 5 }]);
});

test('another app spends from the same bucket', async () => {
  await start({ devices: 10 });
  okta.spend('devices', 9);
  expect(limits(await call('GET', '/api/v1/devices'))).toEqual(['10', '0']);
  expect((await call('GET', '/api/v1/devices')).status).toBe(429);
});
