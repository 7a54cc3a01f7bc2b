import { afterEach, describe, expect, test } from '@jest/globals';
import { send } from './caller.js';
import { oktaContract } from './contract.js';
import { startOkta, type OktaDouble, type OktaOptions } from './okta/server.js';

let okta: OktaDouble;
afterEach(() => okta.close());

async function start(options: OktaOptions = {}) {
  okta = await startOkta({ contract: oktaContract(), ...options });
}

const authorized = { headers: { authorization: 'SSWS sandbox-api-token' } };

function call(method: string, path: string) {
  return send(okta.url + path, { ...authorized, method });
}

const lifecycle = (id: string, verb: string) => call('POST', `/api/v1/devices/${id}/lifecycle/${verb}`);

function search(expression: string) {
  return call('GET', `/api/v1/devices?search=${encodeURIComponent(expression)}`);
}

describe('as recorded', () => {
  test('unsuspend is answered 204 and the next read by id still shows SUSPENDED', async () => {
    await start({ staleReads: 1 });
    const { id } = okta.addDevice({ platform: 'IOS', status: 'SUSPENDED' });
    const { status, body, headers } = await lifecycle(id, 'unsuspend');
    expect([status, body, headers.get('content-type')]).toEqual([204, null, null]);
    await expect(search('status eq "SUSPENDED"')).resolves.toMatchObject({ body: [{ id }] });
    await expect(call('GET', `/api/v1/devices/${id}`)).resolves.toMatchObject({ body: { status: 'SUSPENDED' } });
    await expect(call('GET', `/api/v1/devices/${id}`)).resolves.toMatchObject({ body: { status: 'ACTIVE' } });
    await expect(search('status eq "SUSPENDED"')).resolves.toMatchObject({ body: [] });
    expect(okta.violations()).toEqual([]);
  });

  test('activating an active device is answered 204 and changes nothing', async () => {
    await start();
    const { id, lastUpdated } = okta.addDevice({ platform: 'ANDROID' });
    expect((await lifecycle(id, 'activate')).status).toBe(204);
    expect(okta.device(id)).toMatchObject({ status: 'ACTIVE', lastUpdated });
  });

  test('an unknown device is a 404 that names its kind', async () => {
    await start();
    const path = '/api/v1/devices/non-existent-device-id';
    const device = 'Not found: Resource not found: non-existent-device-id (Device)';
    const users = 'Not found: Resource not found: non-existent-device-id (GenericUDObject)';
    await expect(call('GET', path)).resolves.toMatchObject({ status: 404, body: { errorCode: 'E0000007', errorSummary: device } });
    await expect(call('GET', `${path}/users`)).resolves.toMatchObject({ status: 404, body: { errorSummary: users } });
    await expect(call('POST', `${path}/lifecycle/activate`)).resolves.toMatchObject({ status: 404, body: { errorSummary: device } });
    expect(okta.violations()).toEqual([]);
  });

  test('a bad cursor is a 400', async () => {
    await start();
    await expect(call('GET', '/api/v1/devices?after=mock_cursor_for_testing&limit=2')).resolves.toMatchObject({
      status: 400,
      body: { errorCode: 'E0000031', errorSummary: 'Invalid search criteria.', errorCauses: [{ errorSummary: 'Invalid cursor.' }] },
    });
  });

  test('an invalid token is a 401', async () => {
    await start();
    const answer = await send(`${okta.url}/api/v1/devices`, { headers: { authorization: 'SSWS wrong' } });
    expect(answer).toMatchObject({ status: 401, body: { errorCode: 'E0000011', errorSummary: 'Invalid token provided' } });
  });
});

describe('a search', () => {
  const udid = '00008020-001A5D1E21E2002E';

  test.each([
    `profile.udid eq "${udid}"`,
    `profile.udid EQ "${udid.toLowerCase()}"`,
    `(profile.udid eq "x" or profile.serialNumber eq "c02\\"q") and status eq "active"`,
    `profile.udid eq "${udid.replaceAll('-', '')}" or (profile.udid eq "${udid}")`,
    'profile.displayName co "pho"',
    'lastUpdated gt "2019-06-01T09:00:00.000Z" and profile.platform eq "IOS"',
  ])('finds the one device: %s', async (expression) => {
    await start();
    const { id } = okta.addDevice({ platform: 'IOS', udid, serialNumber: 'C02"Q', displayName: 'iPhone' });
    okta.addDevice({ platform: 'ANDROID', status: 'SUSPENDED' });
    await expect(search(expression)).resolves.toMatchObject({ status: 200, body: [{ id }] });
    expect(okta.violations()).toEqual([]);
  });

  test.each(['profile.udid eq "000080200"', 'profile.udid eq ""', 'id eq "guo"'])('does not match a part of a value: %s', async (expression) => {
    await start();
    okta.addDevice({ platform: 'IOS', udid });
    await expect(search(expression)).resolves.toMatchObject({ status: 200, body: [] });
  });

  test.each(['status', 'status eq ACTIVE', 'status is "x"', '(status eq "x"', 'profile.UDID eq "x"', 'profile.udid eq "x" and udid eq "x"', 'status eq "x" status', "status eq 'x'"])(
    'is a 400 where Okta could not read it: %s',
    async (expression) => {
      await start();
      okta.addDevice({ platform: 'IOS', udid });
      await expect(search(expression)).resolves.toMatchObject({ status: 400, body: { errorCode: 'E0000031' } });
    },
  );

  test('by many identifiers finds their devices in the order of enrolment, and none that was deleted', async () => {
    await start();
    const [first, second, third] = ['A', 'B', 'C'].map((name) => okta.addDevice({ platform: 'MACOS', udid: name, serialNumber: `S${name}` }).id);
    okta.addDevice({ platform: 'MACOS', udid: 'D', serialNumber: 'SD' });
    const expression = 'profile.udid eq "c" or profile.udid eq "a" or (profile.serialNumber eq "SB" or profile.serialNumber eq "sA")';
    await expect(search(expression)).resolves.toMatchObject({ status: 200, body: [{ id: first }, { id: second }, { id: third }] });
    await expect(search(`status eq "ACTIVE" and (${expression})`)).resolves.toMatchObject({ body: [{ id: first }, { id: second }, { id: third }] });
    await expect(search(`status eq "SUSPENDED" and (${expression})`)).resolves.toMatchObject({ body: [] });
    await expect(search('profile.udid eq "c" or profile.platform eq "MACOS"')).resolves.toMatchObject({ body: { length: 4 } });
    okta.deleteDevice(second ?? '');
    await expect(search(expression)).resolves.toMatchObject({ body: [{ id: first }, { id: third }] });
  });

  test('brings the users along where it is asked to', async () => {
    await start();
    const user = okta.addUser({ login: 'ada@example.com' });
    okta.addDevice({ platform: 'IOS', users: [user.id] });
    const summary = await call('GET', '/api/v1/devices?expand=userSummary');
    expect(summary).toMatchObject({ body: [{ _embedded: { users: [{ user: { id: user.id, profile: { login: 'ada@example.com' } } }] } }] });
    expect(summary).not.toMatchObject({ body: [{ _embedded: { users: [{ user: { status: 'ACTIVE' } }] } }] });
    const full = await call('GET', '/api/v1/devices?expand=user');
    expect(full).toMatchObject({ body: [{ _embedded: { users: [{ user: { status: 'ACTIVE' } }] } }] });
    expect(okta.violations()).toEqual([]);
  });

  test.each(['', '&search=profile.platform%20eq%20%22IOS%22'])('is paged by the links of its answer, also past a deleted device: %s', async (query) => {
    await start();
    const ids = Array.from({ length: 6 }, () => okta.addDevice({ platform: 'IOS' }).id);
    okta.deleteDevice(ids.splice(3, 1)[0] ?? '');
    const seen: unknown[] = [];
    let next: string | undefined = `${okta.url}/api/v1/devices?limit=2${query}`;
    while (next !== undefined) {
      const { body, headers } = await send(next, authorized);
      seen.push(body);
      next = /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1];
    }
    expect(seen).toEqual([
      [expect.objectContaining({ id: ids[0] }), expect.objectContaining({ id: ids[1] })],
      [expect.objectContaining({ id: ids[2] }), expect.objectContaining({ id: ids[3] })],
      [expect.objectContaining({ id: ids[4] })],
    ]);
  });
});

describe('the lifecycle', () => {
  test.each(['idempotent', 'E0000001'] as const)('suspending twice, where wrong states are %s', async (wrongState) => {
    await start({ wrongState });
    const { id } = okta.addDevice({ platform: 'IOS' });
    expect((await lifecycle(id, 'suspend')).status).toBe(204);
    const second = await lifecycle(id, 'suspend');
    expect(second.status).toBe(wrongState === 'idempotent' ? 204 : 400);
    expect(okta.device(id).status).toBe('SUSPENDED');
    expect(okta.violations()).toEqual([]);
  });

  test('a deactivated device has lost its users and can be neither suspended nor unsuspended', async () => {
    await start();
    const { id } = okta.addDevice({ platform: 'IOS', users: [okta.addUser({ login: 'ada@example.com' }).id] });
    expect((await lifecycle(id, 'deactivate')).status).toBe(204);
    expect(okta.device(id)).toMatchObject({ status: 'DEACTIVATED', users: [] });
    await expect(lifecycle(id, 'suspend')).resolves.toMatchObject({ status: 400, body: { errorCode: 'E0000001' } });
    expect((await lifecycle(id, 'unsuspend')).status).toBe(400);
  });

  test("the System Log tells an administrator's suspension from a client's", async () => {
    await start();
    const { id } = okta.addDevice({ platform: 'IOS' });
    await lifecycle(id, 'suspend');
    okta.setDeviceStatus(id, 'ACTIVE');
    okta.setDeviceStatus(id, 'SUSPENDED');
    const filter = encodeURIComponent(`eventType eq "device.lifecycle.suspend" and target.id eq "${id}"`);
    const { body } = await call('GET', `/api/v1/logs?filter=${filter}&sortOrder=ASCENDING`);
    expect(body).toMatchObject([
      { actor: { displayName: 'API Token Owner' }, target: [{ id, type: 'Device' }] },
      { actor: { displayName: 'Ada Admin' }, target: [{ id, type: 'Device' }] },
    ]);
  });
});

describe('sessions', () => {
  test('a suspension leaves them alone; revoking them ends OAuth tokens only on demand', async () => {
    await start();
    const { id } = okta.addUser({ login: 'ada@example.com' });
    okta.signIn(id);
    await lifecycle(okta.addDevice({ platform: 'IOS', users: [id] }).id, 'suspend');
    expect([okta.sessions(id), okta.tokens(id)]).toEqual([1, 1]);
    await expect(call('DELETE', `/api/v1/users/${id}/sessions`)).resolves.toMatchObject({ status: 204, body: null });
    expect([okta.sessions(id), okta.tokens(id)]).toEqual([0, 1]);
    await call('DELETE', `/api/v1/users/${id}/sessions?oauthTokens=true&forgetDevices=false`);
    expect(okta.tokens(id)).toBe(0);
    expect(okta.revocations(id)).toMatchObject([
      { oauthTokens: false, forgetDevices: true },
      { oauthTokens: true, forgetDevices: false },
    ]);
    expect(okta.violations()).toEqual([]);
  });

  test('are revoked by user id only, whereas a user is read by login too', async () => {
    await start();
    const { id } = okta.addUser({ login: 'ada+x@example.com' });
    const login = encodeURIComponent('ADA+x@example.com');
    await expect(call('GET', `/api/v1/users/${login}`)).resolves.toMatchObject({ status: 200, body: { id } });
    await expect(call('GET', '/api/v1/users/ada%2Bx')).resolves.toMatchObject({ status: 200, body: { id } });
    expect((await call('DELETE', `/api/v1/users/${login}/sessions`)).status).toBe(404);
    const byEmail = encodeURIComponent('profile.email eq "ada+x@example.com"');
    await expect(call('GET', `/api/v1/users?search=${byEmail}`)).resolves.toMatchObject({ body: [{ id }] });
    expect(okta.violations()).toEqual([]);
  });
});

test('an answer that breaks the contract is told as a violation', async () => {
  await start({ contract: { check: () => [], checkRequest: () => [], checkAnswer: ({ path }) => [`${path} is wrong`] } });
  await call('GET', '/api/v1/devices');
  expect(okta.violations()).toEqual(['/api/v1/devices is wrong']);
});
