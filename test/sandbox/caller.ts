import { createHash, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importPKCS8, SignJWT, type JWTPayload } from 'jose';
import { z } from 'zod';
import type { ServiceApp } from './okta/service-app.js';

/** One answer, its body parsed where there is one. */
type Answer = { status: number; headers: Headers; body: unknown };

/** Sends a request with nothing added: what the sandbox's own tests call it with. */
export async function send(url: string, request: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, request);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}

/** Signs DPoP proofs with a key of its own; claims can be replaced to get them wrong. */
export async function createProver(algorithm: 'ES256' | 'RS256' = 'ES256') {
  const { privateKey, publicKey } = await generateKeyPair(algorithm);
  const jwk = await exportJWK(publicKey);
  return {
    thumbprint: await calculateJwkThumbprint(jwk),
    prove: (method: string, url: string, claims: JWTPayload = {}): Promise<string> =>
      new SignJWT({ htm: method, htu: url, jti: randomUUID(), ...claims })
        .setProtectedHeader({ alg: algorithm, typ: 'dpop+jwt', jwk })
        .setIssuedAt(claims.iat)
        .sign(privateKey),
  };
}

export function accessTokenHash(accessToken: string): string {
  return createHash('sha256').update(accessToken).digest('base64url');
}

/** A client assertion (`private_key_jwt`) for a token endpoint. */
export async function assertion({ credentials, keyId, privateKeyPem }: ServiceApp, audience: string, claims: JWTPayload = {}): Promise<string> {
  const { clientId } = credentials;
  return new SignJWT({ iss: clientId, sub: clientId, aud: audience, jti: randomUUID(), ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: keyId })
    .setIssuedAt()
    .setExpirationTime(claims.exp ?? '5m')
    .sign(await importPKCS8(privateKeyPem, 'RS256'));
}

const tokenBody = z.looseObject({ access_token: z.string() });

/** Asks for a token; `accessToken` is empty where it was refused. */
export async function exchange(url: string, clientAssertion: string, headers: Record<string, string> = {}) {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    scope: 'okta.devices.read okta.devices.manage',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: clientAssertion,
  });
  const answer = await send(url, { method: 'POST', headers, body });
  const issued = tokenBody.safeParse(answer.body);
  return { ...answer, accessToken: issued.success ? issued.data.access_token : '' };
}
