import { createPublicKey } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { createEntraClient, type EntraOptions } from '../../src/entra/client.js';
import { PinnedBearer, uncarried } from '../../src/entra/middleware.js';
import { graphContract } from '../sandbox/contract.js';
import { startEntra } from '../sandbox/entra/server.js';
import { selfSigned } from './self-signed.js';
import { closeTenant } from './tenant.js';

const { certificate, privateKey } = selfSigned();
const options: EntraOptions = {
  tenantId: 't',
  clientId: 'c',
  credential: { kind: 'certificate', pem: () => certificate + privateKey },
  authorityHost: 'https://login.microsoftonline.com',
  graphBaseUrl: 'https://graph.microsoft.com',
  timeoutMs: 2_000,
};

test('a client with a certificate that cannot be used is refused before its first call', () => {
  expect(() => createEntraClient(options)).not.toThrow();
  expect(() => createEntraClient({ ...options, credential: { kind: 'certificate', pem: () => certificate } })).toThrow('private_key_missing');
});

test('a certificate signs a user out', async () => {
  const certificatePublicKey = createPublicKey(certificate).export({ type: 'spki', format: 'pem' }).toString();
  const entra = await startEntra({ certificatePublicKey, contract: graphContract() });
  const { url, tenantId, clientId } = entra;
  const jane = entra.addUser({ userPrincipalName: 'jane@contoso.com' });
  const client = createEntraClient({ ...options, tenantId, clientId, authorityHost: url, graphBaseUrl: url });
  expect(await client.revokeSignInSessions('jane@contoso.com')).toMatchObject({ value: 'revoked' });
  expect(entra.signInSessions(jane.id)).toHaveLength(1);
  await closeTenant(entra);
});

test('another origin gets neither a token nor a request', async () => {
  const untouched = { lease: neverCalled, renew: neverCalled };
  const bearer = new PinnedBearer('https://graph.microsoft.com', untouched);
  bearer.setNext({ execute: neverCalled });
  const request = 'https://graph.microsoft.com.evil.example/v1.0/users';
  const error = await bearer.execute({ request, options: {} }).catch(uncarried);
  expect(error).toMatchObject({ details: { kind: 'rejected', code: 'foreign_origin' } });
});

function neverCalled(): Promise<never> {
  return Promise.reject(new Error('must not be called'));
}
