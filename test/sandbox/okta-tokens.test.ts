import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { accessTokenHash, assertion, createProver, exchange, send } from './caller.js';
import { oktaContract } from './contract.js';
import { startOkta, type OktaDouble, type OktaOptions } from './okta/server.js';
import { createServiceApp, type ServiceApp } from './okta/service-app.js';

let app: ServiceApp;
beforeAll(async () => {
  app = await createServiceApp();
});

let okta: OktaDouble;
afterEach(() => okta.close());

async function start(options: OktaOptions = {}) {
  okta = await startOkta({ credentials: app.credentials, contract: oktaContract(), ...options });
  return `${okta.url}/oauth2/v1/token`;
}

describe('client credentials with private_key_jwt', () => {
  test('give a bearer token that is accepted until it is expired', async () => {
    const url = await start();
    const { status, body, accessToken } = await exchange(url, await assertion(app, url));
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'okta.devices.read okta.devices.manage' });
    const headers = { authorization: `Bearer ${accessToken}` };
    expect((await send(`${okta.url}/api/v1/devices`, { headers })).status).toBe(200);
    await expect(send(`${okta.url}/api/v1/users`, { headers })).resolves.toMatchObject({ status: 403, body: { errorCode: 'E0000006' } });
    okta.expireTokens();
    expect((await send(`${okta.url}/api/v1/devices`, { headers })).status).toBe(401);
    expect(okta.violations()).toEqual([]);
  });

  test.each([
    ['of another audience', { aud: 'https://example.com' }],
    ['that has expired', { exp: 1 }],
    ['of another client', { sub: '0oaother' }],
  ])('are refused with an assertion %s', async (_, claims) => {
    const url = await start();
    await expect(exchange(url, await assertion(app, url, claims))).resolves.toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  test('are refused with a foreign key, and with an assertion that was sent before', async () => {
    const url = await start();
    const foreign = { ...(await createServiceApp()), credentials: app.credentials, keyId: app.keyId };
    expect((await exchange(url, await assertion(foreign, url))).status).toBe(401);
    const used = await assertion(app, url);
    expect([(await exchange(url, used)).status, (await exchange(url, used)).status]).toEqual([200, 401]);
  });

  test('are refused once the key is taken away, and so are API calls', async () => {
    const url = await start();
    const { accessToken } = await exchange(url, await assertion(app, url));
    okta.rejectCredentials(true);
    await expect(exchange(url, await assertion(app, url))).resolves.toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    const headers = { authorization: `Bearer ${accessToken}` };
    await expect(send(`${okta.url}/api/v1/devices`, { headers })).resolves.toMatchObject({ status: 401, body: { errorCode: 'E0000011' } });
    okta.rejectCredentials(false);
    expect((await send(`${okta.url}/api/v1/devices`, { headers })).status).toBe(200);
  });
});

describe('DPoP at the token endpoint', () => {
  test('is demanded, first without and then with a nonce, as recorded', async () => {
    const url = await start({ requireDpop: true });
    await expect(exchange(url, await assertion(app, url))).resolves.toMatchObject({
      status: 400,
      body: { error: 'invalid_dpop_proof', error_description: 'The DPoP proof JWT header is missing.' },
    });
    const prover = await createProver();
    const challenge = await exchange(url, await assertion(app, url), { dpop: await prover.prove('POST', url) });
    expect(challenge).toMatchObject({
      status: 400,
      body: { error: 'use_dpop_nonce', error_description: 'Authorization server requires nonce in DPoP proof.' },
    });
    const nonce = challenge.headers.get('dpop-nonce') ?? '';
    const issued = await exchange(url, await assertion(app, url), { dpop: await prover.prove('POST', url, { nonce }) });
    expect(issued).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
    okta.rotateNonce();
    const stale = await exchange(url, await assertion(app, url), { dpop: await prover.prove('POST', url, { nonce }) });
    expect(stale).toMatchObject({ status: 400, body: { error: 'use_dpop_nonce' } });
    expect(okta.violations()).toEqual([]);
  });

  test('takes only the algorithms that the metadata lists', async () => {
    const url = await start({ requireDpop: true, dpopAlgorithms: ['RS256'] });
    const metadata = await send(`${okta.url}/.well-known/oauth-authorization-server`);
    expect(metadata.body).toMatchObject({ dpop_signing_alg_values_supported: ['RS256'], token_endpoint: url });
    const errors = [];
    for (const algorithm of ['ES256', 'RS256'] as const) {
      const prover = await createProver(algorithm);
      errors.push((await exchange(url, await assertion(app, url), { dpop: await prover.prove('POST', url) })).body);
    }
    expect(errors).toMatchObject([{ error: 'invalid_dpop_proof' }, { error: 'use_dpop_nonce' }]);
  });
});

async function bound() {
  const url = await start({ requireDpop: true });
  const prover = await createProver();
  const challenge = await exchange(url, await assertion(app, url), { dpop: await prover.prove('POST', url) });
  const nonce = challenge.headers.get('dpop-nonce') ?? '';
  const { accessToken } = await exchange(url, await assertion(app, url), { dpop: await prover.prove('POST', url, { nonce }) });
  return { prover, accessToken, ath: accessTokenHash(accessToken), devices: `${okta.url}/api/v1/devices` };
}

function list(url: string, accessToken: string, dpop: string) {
  return send(url, { headers: { authorization: `DPoP ${accessToken}`, dpop } });
}

describe('DPoP at the API', () => {
  test('a proof counts once: a replay is a 400 with an empty body, its cause only in WWW-Authenticate', async () => {
    const { prover, accessToken, ath, devices } = await bound();
    const proof = await prover.prove('GET', devices, { ath });
    expect((await list(`${devices}?limit=1`, accessToken, proof)).status).toBe(200);
    const replay = await list(devices, accessToken, proof);
    expect([replay.status, replay.body]).toEqual([400, null]);
    expect(replay.headers.get('www-authenticate')).toMatch(/^DPoP .*error="invalid_dpop_proof", error_description=".*already been used/);
    expect(okta.violations()).toEqual([]);
  });

  test('a proof is used up by a request that met a fault', async () => {
    const { prover, accessToken, ath, devices } = await bound();
    okta.order({ operation: 'listDevices', times: 1, fault: { kind: 'status', status: 429 } });
    const proof = await prover.prove('GET', devices, { ath });
    expect((await list(devices, accessToken, proof)).status).toBe(429);
    expect((await list(devices, accessToken, proof)).status).toBe(400);
  });

  test.each([
    ['for another method', { htm: 'POST' }],
    ['for another address', { htu: 'http://127.0.0.1/api/v1/devices' }],
    ['for another token', { ath: 'x' }],
    ['of another hour', { iat: Math.floor(Date.now() / 1000) - 3600 }],
  ])('a proof %s is refused', async (_, claims) => {
    const { prover, accessToken, ath, devices } = await bound();
    expect((await list(devices, accessToken, await prover.prove('GET', devices, { ath, ...claims }))).status).toBe(400);
  });

  test("another key's proof, and the token without a proof, are refused", async () => {
    const { accessToken, ath, devices } = await bound();
    const thief = await createProver();
    expect((await list(devices, accessToken, await thief.prove('GET', devices, { ath }))).status).toBe(400);
    expect((await send(devices, { headers: { authorization: `Bearer ${accessToken}` } })).status).toBe(401);
  });
});
