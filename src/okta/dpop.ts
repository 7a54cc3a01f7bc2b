import { createHash, randomUUID } from 'node:crypto';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';

export type ProofAlgorithm = 'ES256' | 'RS256';

export type ProofOf = { method: string; url: string; nonce?: string | undefined; accessToken?: string | undefined };

/** Signs one DPoP proof (RFC 9449) for one request; a proof is never sent twice. */
export type ProveRequest = (request: ProofOf) => Promise<string>;

/**
 * Proofs by a key pair of this process. Okta's guide on DPoP asks for a key pair other than the one that authenticates the client;
 * it never leaves this process, and access tokens are bound to it.
 */
export async function createProofs(algorithm: ProofAlgorithm): Promise<ProveRequest> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm);
  const jwk = await exportJWK(publicKey);
  return async ({ method, url, nonce, accessToken }) => {
    const claims = {
      htm: method,
      htu: withoutQuery(url),
      ...(nonce !== undefined && { nonce }),
      ...(accessToken !== undefined && { ath: createHash('sha256').update(accessToken).digest('base64url') }),
    };
    return await new SignJWT(claims)
      .setProtectedHeader({ alg: algorithm, typ: 'dpop+jwt', jwk })
      .setJti(randomUUID())
      .setIssuedAt()
      .sign(privateKey);
  };
}

/** RFC 9449, 4.2: `htu` is the target URI without query and fragment. */
function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
