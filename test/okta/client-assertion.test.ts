import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { clientAssertion } from '../../src/okta/client-assertion.js';

const audience = 'https://acme.okta.com/oauth2/v1/token';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });

const pem = (key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1'): string =>
  type === 'pkcs1' ? key.export({ format: 'pem', type }).toString() : key.export({ format: 'pem', type }).toString();
const jwk = (key: KeyObject, kid?: string): string => JSON.stringify({ ...key.export({ format: 'jwk' }), ...(kid && { kid }) });
const assertionOf = (text: string, keyId?: string) => clientAssertion({ clientId: '0oa1', keyId, privateKey: () => text }, audience);
const kidOf = async (text: string, keyId?: string) => decodeProtectedHeader(await assertionOf(text, keyId)).kid;
const missingFile = (): string => {
  throw new Error('ENOENT /run/secrets/okta.pem');
};

describe('the assertion of a service app', () => {
  test.each([
    ['RSA, PKCS #8', pem(rsa.privateKey, 'pkcs8'), rsa.publicKey, 'RS256'],
    ['RSA, PKCS #1', pem(rsa.privateKey, 'pkcs1'), rsa.publicKey, 'RS256'],
    ['RSA, JWK', jwk(rsa.privateKey), rsa.publicKey, 'RS256'],
    ['EC, PKCS #8', pem(p256.privateKey, 'pkcs8'), p256.publicKey, 'ES256'],
    ['EC, SEC 1', pem(p256.privateKey, 'sec1'), p256.publicKey, 'ES256'],
    ['EC, JWK', jwk(p256.privateKey), p256.publicKey, 'ES256'],
    ['EC P-384, PKCS #8', pem(p384.privateKey, 'pkcs8'), p384.publicKey, 'ES384'],
  ])('is signed with the key it is given: %s', async (...[, text, publicKey, alg]) => {
    const { payload, protectedHeader } = await jwtVerify(await assertionOf(text), publicKey, { audience, issuer: '0oa1', subject: '0oa1' });
    expect(protectedHeader.alg).toBe(alg);
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300);
    expect(payload.jti).toBeTruthy();
  });

  test('names the key as configured, else as the JWK does, else not at all', async () => {
    expect(await kidOf(jwk(p256.privateKey, 'own'), 'configured')).toBe('configured');
    expect(await kidOf(jwk(p256.privateKey, 'own'))).toBe('own');
    expect(await kidOf(jwk(p256.privateKey))).toBeUndefined();
  });

  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const unknown = generateKeyPairSync('ed25519').privateKey;
  test.each([
    ['no key', 'hunter2'],
    ['nothing', ''],
    ['a broken PEM', pem(rsa.privateKey, 'pkcs8').replace('M', '!')],
    ['a broken JWK', jwk(p256.privateKey).replace('"kty"', '"tky"')],
    ['half a JWK', jwk(p256.privateKey).slice(0, 60)],
    ['a public key', p256.publicKey.export({ format: 'pem', type: 'spki' }).toString()],
    ['a kind of key that Okta does not take', pem(unknown, 'pkcs8')],
    ['an RSA key that is too short', pem(short, 'pkcs8')],
  ])('%s is named as the fault, and never quoted', async (_, text) => {
    const error: unknown = await assertionOf(text).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ details: { kind: 'credentials', code: 'invalid_private_key', operation: 'token' } });
    const told = inspect(error, { depth: 9, showHidden: true });
    expect(text !== '' && told.includes(text.slice(30, 60) || text)).toBe(false);
  });

  test('a source of keys that fails is named as the fault', async () => {
    const asserted = clientAssertion({ clientId: '0oa1', keyId: undefined, privateKey: missingFile }, audience);
    await expect(asserted).rejects.toMatchObject({ details: { code: 'invalid_private_key' } });
  });
});
