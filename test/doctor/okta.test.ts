import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { allScopes } from '../sandbox/okta/token-endpoint.js';
import { checkOf, impatient, skippedAll, startDoctorSubject, type DoctorSubject } from './subject.js';

let subject: DoctorSubject;

beforeAll(async () => {
  subject = await startDoctorSubject();
});
afterEach(() => subject.heal());
afterAll(() => subject.stop());

const oktaRest = ['okta_identifiers', 'okta_suspend', 'okta_unsuspend', 'okta_users', 'okta_sessions', 'okta_log', 'okta_rate_limit'];
const forbidden = { kind: 'status', status: 403, body: '{"errorCode":"E0000006","errorSummary":"text"}' } as const;

describe('a healthy company', () => {
  test('gets a GO, with every check ok and measured', async () => {
    const report = await subject.examine();
    expect(report.checks.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(report.verdict).toBe('GO');
    expect(report.checks).toHaveLength(22);
    expect(checkOf(report, 'okta_token')?.measured).toMatch(/^DPoP token for 60 min/);
    expect(checkOf(report, 'okta_identifiers')).toMatchObject({ values: { IOS: 100, ANDROID: 100, MACOS: 100, WINDOWS: 100 }, measured: expect.stringContaining('(5 of 5)') });
    expect(checkOf(report, 'clocks')?.measured).toMatch(/Redis .*, UEM .*, Okta .*, Graph /);
  });

  test('may use an API token', async () => {
    const org = await subject.otherOrg({ credentials: { token: 'okta-token-canary' } });
    org.addDevice({ platform: 'IOS', udid: 'U1' });
    const withToken = { OKTA_CLIENT_ORGURL: org.url, OKTA_CLIENT_PRIVATEKEY: '', OKTA_CLIENT_TOKEN: 'okta-token-canary' };
    expect(await subject.trouble(withToken)).toEqual({});
    expect(await subject.trouble({ ...withToken, OKTA_CLIENT_TOKEN: 'revoked-token-canary' })).toEqual({ okta_token: 'fail', ...skippedAll(oktaRest) });
  });

  test('is told where the org hands out tokens that are bound to no key', async () => {
    const org = await subject.otherOrg({});
    org.order({ operation: 'token', fault: { kind: 'status', status: 200, body: '{"token_type":"Bearer","expires_in":60,"access_token":"bearer-canary"}' } });
    expect(checkOf(await subject.examine({ OKTA_CLIENT_ORGURL: org.url }), 'okta_token')?.measured).toContain('Bearer');
  });
});

describe('Okta', () => {
  test.each([
    ['suspendDevice', 'okta_suspend', 'okta.devices.lifecycle.suspend'],
    ['unsuspendDevice', 'okta_unsuspend', 'okta.devices.lifecycle.unsuspend'],
    ['getUser', 'okta_users', 'okta.users.read'],
    ['revokeUserSessions', 'okta_sessions', 'okta.users.lifecycle.clearSessions'],
    ['listDevices', 'okta_identifiers', 'okta.devices.read'],
  ])('that refuses %s fails that check only, which names the permission', async (operation, id, permission) => {
    subject.okta.order({ operation, fault: forbidden });
    const report = await subject.examine();
    expect(report.verdict).toBe('NO-GO');
    expect(report.checks.filter(({ status }) => status !== 'ok').map((check) => check.id)).toEqual([id]);
    expect(checkOf(report, id)).toMatchObject({ status: 'fail', measured: expect.stringContaining('403'), advice: expect.stringContaining(permission) });
  });

  test.each([
    ['suspendDevice', 'okta_suspend'],
    ['revokeUserSessions', 'okta_sessions'],
    ['listDevices', 'okta_identifiers'],
  ])('that has no call of %s left has not said whether it is allowed: that is no GO, and the doctor is to be asked again', async (operation, id) => {
    subject.okta.order({ operation, fault: { kind: 'status', status: 429 } });
    const report = await subject.examine();
    expect(report.verdict).toBe('NO-GO');
    expect(checkOf(report, id)).toMatchObject({ status: 'fail', advice: expect.stringMatching(/not known.*run the doctor again/) });
  });

  test('is believed that there is no such object only in its own words: another 404 is a page of something else', async () => {
    subject.okta.order({ operation: 'suspendDevice', fault: { kind: 'status', status: 404, body: '<html>no such page</html>' } });
    expect(await subject.trouble()).toEqual({ okta_suspend: 'fail' });
    expect(checkOf(await subject.examine(), 'okta_suspend')).toMatchObject({ measured: expect.stringContaining('404'), advice: expect.stringContaining('Something else answers') });
  });

  test('that did not grant a scope is said to lack exactly that one', async () => {
    const scopes = ['okta.devices.read', 'okta.devices.manage', 'okta.users.read'];
    const org = await subject.otherOrg({ credentials: { ...subject.registered, scopes } });
    const report = await subject.examine({ OKTA_CLIENT_ORGURL: org.url });
    expect(checkOf(report, 'okta_token')).toMatchObject({ status: 'fail', measured: expect.stringMatching(/invalid_scope: not granted: okta\.users\.manage$/) });
    expect(checkOf(report, 'okta_suspend')?.status).toBe('skipped');
  });

  test.each<{ why: string; scopes: string[]; fault: typeof forbidden | null }>([
    { why: 'scope', scopes: allScopes.filter((scope) => scope !== 'okta.logs.read'), fault: null },
    { why: 'role', scopes: allScopes, fault: forbidden },
  ])('that refuses the System Log for want of a $why is a warning: the relay does without', async ({ scopes, fault }) => {
    const org = await subject.otherOrg({ credentials: { ...subject.registered, scopes } });
    org.addDevice({ platform: 'IOS', udid: 'U1' });
    if (fault !== null) org.order({ operation: 'listLogEvents', fault });
    const report = await subject.examine({ OKTA_CLIENT_ORGURL: org.url });
    expect(report.verdict).toBe('GO');
    expect(report.checks.filter(({ status }) => status !== 'ok')).toMatchObject([
      { id: 'okta_log', status: 'warn', measured: expect.stringContaining('looked up before'), advice: expect.stringContaining('okta.logs.read') },
    ]);
  });

  test('that refuses the key fails the token, and nothing else is tried', async () => {
    subject.okta.rejectCredentials(true);
    expect(await subject.trouble()).toEqual({ okta_token: 'fail', ...skippedAll(oktaRest) });
    expect(checkOf(await subject.examine(), 'okta_token')).toMatchObject({ measured: expect.stringContaining('invalid_client'), advice: expect.stringContaining('OKTA_CLIENT_KEYID') });
  });

  test('that hangs fails in time and hides nothing else', async () => {
    subject.okta.order({ fault: { kind: 'hang' } });
    expect(await subject.trouble({}, impatient)).toEqual({ okta_answers: 'fail', okta_token: 'skipped', ...skippedAll(oktaRest) });
  });

  test('that hangs in one operation fails that check only', async () => {
    subject.okta.order({ operation: 'listDevices', fault: { kind: 'hang' } });
    expect(await subject.trouble({}, impatient)).toEqual({ okta_identifiers: 'fail' });
  });

  test('behind a proxy that answers for it is not taken for Okta', async () => {
    subject.okta.order({ operation: 'suspendDevice', fault: { kind: 'status', status: 204 } });
    expect(await subject.trouble()).toEqual({ okta_suspend: 'fail' });
    subject.okta.clearFaults();
    subject.okta.order({ operation: 'metadata', fault: { kind: 'garbage' } });
    expect(await subject.trouble()).toMatchObject({ okta_answers: 'fail', okta_token: 'skipped' });
  });

  test('under its Admin Console\'s address is not asked', async () => {
    const report = await subject.examine({ OKTA_CLIENT_ORGURL: 'https://acme-admin.okta.com' });
    expect(checkOf(report, 'okta_answers')).toMatchObject({ status: 'fail', advice: expect.stringContaining('-admin') });
  });

  test('with a small limit is a warning that says what the relay\'s share of it is good for, bucket by bucket', async () => {
    const org = await subject.otherOrg({ rateLimit: { devices: 50, users: 600, user: 100 } });
    org.addDevice({ platform: 'WINDOWS', serialNumber: 'S1' });
    const report = await subject.examine({ OKTA_CLIENT_ORGURL: org.url });
    expect(report.verdict).toBe('GO');
    expect(checkOf(report, 'okta_rate_limit')).toMatchObject({ status: 'warn', measured: expect.stringContaining('devices 50 calls a minute, 45 of them ours'), values: { callsPerMinute: 50, devicesShare: 45, users: 600, usersShare: 540, userShare: 90 } });
    const shadow = checkOf(await subject.examine({ OKTA_CLIENT_ORGURL: org.url, MODE: 'shadow' }), 'okta_rate_limit');
    expect(shadow?.values).toMatchObject({ devices: 50, devicesShare: 9, usersShare: 108 });
  });

  test('with more devices than a page is looked at page by page, as far as asked', async () => {
    const org = await subject.otherOrg({});
    for (let index = 0; index < 205; index += 1) org.addDevice({ platform: 'IOS', ...(index < 195 && { udid: `U${index}` }) });
    const first = checkOf(await subject.examine({ OKTA_CLIENT_ORGURL: org.url }), 'okta_identifiers');
    expect(first).toMatchObject({ status: 'ok', measured: expect.stringMatching(/195 of 200.*the first 200/) });
    const all = checkOf(await subject.examine({ OKTA_CLIENT_ORGURL: org.url }, { pages: 2 }), 'okta_identifiers');
    expect(all).toMatchObject({ measured: expect.stringMatching(/195 of 205.*all 205/) });
  });
});

test('after all of this no device changed, nobody was signed out, and no report held a secret', () => {
  expect(subject.harm()).toEqual([]);
});
