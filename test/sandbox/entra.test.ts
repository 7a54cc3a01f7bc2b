import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { contractsDirectory, graphContract } from './contract.js';
import { startEntra, type EntraDouble } from './entra/server.js';

const contract = graphContract();
if (!contract) console.warn(`no Graph contract in ${contractsDirectory}: its checks are skipped`);
const describeContract = contract ? describe : describe.skip;

let entra: EntraDouble;
beforeEach(async () => {
  entra = await startEntra({ contract });
});
afterEach(() => entra.close());

const graphBody = z.looseObject({ value: z.unknown().optional(), error: z.object({ code: z.string() }).optional() });

async function exchange(fields: Record<string, string> = {}) {
  const body = new URLSearchParams({
    client_id: entra.clientId,
    client_secret: entra.clientSecret,
    grant_type: 'client_credentials',
    scope: 'https://graph.microsoft.com/.default',
    ...fields,
  });
  const response = await fetch(`${entra.url}/${entra.tenantId}/oauth2/v2.0/token`, { method: 'POST', body });
  const answer = z.looseObject({ access_token: z.string().default(''), error: z.string().optional() }).parse(await response.json());
  return { status: response.status, answer };
}

async function graph(method: string, path: string) {
  const { answer } = await exchange();
  const headers = { authorization: `Bearer ${answer.access_token}` };
  const response = await fetch(entra.graphUrl + path, { method, headers });
  return { status: response.status, headers: response.headers, body: graphBody.parse(await response.json()) };
}

function users(filter: string, select = 'id') {
  return graph('GET', `/users?$filter=${encodeURIComponent(filter)}&$select=${select}&$top=2`);
}

describe('the token endpoint', () => {
  test('issues a bearer token without a scope, because a different one would defeat the MSAL cache', async () => {
    const { status, answer } = await exchange();
    expect(status).toBe(200);
    expect(answer).toEqual({ token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599, access_token: expect.any(String) });
  });

  test.each([
    [{ client_secret: 'wrong' }, 401, { error: 'invalid_client', error_codes: [7000215] }],
    [{ client_id: 'wrong' }, 400, { error: 'unauthorized_client', error_codes: [700016] }],
    [{ scope: 'openid' }, 400, { error: 'invalid_scope', error_codes: [1002012] }],
  ])('refuses %j', async (fields, status, answer) => {
    await expect(exchange(fields)).resolves.toMatchObject({ status, answer });
  });
});

describe('revokeSignInSessions', () => {
  test('answers 200 with true and remembers when, by object id and by encoded UPN', async () => {
    const { id } = entra.addUser({ userPrincipalName: 'a#b@example.com' });
    const byId = await graph('POST', `/users/${id}/revokeSignInSessions`);
    const byUpn = await graph('POST', `/users/${encodeURIComponent('A#B@example.com')}/revokeSignInSessions`);
    expect([byId.status, byId.body.value, byUpn.status]).toEqual([200, true, 200]);
    expect(entra.signInSessions(id)).toHaveLength(2);
    expect(byId.headers.get('request-id')).toBeTruthy();
  });

  test('takes a name in parentheses, with its quotes doubled', async () => {
    const { id } = entra.addUser({ userPrincipalName: "$o'brien@example.com" });
    const { status } = await graph('POST', `/users('${encodeURIComponent("$o''brien@example.com")}')/revokeSignInSessions`);
    expect(status).toBe(200);
    expect(entra.signInSessions(id)).toHaveLength(1);
  });

  test('finds nobody by a mail address that is not the UPN', async () => {
    const { id } = entra.addUser({ userPrincipalName: 'ada@corp.example.com', mail: 'ada@example.com' });
    const { status, body } = await graph('POST', '/users/ada%40example.com/revokeSignInSessions');
    expect([status, body.error?.code]).toEqual([404, 'Request_ResourceNotFound']);
    expect(entra.signInSessions(id)).toEqual([]);
  });

  test("leaves a guest's sessions alone although it answers 200", async () => {
    const { id } = entra.addUser({ userPrincipalName: 'bob_x.com#EXT#@example.com', userType: 'Guest' });
    const { status } = await graph('POST', `/users/${id}/revokeSignInSessions`);
    expect([status, entra.signInSessions(id)]).toEqual([200, []]);
  });
});

describe('a filter on users', () => {
  test('finds by mail in any case, with quotes doubled, and selects what was asked for', async () => {
    const { id } = entra.addUser({ userPrincipalName: 'o@example.com', mail: "O'Brien+x@example.com" });
    await expect(users("mail eq 'o''brien+x@example.com'")).resolves.toMatchObject({ status: 200, body: { value: [{ id }] } });
  });

  test('finds a proxy address only with the prefix it has', async () => {
    const { id } = entra.addUser({ userPrincipalName: 'o@example.com', proxyAddresses: ['SMTP:Ada@example.com'] });
    const lower = "proxyAddresses/any(p:p eq 'smtp:ada@example.com')";
    await expect(users(lower)).resolves.toMatchObject({ body: { value: [] } });
    const both = `${lower} or proxyAddresses/any(p:p eq 'SMTP:ada@example.com')`;
    await expect(users(both)).resolves.toMatchObject({ body: { value: [{ id }] } });
  });

  test.each(["mail ne 'x'", "mail eq 'x", 'mail eq "x"', "department eq 'x'"])('outside the subset is a 400: %s', async (filter) => {
    await expect(users(filter)).resolves.toMatchObject({ status: 400, body: { error: { code: 'Request_UnsupportedQuery' } } });
  });
});

test('a rejected credential refuses token requests and the tokens issued before', async () => {
  const { answer } = await exchange();
  entra.rejectCredentials(true);
  expect((await exchange()).status).toBe(401);
  const response = await fetch(`${entra.graphUrl}/users`, { headers: { authorization: `Bearer ${answer.access_token}` } });
  expect(response.status).toBe(401);
});

test('a throttled answer carries what was ordered, for as many requests as ordered', async () => {
  const body = '{"error":{"code":"TooManyRequests","message":"throttled"}}';
  entra.order({ operation: 'listUsers', times: 1, fault: { kind: 'status', status: 429, headers: { 'retry-after': '7' }, body } });
  const throttled = await users("mail eq 'x'");
  expect([throttled.status, throttled.headers.get('retry-after')]).toEqual([429, '7']);
  expect((await users("mail eq 'x'")).status).toBe(200);
});

describeContract('the contract', () => {
  test('a request as documented breaks nothing, and a query parameter that it does not know does', async () => {
    await users("mail eq 'x'");
    expect(entra.violations()).toEqual([]);
    await graph('GET', '/users?filter=x');
    expect(entra.violations()).toEqual(['users.user.ListUser: query parameter filter is not declared']);
  });
});
