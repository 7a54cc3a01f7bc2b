import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createOktaClient, type OktaClient } from '../../src/okta/client.js';
import { oktaContract } from '../sandbox/contract.js';
import { startOkta, type OktaDouble, type OktaOptions } from '../sandbox/okta/server.js';
import { serviceApp } from '../upstreams/okta-subject.js';

let okta: OktaDouble;
let client: OktaClient;

async function start(options: OktaOptions = {}): Promise<void> {
  okta = await startOkta({ credentials: serviceApp.registered, requireDpop: true, contract: oktaContract(), ...options });
  client = createOktaClient({ orgUrl: `${okta.url}/`, credentials: serviceApp.credentials, timeoutMs: 2_000 });
}

async function restart(options: OktaOptions): Promise<void> {
  await okta.close();
  await start(options);
}

beforeEach(() => start());
afterEach(() => okta.close());

describe('suspendDevice and unsuspendDevice', () => {
  test('take one request each where Okta acknowledges', async () => {
    const { id } = okta.addDevice({ platform: 'IOS', udid: 'U1' });
    expect(await client.suspendDevice(id)).toMatchObject({ value: 'suspended', status: 204, requestId: expect.any(String) });
    expect(okta.device(id).status).toBe('SUSPENDED');
    expect(await client.unsuspendDevice(id)).toMatchObject({ value: 'active', status: 204 });
    expect(okta.device(id).status).toBe('ACTIVE');
    expect(okta.requests.filter(({ path }) => path.startsWith('/api/'))).toHaveLength(2);
    expect(okta.violations()).toEqual([]);
  });

  test('a device that is already there will do, in an org that refuses the call', async () => {
    await restart({ wrongState: 'E0000001' });
    const suspended = okta.addDevice({ platform: 'IOS', status: 'SUSPENDED' });
    const active = okta.addDevice({ platform: 'IOS', status: 'ACTIVE' });
    expect((await client.suspendDevice(suspended.id)).value).toBe('suspended');
    expect((await client.unsuspendDevice(active.id)).value).toBe('active');
  });

  test('a refusal after our own suspension is settled by reading, even where reads lag behind', async () => {
    await restart({ wrongState: 'E0000001', staleReads: 2 });
    const { id } = okta.addDevice({ platform: 'IOS' });
    await client.suspendDevice(id);
    expect((await client.suspendDevice(id)).value).toBe('suspended');
    expect(okta.calls('getDevice')).toHaveLength(3);
  });

  test('a deactivated device is reported as such', async () => {
    const { id } = okta.addDevice({ platform: 'IOS', status: 'DEACTIVATED' });
    expect((await client.suspendDevice(id)).value).toBe('deactivated');
    expect((await client.unsuspendDevice(id)).value).toBe('deactivated');
  });

  test('a login page in place of the acknowledgement is not believed: the device is read', async () => {
    const { id } = okta.addDevice({ platform: 'IOS', status: 'DEACTIVATED' });
    okta.order({ fault: { kind: 'garbage' }, operation: 'suspendDevice' });
    expect((await client.suspendDevice(id)).value).toBe('deactivated');
  });

  test('a lost answer is uncertain, and nothing is sent again', async () => {
    const { id } = okta.addDevice({ platform: 'IOS' });
    okta.order({ fault: { kind: 'reset_after' }, operation: 'suspendDevice' });
    await expect(client.suspendDevice(id)).rejects.toMatchObject({ details: { kind: 'transient', uncertain: true } });
    expect(okta.device(id).status).toBe('SUSPENDED');
    expect(okta.calls('suspendDevice')).toHaveLength(1);
  });

  test('an unknown device is not found', async () => {
    await expect(client.suspendDevice('guo404')).rejects.toMatchObject({ details: { kind: 'not_found', code: 'E0000007' } });
  });
});

describe('findUser', () => {
  test('finds a login in one call, and an e-mail address that is no login in two', async () => {
    const { id } = okta.addUser({ login: 'lovelace', email: 'ada@example.com' });
    expect((await client.findUser('lovelace')).value).toEqual({ id, login: 'lovelace', email: 'ada@example.com' });
    expect(okta.calls('listUsers')).toEqual([]);
    expect((await client.findUser('ADA@example.com')).value).toMatchObject({ id });
    expect(okta.calls('listUsers')).toHaveLength(1);
    expect(okta.violations()).toEqual([]);
  });

  test('says when nobody has the address, and when several have', async () => {
    okta.addUser({ login: 'ada.first', email: 'ada@example.com' });
    okta.addUser({ login: 'ada.second', email: 'ada@example.com' });
    expect((await client.findUser('ada@example.com')).value).toBe('ambiguous');
    expect((await client.findUser('eve@example.com')).value).toBeNull();
  });

  test('takes the account that is in use where somebody was hired again under the same address', async () => {
    for (const login of ['ada.before', 'ada@example.com']) okta.addUser({ login, email: 'ada@example.com', status: 'DEPROVISIONED' });
    const { id } = okta.addUser({ login: 'ada.now', email: 'ada@example.com' });
    expect((await client.findUser('ada@example.com')).value).toEqual({ id, login: 'ada.now', email: 'ada@example.com' });
  });

  test('looks through all that have the address, however many accounts before were given up', async () => {
    for (let i = 0; i < 15; i++) okta.addUser({ login: `ada.${i}`, email: 'ada@example.com', status: 'DEPROVISIONED' });
    const { id } = okta.addUser({ login: 'ada.now', email: 'ada@example.com' });
    expect((await client.findUser('ada@example.com')).value).toEqual({ id, login: 'ada.now', email: 'ada@example.com' });
    expect(okta.calls('listUsers')).toHaveLength(2);
  });

  test.each([
    { pages: 'that lead in a circle', host: null, code: 'endless_list', calls: 2 },
    { pages: 'of another host', host: 'http://127.0.0.2:1', code: undefined, calls: 1 },
  ])('does not follow pages $pages', async ({ host, code, calls }) => {
    const headers = { 'content-type': 'application/json', link: `<${host ?? okta.url}/api/v1/users?after=one>; rel="next"` };
    okta.order({ operation: 'listUsers', fault: { kind: 'status', status: 200, headers, body: '[]' } });
    await expect(client.findUser('ada@example.com')).rejects.toMatchObject({ details: { kind: 'garbage', code } });
    expect(okta.calls('listUsers')).toHaveLength(calls);
  });

  test.each(['me', '', '..'])('%j is nobody, and Okta is not asked', async (login) => {
    await expect(client.findUser(login)).rejects.toMatchObject({ details: { kind: 'rejected', code: 'invalid_id' } });
    expect(okta.requests).toEqual([]);
  });
});

describe('revokeUserSessions', () => {
  test('ends sessions, revokes OAuth tokens and forgets devices', async () => {
    const { id } = okta.addUser({ login: 'ada@example.com' });
    okta.signIn(id);
    expect(await client.revokeUserSessions(id)).toMatchObject({ value: 'revoked', status: 204 });
    expect(okta.sessions(id)).toBe(0);
    expect(okta.tokens(id)).toBe(0);
    expect(okta.calls('revokeUserSessions')[0]?.path).toBe(`/api/v1/users/${id}/sessions?oauthTokens=true&forgetDevices=true`);
    expect(okta.violations()).toEqual([]);
  });
});
