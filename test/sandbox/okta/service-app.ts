import { exportJWK, exportPKCS8, generateKeyPair } from 'jose';
import type { OktaCredentials } from './token-endpoint.js';
import { newId } from './org.js';

/** A service app's registration as the org knows it, and what the app itself holds. */
export type ServiceApp = {
  credentials: OktaCredentials & { clientId: string };
  keyId: string;
  /** PKCS 8 PEM. */
  privateKeyPem: string;
  /** JWK as JSON text, with its `kid`. */
  privateKeyJwk: string;
};

/** Registers a service app with a new RSA key. */
export async function createServiceApp(): Promise<ServiceApp> {
  const keyId = newId('kid');
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const publicJwk = { ...(await exportJWK(publicKey)), kid: keyId, alg: 'RS256', use: 'sig' };
  const privateJwk = { ...(await exportJWK(privateKey)), kid: keyId, alg: 'RS256', use: 'sig' };
  return {
    credentials: { clientId: newId('0oa'), publicKeys: [publicJwk] },
    keyId,
    privateKeyPem: await exportPKCS8(privateKey),
    privateKeyJwk: JSON.stringify(privateJwk),
  };
}
