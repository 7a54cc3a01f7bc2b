import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { EmbeddedJWK, jwtVerify } from 'jose';
import { createProofs } from '../../src/okta/dpop.js';

const url = 'https://acme.okta.com/api/v1/devices?search=a#b';

test.each(['ES256', 'RS256'] as const)('a proof by %s can be checked with the key it carries, which is a public one', async (algorithm) => {
  const prove = await createProofs(algorithm);
  const { payload, protectedHeader } = await jwtVerify(prove({ method: 'GET', url, nonce: 'n1', accessToken: 'token' }), EmbeddedJWK);
  expect(protectedHeader).toMatchObject({ alg: algorithm, typ: 'dpop+jwt' });
  expect(protectedHeader.jwk).not.toHaveProperty('d');
  const ath = createHash('sha256').update('token').digest('base64url');
  expect(payload).toMatchObject({ htm: 'GET', htu: 'https://acme.okta.com/api/v1/devices', nonce: 'n1', ath });
});

test('no two proofs are alike, and what is not known is left out', async () => {
  const prove = await createProofs('ES256');
  const proofs = [prove({ method: 'GET', url }), prove({ method: 'GET', url })];
  const claims = await Promise.all(proofs.map(async (proof) => (await jwtVerify(proof, EmbeddedJWK)).payload));
  expect(new Set(claims.map(({ jti }) => jti)).size).toBe(2);
  for (const claim of claims) expect(Object.keys(claim).toSorted()).toEqual(['htm', 'htu', 'iat', 'jti']);
});
