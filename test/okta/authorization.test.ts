import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { OktaCredentials } from '../../src/okta/client.js';
import type { Fault } from '../sandbox/faults.js';
import { serviceApp } from '../upstreams/okta-subject.js';
import { clientOf, closeDoubles, nothing, org } from './org.js';

afterEach(closeDoubles);

const answered = (status: number, error: string): Fault => ({
  kind: 'status',
  status,
  body: JSON.stringify({ error, error_description: 'text' }),
});

/** An API token that is another one each time it is read, up to the last. */
const rotating = (...values: string[]): OktaCredentials => ({
  kind: 'token',
  token: () => (values.length > 1 ? values.shift() : values[0]) ?? '',
});

describe('the token endpoint', () => {
  test.each([
    { fault: answered(401, 'invalid_client'), details: { kind: 'credentials', code: 'invalid_client', status: 401 } },
    { fault: answered(403, 'access_denied'), details: { kind: 'credentials', code: 'access_denied' } },
    { fault: answered(404, ''), details: { kind: 'credentials', code: 'unusable_token_answer' } },
    { fault: { kind: 'garbage' }, details: { kind: 'credentials', code: 'unusable_token_answer' } },
    { fault: answered(429, ''), details: { kind: 'throttled', waitMs: 5_000 } },
    { fault: answered(500, ''), details: { kind: 'transient', uncertain: false } },
    { fault: { kind: 'reset' }, details: { kind: 'transient', uncertain: false } },
    { fault: { kind: 'hang' }, details: { kind: 'transient', code: 'timeout', uncertain: false } },
  ] satisfies { fault: Fault; details: object }[])('$fault means $details.kind $details.code', async ({ fault, details }) => {
    const okta = await org();
    okta.order({ fault, operation: 'token' });
    await expect(clientOf(okta).revokeUserSessions('00u1')).rejects.toMatchObject({ details: { ...details, operation: 'token' } });
    expect(okta.calls('token')).toHaveLength(1);
    expect(okta.calls('revokeUserSessions')).toEqual([]);
  });

  test('an endless demand for nonces is given up', async () => {
    const okta = await org();
    const body = JSON.stringify({ error: 'use_dpop_nonce' });
    okta.order({ fault: { kind: 'status', status: 400, headers: { 'dpop-nonce': 'n' }, body }, operation: 'token' });
    await expect(clientOf(okta).findDevices(nothing)).rejects.toMatchObject({ details: { kind: 'credentials', code: 'use_dpop_nonce' } });
    expect(okta.calls('token')).toHaveLength(2);
  });

  test('the private key is read for each exchange, so a rotated one is used', async () => {
    const okta = await org();
    let key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const client = clientOf(okta, { ...serviceApp.credentials, privateKey: () => key });
    await expect(client.findDevices(nothing)).rejects.toMatchObject({ details: { code: 'invalid_client' } });
    key = serviceApp.credentials.privateKey();
    expect((await client.findDevices(nothing)).value).toEqual([]);
  });

  test('a private key that is none is told apart from a refused one, and nothing is sent', async () => {
    const okta = await org();
    const client = clientOf(okta, { ...serviceApp.credentials, privateKey: () => 'hunter2' });
    await expect(client.findDevices(nothing)).rejects.toMatchObject({ details: { kind: 'credentials', code: 'invalid_private_key' } });
    expect(okta.calls('token')).toEqual([]);
  });
});

describe('an API token', () => {
  test('is sent as SSWS, and no other token is asked for', async () => {
    const okta = await org({ credentials: { token: 'secret-1' } });
    await clientOf(okta, rotating('secret-1')).findDevices(nothing);
    expect(okta.requests.map(({ headers }) => headers['authorization'])).toEqual(['SSWS secret-1']);
  });

  test('refused, it is read again: a rotated one is tried once', async () => {
    const okta = await org({ credentials: { token: 'secret-2' } });
    await clientOf(okta, rotating('secret-1', 'secret-2')).findDevices(nothing);
    expect(okta.requests).toHaveLength(2);
  });

  test('refused and unchanged, it is not sent again', async () => {
    const okta = await org({ credentials: { token: 'secret-2' } });
    await expect(clientOf(okta, rotating('secret-1')).findDevices(nothing)).rejects.toMatchObject({ details: { kind: 'credentials' } });
    expect(okta.requests).toHaveLength(1);
  });
});

describe('the configuration that the SDK finds by itself', () => {
  const before = process.cwd();
  const names = ['OKTA_CLIENT_ORGURL', 'OKTA_CLIENT_TOKEN', 'OKTA_CLIENT_AUTHORIZATIONMODE', 'OKTA_CLIENT_PRIVATEKEY'];
  afterEach(() => {
    process.chdir(before);
    for (const name of names) delete process.env[name];
  });

  test('does not change where requests go, nor as whom', async () => {
    const okta = await org();
    const elsewhere = await org();
    for (const name of names) process.env[name] = 'PrivateKey';
    process.env['OKTA_CLIENT_ORGURL'] = elsewhere.url;
    process.chdir(mkdtempSync(join(tmpdir(), 'okta-yaml-')));
    writeFileSync('okta.yaml', `okta:\n  client:\n    orgUrl: ${elsewhere.url}\n    authorizationMode: PrivateKey\n    userAgent: other\n`);
    await clientOf(okta).findDevices(nothing);
    expect(okta.calls('listDevices')[0]?.headers).toMatchObject({ 'user-agent': 'posture-relay', authorization: expect.stringMatching(/^DPoP /) });
    expect(elsewhere.requests).toEqual([]);
  });
});
