import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createEntraClient, type EntraClient } from '../../src/entra/client.js';
import type { EntraDouble } from '../sandbox/entra/server.js';
import { closeTenant, graphError, startTenant } from './tenant.js';

let entra: EntraDouble;
let client: EntraClient;
beforeEach(() => start());
afterEach(() => closeTenant(entra));

async function start(settings?: { forbidProxyAddresses: boolean }): Promise<void> {
  const tenant = await startTenant(settings);
  entra = tenant.entra;
  client = createEntraClient(tenant.options);
}

/** Graph's requests as sent, the token left out. */
function sent(): string[] {
  const graph = entra.requests.filter(({ operation }) => operation !== 'token');
  return graph.map(({ method, path }) => `${method} ${path}`);
}

const revocationOf = (segment: string): string => `POST /v1.0/users${segment}/revokeSignInSessions`;
const query = '&$select=id,userPrincipalName,mail&$top=2';
const lookUp = (filter: string): string => `GET /v1.0/users?$filter=${encodeURIComponent(filter).replaceAll("'", '%27')}${query}`;

describe('a login that is the user principal name', () => {
  test.each([
    ['jane@contoso.com', '/jane%40contoso.com'],
    ["o'brien+x@c.com", "/o'brien%2Bx%40c.com"],
    ['a/b?c#d@contoso.com', '/a%2Fb%3Fc%23d%40contoso.com'],
    ["$o'x@contoso.com", "('%24o''x%40contoso.com')"],
  ])('%s is revoked by one call to %s', async (login, segment) => {
    const user = entra.addUser({ userPrincipalName: login });
    expect(await client.revokeSignInSessions(login)).toMatchObject({ value: 'revoked', status: 200, requestId: expect.any(String) });
    expect(sent()).toEqual([revocationOf(segment)]);
    expect(entra.calls('revokeSignInSessions')[0]?.body).toBe('{}');
    expect(entra.signInSessions(user.id)).toHaveLength(1);
  });

  test.each([
    [204, '', 'revoked'],
    [202, '', 'revoked'],
    [200, '{"value":null}', 'revoked'],
    [200, '{"value":false}', 'not_confirmed'],
  ])('an answer %d %j is %s', async (status, body, value) => {
    const headers = { 'content-type': 'application/json', 'request-id': 'r-1' };
    entra.order({ fault: { kind: 'status', status, headers, body }, operation: 'revokeSignInSessions' });
    expect(await client.revokeSignInSessions('jane@contoso.com')).toEqual({ value, status, requestId: 'r-1' });
  });
});

describe('a login that Graph does not know', () => {
  test('is looked up by mail address, and revoked by object id', async () => {
    const user = entra.addUser({ userPrincipalName: 'p.obrien@contoso.com', mail: "o'brien+x@c.com" });
    expect(await client.revokeSignInSessions("o'brien+x@c.com")).toMatchObject({ value: 'revoked' });
    expect(sent()).toEqual([revocationOf("/o'brien%2Bx%40c.com"), lookUp("mail eq 'o''brien+x@c.com'"), revocationOf(`/${user.id}`)]);
    expect(entra.signInSessions(user.id)).toHaveLength(1);
  });

  test('is looked up by proxy address in both spellings when no mail address is equal', async () => {
    const user = entra.addUser({ userPrincipalName: 'jane@contoso.com', proxyAddresses: ['SMTP:j.doe@contoso.com'] });
    expect(await client.revokeSignInSessions('j.doe@contoso.com')).toMatchObject({ value: 'revoked' });
    const both = "proxyAddresses/any(p:p eq 'smtp:j.doe@contoso.com') or proxyAddresses/any(p:p eq 'SMTP:j.doe@contoso.com')";
    expect(sent().slice(2)).toEqual([lookUp(both), revocationOf(`/${user.id}`)]);
  });

  test('is not found when both look-ups are empty', async () => {
    expect(await client.revokeSignInSessions('nobody@contoso.com')).toMatchObject({ value: 'user_not_found' });
    expect(sent()).toHaveLength(3);
  });

  test('is not found, rather than a lack of rights, when only proxy addresses may not be read', async () => {
    await closeTenant(entra);
    await start({ forbidProxyAddresses: true });
    expect(await client.revokeSignInSessions('nobody@contoso.com')).toMatchObject({ value: 'user_not_found', status: 403 });
  });

  test('fails alone, without blocking Entra ID for others, when mail addresses may not be read', async () => {
    const denied = { kind: 'status', status: 403, body: graphError('Authorization_RequestDenied') } as const;
    entra.order({ fault: denied, operation: 'listUsers' });
    await expect(client.revokeSignInSessions('nobody@contoso.com')).rejects.toMatchObject({
      details: { kind: 'rejected', status: 403, operation: 'listUsers' },
    });
  });

  test('is not looked up when it cannot be an address', async () => {
    expect(await client.revokeSignInSessions('jane')).toMatchObject({ value: 'user_not_found', status: 404 });
    expect(sent()).toEqual([revocationOf('/jane')]);
  });

  test('is refused when two users share the address: neither is signed out', async () => {
    const users = ['a@contoso.com', 'b@contoso.com'].map((userPrincipalName) => entra.addUser({ userPrincipalName, mail: 'shared@contoso.com' }));
    expect(await client.revokeSignInSessions('shared@contoso.com')).toMatchObject({ value: 'ambiguous_user' });
    expect(users.flatMap(({ id }) => entra.signInSessions(id))).toEqual([]);
  });

  test('is not found when the user disappears between look-up and revocation', async () => {
    const user = entra.addUser({ userPrincipalName: 'gone@contoso.com', mail: 'late@contoso.com' });
    entra.order({ fault: { kind: 'status', status: 404, body: graphError('Request_ResourceNotFound') }, object: user.id });
    expect(await client.revokeSignInSessions('late@contoso.com')).toMatchObject({ value: 'user_not_found' });
  });

  test.each(['<html>', graphError('UnknownError')])('is not taken for missing when something else answers 404 with %s: that is tried again', async (body) => {
    entra.order({ fault: { kind: 'status', status: 404, body }, operation: 'revokeSignInSessions' });
    await expect(client.revokeSignInSessions('jane@contoso.com')).rejects.toMatchObject({ details: { kind: 'transient', uncertain: false } });
    expect(sent()).toHaveLength(1);
  });
});

describe('a guest', () => {
  const guest = 'bob_contoso.com#EXT#@fab.onmicrosoft.com';

  test('is skipped without a call when the login says so', async () => {
    expect(await client.revokeSignInSessions(guest)).toEqual({ value: 'skipped_external', status: 0, requestId: null });
    expect(entra.requests).toEqual([]);
  });

  test('is skipped when the look-up finds one', async () => {
    entra.addUser({ userPrincipalName: guest, mail: 'bob@contoso.com' });
    expect(await client.revokeSignInSessions('bob@contoso.com')).toMatchObject({ value: 'skipped_external' });
    expect(entra.calls('revokeSignInSessions')).toHaveLength(1);
  });
});

test.each(['', '.', '..'])('the login %j is not found without a call', async (login) => {
  expect(await client.revokeSignInSessions(login)).toEqual({ value: 'user_not_found', status: 0, requestId: null });
  expect(entra.requests).toEqual([]);
});

test('an id that is no GUID is never put into a path', async () => {
  const body = JSON.stringify({ value: [{ id: '../groups', userPrincipalName: 'x@contoso.com' }] });
  entra.order({ fault: { kind: 'status', status: 200, body }, operation: 'listUsers' });
  await expect(client.revokeSignInSessions('x@contoso.com')).rejects.toMatchObject({ details: { kind: 'garbage', operation: 'listUsers' } });
});
