import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { exchangeToken, type EntraCredential } from '../../src/entra/token-exchange.js';
import { UpstreamFailure } from '../../src/failure.js';
import { startHttpDouble, type HttpDouble } from '../sandbox/http-double.js';
import { selfSigned } from './self-signed.js';

const tenantId = '7d8a3f3e-0000-4000-8000-000000000001';
const clientId = '7d8a3f3e-0000-4000-8000-00000000000c';
const secret = 's3cr+t&=';
const granted = { status: 200, body: { token_type: 'Bearer', expires_in: 3599, access_token: 'token-1' } };

let sts: HttpDouble;
beforeEach(async () => {
  sts = await startHttpDouble({ operationOf: () => 'token', answer: async () => granted });
});
afterEach(async () => {
  delete process.env['MSAL_FORCE_REGION'];
  await sts.close();
});

function exchange(credential: EntraCredential = { kind: 'secret', secret: () => secret }) {
  const scope = 'https://graph.microsoft.com/.default';
  return exchangeToken({ tenantId, clientId, credential, authorityOrigin: sts.url, scope, timeoutMs: 2_000 });
}

async function failureOf(credential?: EntraCredential): Promise<UpstreamFailure> {
  const error: unknown = await exchange(credential).catch((reason: unknown) => reason);
  if (error instanceof UpstreamFailure) return error;
  throw new Error('expected an UpstreamFailure', { cause: error });
}

const form = (index: number): URLSearchParams => new URLSearchParams(sts.requests[index]?.body);

describe('with a secret', () => {
  test('one POST to the tenant gives the token, whatever region the environment forces', async () => {
    process.env['MSAL_FORCE_REGION'] = 'westeurope';
    const before = Date.now();
    const token = await exchange();
    expect(token.value).toBe('token-1');
    expect(Math.abs(token.expiresAt - before - 3_599_000)).toBeLessThan(10_000);
    expect(sts.requests.map(({ method, path }) => `${method} ${path.split('?')[0]}`)).toEqual([`POST /${tenantId}/oauth2/v2.0/token`]);
    expect(Object.fromEntries(form(0))).toMatchObject({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: secret,
      scope: 'https://graph.microsoft.com/.default',
    });
    expect(sts.requests[0]?.path).not.toContain('s3cr');
  });

  test('the token is used until a minute before it ends, and renewed in the last quarter of its life', async () => {
    const { lifetimeMs, renewInMs } = await exchange();
    expect(Math.abs(lifetimeMs - 3_539_000)).toBeLessThan(10_000);
    expect(Math.abs((renewInMs ?? 0) - 2_699_000)).toBeLessThan(10_000);
  });

  test("the token is renewed when Entra's refresh_in advises it", async () => {
    const body = JSON.stringify({ ...granted.body, expires_in: 86_399, refresh_in: 43_199 });
    sts.order({ fault: { kind: 'status', status: 200, headers: { 'content-type': 'application/json' }, body } });
    const { renewInMs } = await exchange();
    expect(Math.abs((renewInMs ?? 0) - 43_199_000)).toBeLessThan(10_000);
  });

  test('a rotated secret is used at the next exchange', async () => {
    let current = 'old';
    const credential: EntraCredential = { kind: 'secret', secret: () => current };
    await exchange(credential);
    current = 'new';
    await exchange(credential);
    expect([form(0).get('client_secret'), form(1).get('client_secret')]).toEqual(['old', 'new']);
  });

  test.each([
    ['an empty secret', () => '', 'invalid_client_credential'],
    [
      'a secret that cannot be read',
      () => {
        throw new Error(`ENOENT ${secret}`);
      },
      'credential_unusable',
    ],
  ])('%s is refused without a request', async (_, read, code) => {
    const failure = await failureOf({ kind: 'secret', secret: read });
    expect(failure.details).toMatchObject({ kind: 'credentials', code });
    expect(inspect(failure, { depth: 12, showHidden: true })).not.toContain('s3cr');
    expect(sts.requests).toEqual([]);
  });
});

describe('with a certificate', () => {
  const { certificate, privateKey } = selfSigned();
  const credential: EntraCredential = { kind: 'certificate', pem: () => certificate + privateKey };

  test('the assertion is signed by its key, for this endpoint, and names its thumbprint', async () => {
    await exchange(credential);
    const assertion = form(0).get('client_assertion') ?? '';
    const audience = `${sts.url}/${tenantId}/oauth2/v2.0/token`;
    await jwtVerify(assertion, createPublicKey(certificate), { audience, issuer: clientId, algorithms: ['PS256'], clockTolerance: 1 });
    const thumbprint = createHash('sha256').update(new X509Certificate(certificate).raw).digest('base64url');
    expect(decodeProtectedHeader(assertion)).toMatchObject({ 'x5t#S256': thumbprint });
    expect(form(0).has('client_secret')).toBe(false);
  });
});

describe('when the token endpoint does not help', () => {
  test('a refusal carries the AADSTS number, and never its description or the secret', async () => {
    const body = JSON.stringify({ error: 'invalid_client', error_codes: [7000215], error_description: `bad ${secret} for jane@contoso.com` });
    sts.order({ fault: { kind: 'status', status: 401, headers: { 'content-type': 'application/json' }, body } });
    const failure = await failureOf();
    expect(failure.details).toMatchObject({ kind: 'credentials', status: 401, code: 'AADSTS7000215' });
    expect(inspect(failure, { depth: 12, showHidden: true })).not.toMatch(/s3cr|jane/);
  });

  test.each([
    ['transient', 'timeout', { kind: 'hang' }],
    ['transient', 'UND_ERR_SOCKET', { kind: 'reset' }],
    ['transient', 'no_token', { kind: 'status', status: 503, body: '<html>' }],
    ['credentials', 'no_token', { kind: 'garbage' }],
    ['credentials', 'no_token', { kind: 'status', status: 200, body: '{}' }],
  ] as const)('%s, %s: nothing can have been changed, and the next exchange is not held back', async (kind, code, fault) => {
    sts.order({ fault, times: 1 });
    const { details } = await failureOf();
    expect(details).toMatchObject({ kind, code });
    expect(details.uncertain ?? false).toBe(false);
    expect((await exchange()).value).toBe('token-1');
  });

  test('a 429 says how long to wait, and msal does not refuse the next exchange on its own', async () => {
    sts.order({ fault: { kind: 'status', status: 429, headers: { 'retry-after': '7' }, body: '{"error":"throttled"}' }, times: 1 });
    expect((await failureOf()).details).toMatchObject({ kind: 'throttled', waitMs: 7_000 });
    expect((await exchange()).value).toBe('token-1');
    expect(sts.requests).toHaveLength(2);
  });
});
