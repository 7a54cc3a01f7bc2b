import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { examineRelay } from '../../src/doctor/doctor.js';
import { reportSchema, type Report } from '../../src/doctor/report.js';
import { redisKeys } from '../../src/store/keys.js';
import { startTestRedis, type TestRedis } from '../redis.js';
import { graphContract, oktaContract } from '../sandbox/contract.js';
import { startEntra, type EntraDouble } from '../sandbox/entra/server.js';
import { seedCompany, type Company } from '../sandbox/fixtures/company.js';
import { startOkta, type OktaDouble, type OktaOptions } from '../sandbox/okta/server.js';
import { createServiceApp, environmentOf } from '../scenarios/environment.js';

const serviceApp = createServiceApp();
const timeoutMs = 1_500;
const oktaRest = ['okta_identifiers', 'okta_suspend', 'okta_unsuspend', 'okta_users', 'okta_sessions', 'okta_rate_limit'];
const skippedAll = (ids: string[]) => Object.fromEntries(ids.map((id) => [id, 'skipped']));

let okta: OktaDouble;
let entra: EntraDouble;
let redis: TestRedis;
let client: Redis;
let company: Company;
let environment: Record<string, string>;
const orgs: OktaDouble[] = [];
const printed: string[] = [];

async function examine(changes: Record<string, string> = {}, pages = 1): Promise<Report> {
  const report = await examineRelay({ environment: { ...environment, ...changes }, pages, now: Date.now, timeoutMs });
  printed.push(JSON.stringify(report));
  return reportSchema.parse(report);
}

/** The checks that are not ok. */
async function trouble(changes: Record<string, string> = {}): Promise<Record<string, string>> {
  const { checks } = await examine(changes);
  return Object.fromEntries(checks.filter(({ status }) => status !== 'ok').map(({ id, status }) => [id, status]));
}

async function otherOrg(options: OktaOptions): Promise<OktaDouble> {
  const org = await startOkta({ credentials: serviceApp.known, requireDpop: true, contract: oktaContract(), ...options });
  orgs.push(org);
  return org;
}

const checkOf = ({ checks }: Report, id: string) => checks.find((check) => check.id === id);

beforeAll(async () => {
  [okta, entra, redis] = await Promise.all([
    otherOrg({}),
    startEntra({ contract: graphContract(), clientSecret: 'entra-secret-canary' }),
    startTestRedis(),
  ]);
  company = seedCompany(okta, entra);
  client = redis.connect();
  await client.xadd(redisKeys('{relay}').events, '*', 'event', '{}');
  environment = { ...environmentOf({ okta, entra, redis }), ...serviceApp.environment };
});

afterEach(async () => {
  redis.thaw();
  okta.clearFaults();
  entra.clearFaults();
  okta.rejectCredentials(false);
  entra.rejectCredentials(false);
  await client.config('SET', 'appendonly', 'yes');
  await client.config('SET', 'maxmemory-policy', 'noeviction');
});

afterAll(async () => {
  await redis.stop();
  await Promise.all([entra.close(), ...orgs.map((org) => org.close())]);
});

describe('a healthy company', () => {
  test('gets a GO, with every check ok and measured', async () => {
    const report = await examine();
    expect(report.checks.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(report.verdict).toBe('GO');
    expect(report.checks).toHaveLength(19);
    expect(checkOf(report, 'okta_token')?.measured).toMatch(/^DPoP token for 60 min/);
    expect(checkOf(report, 'okta_identifiers')).toMatchObject({ values: { IOS: 100, ANDROID: 100, MACOS: 100, WINDOWS: 100 }, measured: expect.stringContaining('(5 of 5)') });
    expect(checkOf(report, 'clocks')?.measured).toMatch(/Redis .*, Okta .*, Graph /);
  });

  test('may use an API token', async () => {
    const org = await otherOrg({ credentials: { token: 'okta-token-canary' } });
    org.addDevice({ platform: 'IOS', udid: 'U1' });
    const withToken = { OKTA_CLIENT_ORGURL: org.url, OKTA_CLIENT_PRIVATEKEY: '', OKTA_CLIENT_TOKEN: 'okta-token-canary' };
    expect(await trouble(withToken)).toEqual({});
    expect(await trouble({ ...withToken, OKTA_CLIENT_TOKEN: 'revoked-token-canary' })).toEqual({ okta_token: 'fail', ...skippedAll(oktaRest) });
  });

  test('is told where the org hands out tokens that are bound to no key', async () => {
    const org = await otherOrg({});
    org.order({ operation: 'token', fault: { kind: 'status', status: 200, body: '{"token_type":"Bearer","expires_in":60,"access_token":"bearer-canary"}' } });
    expect(checkOf(await examine({ OKTA_CLIENT_ORGURL: org.url }), 'okta_token')?.measured).toContain('Bearer');
  });
});

describe('Redis', () => {
  test('without an AOF fails that check only', async () => {
    await client.config('SET', 'appendonly', 'no');
    expect(await trouble()).toEqual({ redis_aof: 'fail' });
  });

  test('that may evict fails that check only', async () => {
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    expect(await trouble()).toEqual({ redis_eviction: 'fail' });
  });

  test('without events is a warning, and so is shadow mode, which has its own', async () => {
    expect(await trouble({ MODE: 'shadow' })).toEqual({ uem_events: 'warn' });
  });

  const rest = ['redis_version', 'redis_aof', 'redis_eviction', 'uem_events'];

  test('that is silent fails in time and hides nothing else', async () => {
    redis.freeze();
    expect(await trouble()).toEqual({ redis_answers: 'fail', ...skippedAll(rest) });
  });

  test('that is not there, or refuses the password, is said to be so without the password', async () => {
    expect(await trouble({ REDIS_URL: 'redis://:redis-canary@127.0.0.1:1' })).toEqual({ redis_answers: 'fail', ...skippedAll(rest) });
    const { port } = new URL(redis.url);
    const report = await examine({ REDIS_URL: `redis://:redis-canary@127.0.0.1:${port}` });
    expect(checkOf(report, 'redis_answers')).toMatchObject({ status: 'fail', measured: expect.stringContaining('WRONGPASS') });
  });

  test('that is nowhere configured and never ran here is asked for', async () => {
    const report = await examine({ REDIS_URL: '', DATA_DIR: '/nowhere' });
    expect(checkOf(report, 'redis_answers')).toMatchObject({ status: 'fail', measured: expect.stringContaining('REDIS_URL is not set') });
  });
});

const forbidden = { kind: 'status', status: 403, body: '{"errorCode":"E0000006","errorSummary":"text"}' } as const;

describe('Okta', () => {
  test.each([
    ['suspendDevice', 'okta_suspend', 'okta.devices.lifecycle.suspend'],
    ['unsuspendDevice', 'okta_unsuspend', 'okta.devices.lifecycle.unsuspend'],
    ['getUser', 'okta_users', 'okta.users.read'],
    ['revokeUserSessions', 'okta_sessions', 'okta.users.lifecycle.clearSessions'],
    ['listDevices', 'okta_identifiers', 'okta.devices.read'],
  ])('that refuses %s fails that check only, which names the permission', async (operation, id, permission) => {
    okta.order({ operation, fault: forbidden });
    const report = await examine();
    expect(report.verdict).toBe('NO-GO');
    expect(report.checks.filter(({ status }) => status !== 'ok').map((check) => check.id)).toEqual([id]);
    expect(checkOf(report, id)).toMatchObject({ status: 'fail', measured: expect.stringContaining('403'), advice: expect.stringContaining(permission) });
  });

  test('that did not grant a scope is said to lack exactly that one', async () => {
    const scopes = ['okta.devices.read', 'okta.devices.manage', 'okta.users.read'];
    const org = await otherOrg({ credentials: { ...serviceApp.known, scopes } });
    const report = await examine({ OKTA_CLIENT_ORGURL: org.url });
    expect(checkOf(report, 'okta_token')).toMatchObject({ status: 'fail', measured: expect.stringMatching(/invalid_scope: not granted: okta\.users\.manage$/) });
    expect(checkOf(report, 'okta_suspend')?.status).toBe('skipped');
  });

  test('that refuses the key fails the token, and nothing else is tried', async () => {
    okta.rejectCredentials(true);
    expect(await trouble()).toEqual({ okta_token: 'fail', ...skippedAll(oktaRest) });
    expect(checkOf(await examine(), 'okta_token')).toMatchObject({ measured: expect.stringContaining('invalid_client'), advice: expect.stringContaining('OKTA_CLIENT_KEYID') });
  });

  test('that hangs fails in time and hides nothing else', async () => {
    okta.order({ fault: { kind: 'hang' } });
    expect(await trouble()).toEqual({ okta_answers: 'fail', okta_token: 'skipped', ...skippedAll(oktaRest) });
  });

  test('that hangs in one operation fails that check only', async () => {
    okta.order({ operation: 'listDevices', fault: { kind: 'hang' } });
    expect(await trouble()).toEqual({ okta_identifiers: 'fail' });
  });

  test('behind a proxy that answers for it is not taken for Okta', async () => {
    okta.order({ operation: 'suspendDevice', fault: { kind: 'status', status: 204 } });
    expect(await trouble()).toEqual({ okta_suspend: 'fail' });
    okta.clearFaults();
    okta.order({ operation: 'metadata', fault: { kind: 'garbage' } });
    expect(await trouble()).toMatchObject({ okta_answers: 'fail', okta_token: 'skipped' });
  });

  test('under its Admin Console\'s address is not asked', async () => {
    const report = await examine({ OKTA_CLIENT_ORGURL: 'https://acme-admin.okta.com' });
    expect(checkOf(report, 'okta_answers')).toMatchObject({ status: 'fail', advice: expect.stringContaining('-admin') });
  });

  test('with a small share of the rate limit is a warning that says what it is good for', async () => {
    const org = await otherOrg({ rateLimit: { devices: 50 } });
    org.addDevice({ platform: 'WINDOWS', serialNumber: 'S1' });
    const report = await examine({ OKTA_CLIENT_ORGURL: org.url });
    expect(report.verdict).toBe('GO');
    expect(checkOf(report, 'okta_rate_limit')).toMatchObject({ status: 'warn', measured: expect.stringContaining('50 calls a minute = about 25 lock-outs'), values: { callsPerMinute: 50 } });
  });

  test('with more devices than a page is looked at page by page, as far as asked', async () => {
    const org = await otherOrg({});
    for (let index = 0; index < 205; index += 1) org.addDevice({ platform: 'IOS', ...(index < 195 && { udid: `U${index}` }) });
    const first = checkOf(await examine({ OKTA_CLIENT_ORGURL: org.url }), 'okta_identifiers');
    expect(first).toMatchObject({ status: 'ok', measured: expect.stringMatching(/195 of 200.*the first 200/) });
    const all = checkOf(await examine({ OKTA_CLIENT_ORGURL: org.url }, 2), 'okta_identifiers');
    expect(all).toMatchObject({ measured: expect.stringMatching(/195 of 205.*all 205/) });
  });
});

describe('Entra ID', () => {
  const denied = { kind: 'status', status: 403, body: '{"error":{"code":"Authorization_RequestDenied","message":"text"}}' } as const;

  test('that revoked the permission fails that check only, which names it', async () => {
    entra.order({ operation: 'revokeSignInSessions', fault: denied });
    expect(await trouble()).toEqual({ entra_sessions: 'fail' });
    expect(checkOf(await examine(), 'entra_sessions')?.advice).toContain('User.RevokeSessions.All');
  });

  test('that lets nobody be looked up is a warning', async () => {
    entra.order({ operation: 'listUsers', fault: denied, object: 'proxyAddresses' });
    expect(await trouble()).toEqual({ entra_proxy_addresses: 'warn' });
    entra.order({ operation: 'listUsers', fault: denied });
    expect(await trouble()).toEqual({ entra_mail: 'warn', entra_proxy_addresses: 'warn' });
  });

  const rest = skippedAll(['entra_sessions', 'entra_mail', 'entra_proxy_addresses']);

  test('that refuses the secret fails the token, and says why', async () => {
    entra.rejectCredentials(true);
    expect(await trouble()).toEqual({ entra_token: 'fail', ...rest });
    expect(checkOf(await examine(), 'entra_token')).toMatchObject({ measured: expect.stringContaining('AADSTS7000222'), advice: expect.stringContaining('expired') });
  });

  test('that hangs fails in time and hides nothing else', async () => {
    entra.order({ fault: { kind: 'hang' } });
    expect(await trouble()).toEqual({ entra_token: 'fail', ...rest });
  });

  test('is said to be off where it is not configured', async () => {
    expect(await trouble({ AZURE_TENANT_ID: '', AZURE_CLIENT_ID: '' })).toEqual({ entra_token: 'skipped', ...rest });
  });
});

describe('clocks', () => {
  const dated = (aheadMs: number) => ({
    kind: 'status' as const,
    status: 200,
    headers: { date: new Date(Date.now() + aheadMs).toUTCString() },
    body: JSON.stringify({ issuer: okta.url }),
  });

  test('that lie apart are a warning, then a failure', async () => {
    okta.order({ operation: 'metadata', fault: dated(-90_000) });
    expect(await trouble()).toEqual({ clocks: 'warn' });
    okta.clearFaults();
    okta.order({ operation: 'metadata', fault: dated(400_000) });
    expect(await trouble()).toEqual({ clocks: 'fail' });
  });
});

describe('a configuration that cannot be used', () => {
  test('is said to be so, and what can be tried is tried', async () => {
    const report = await examine({ OKTA_CLIENT_ORGURL: 'acme' });
    expect(checkOf(report, 'configuration')).toMatchObject({ status: 'fail', measured: expect.stringContaining('OKTA_CLIENT_ORGURL') });
    expect(checkOf(report, 'okta_answers')?.status).toBe('skipped');
    expect(checkOf(report, 'redis_aof')?.status).toBe('ok');
    expect(checkOf(report, 'entra_sessions')?.status).toBe('ok');
  });
});

describe('after all of this', () => {
  test('no device changed its status, nobody was signed out, and the vendors\' contracts were kept', () => {
    expect(company.devices.map(({ okta: { id } }) => okta.device(id).status)).toEqual(company.devices.map(() => 'ACTIVE'));
    for (const person of company.people) {
      expect(okta.revocations(person.okta.id)).toEqual([]);
      expect(entra.signInSessions(person.entra.id)).toEqual([]);
    }
    const acting = orgs.flatMap((org) => org.requests.filter(({ method, path }) => method !== 'GET' && path.startsWith('/api/')));
    expect(acting.length).toBeGreaterThan(30);
    expect(acting.filter(({ path }) => !path.includes('/posture-relay-doctor-asks-for-nobody/'))).toEqual([]);
    expect([...orgs, entra].flatMap((double) => double.violations())).toEqual([]);
  });

  test('no report held a secret', () => {
    const tokens = [...orgs, entra].flatMap(({ requests }) => requests.map(({ headers }) => headers['authorization']?.split(' ')[1])).filter((token) => token !== undefined);
    const key = serviceApp.environment.OKTA_CLIENT_PRIVATEKEY.slice(60, 120);
    expect(tokens.length).toBeGreaterThan(30);
    for (const secret of [...tokens, key, 'canary', new URL(redis.url).password]) expect(printed.filter((text) => text.includes(secret))).toEqual([]);
  });
});
