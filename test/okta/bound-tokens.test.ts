import { afterEach, describe, expect, test } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { Fault } from '../sandbox/faults.js';
import { startHttpDouble, type HttpDouble } from '../sandbox/http-double.js';
import { serviceApp } from '../upstreams/okta-subject.js';
import { clientOf, closeDoubles, closing, nothing, org } from './org.js';

afterEach(closeDoubles);

const proofsOf = (double: HttpDouble): string[] => double.requests.flatMap(({ headers }) => headers['dpop'] ?? []);

describe('DPoP', () => {
  test('no proof is sent twice, and the nonce of the first exchange serves the second', async () => {
    const okta = await org();
    const client = clientOf(okta);
    await client.findDevices(nothing);
    okta.expireTokens();
    await client.findDevices(nothing);
    const proofs = proofsOf(okta).map((proof) => decodeJwt(proof).jti);
    expect(new Set(proofs).size).toBe(proofs.length);
    expect(okta.calls('token')).toHaveLength(3);
  });

  test('a nonce that Okta has replaced costs one more request', async () => {
    const okta = await org();
    const client = clientOf(okta);
    await client.findDevices(nothing);
    okta.expireTokens();
    okta.rotateNonce();
    await client.findDevices(nothing);
    expect(okta.calls('token')).toHaveLength(4);
  });

  test('a resource that demands a nonce gets it, without another token', async () => {
    const okta = await org();
    const headers = { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': 'resource-nonce' };
    okta.order({ fault: { kind: 'status', status: 401, headers }, operation: 'listDevices', times: 1 });
    await clientOf(okta).findDevices(nothing);
    const nonces = okta.calls('listDevices').map((request) => decodeJwt(request.headers['dpop'] ?? '')['nonce']);
    expect(nonces).toEqual([undefined, 'resource-nonce']);
    expect(okta.calls('token')).toHaveLength(2);
  });

  test('a nonce that is demanded only of the renewed token is no refusal of the credentials', async () => {
    const okta = await org();
    const headers = { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': 'resource-nonce' };
    okta.order({ fault: { kind: 'status', status: 401, body: '{"errorCode":"E0000011","errorSummary":"text"}' }, operation: 'listDevices', times: 1 });
    okta.order({ fault: { kind: 'status', status: 401, headers }, operation: 'listDevices', times: 1 });
    expect((await clientOf(okta).findDevices(nothing)).value).toEqual([]);
    expect(okta.calls('listDevices')).toHaveLength(3);
    expect(okta.calls('token')).toHaveLength(3);
  });

  test.each([1, 0.001])('a token that is good for %d s serves the calls that wait for it, and the next one gets another', async (expires_in) => {
    const okta = closing(await startHttpDouble({
      operationOf: ({ pathname }) => pathname,
      answer: async ({ pathname }) => ({ status: 200, body: pathname.endsWith('token') ? { access_token: 'brief', token_type: 'Bearer', expires_in } : [] }),
    }));
    const client = clientOf(okta);
    await Promise.all([client.findDevices(nothing), client.findDevices(nothing)]);
    expect(okta.calls('/oauth2/v1/token')).toHaveLength(1);
  });

  test.each([
    ['ES256', 'list it', ['RS256', 'ES256'], null],
    ['RS256', 'do not list ES256', ['RS256'], null],
    ['RS256', 'are not to be had', ['RS256', 'ES256'], { kind: 'status', status: 503 }],
    ['RS256', 'are garbage', ['RS256', 'ES256'], { kind: 'garbage' }],
    ['RS256', 'hang', ['RS256', 'ES256'], { kind: 'hang' }],
  ] satisfies [string, string, string[], Fault | null][])('proofs are by %s where the metadata %s', async (...[algorithm, , dpopAlgorithms, fault]) => {
    const okta = await org({ dpopAlgorithms });
    if (fault !== null) okta.order({ fault, operation: 'metadata' });
    await clientOf(okta).findDevices(nothing);
    expect(new Set(proofsOf(okta).map((proof) => decodeProtectedHeader(proof).alg))).toEqual(new Set([algorithm]));
  });

  test('the proof key is not the key of the client', async () => {
    const okta = await org();
    await clientOf(okta).findDevices(nothing);
    const keys = proofsOf(okta).map((proof) => decodeProtectedHeader(proof).jwk?.x);
    expect(keys).not.toContain(serviceApp.registered.publicKeys[0]?.x);
    expect(new Set(keys).size).toBe(1);
  });

  test('an app whose tokens are not bound sends them as Bearer', async () => {
    const body = { access_token: 'plain', token_type: 'Bearer', expires_in: 3_600 };
    const okta = closing(await startHttpDouble({
      operationOf: ({ pathname }) => pathname,
      answer: async ({ pathname }) => ({ status: 200, body: pathname.endsWith('token') ? body : [] }),
    }));
    await clientOf(okta).findDevices(nothing);
    expect(okta.calls('/api/v1/devices')[0]?.headers['authorization']).toBe('Bearer plain');
  });
});
