import { createHash, generateKeyPair, randomUUID, sign } from 'node:crypto';
import { promisify } from 'node:util';

export type ProofAlgorithm = 'ES256' | 'RS256';

type ProofOf = { method: string; url: string; nonce?: string | undefined; accessToken?: string | undefined };

/** Signs one DPoP proof (RFC 9449) for one request; a proof is never sent twice. */
export type ProveRequest = (request: ProofOf) => string;

/**
 * Proofs by a key pair of this process. Okta's guide on DPoP asks for a key pair other than the one that authenticates the client;
 * it never leaves this process, and access tokens are bound to it. Signed on the spot: on the way to a suspension a library's detour over
 * the thread pool costs more time than the signature.
 */
export async function createProofs(algorithm: ProofAlgorithm): Promise<ProveRequest> {
  const { privateKey, publicKey } = await (algorithm === 'ES256'
    ? promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
    : promisify(generateKeyPair)('rsa', { modulusLength: 2048 }));
  const header = encoded({ alg: algorithm, typ: 'dpop+jwt', jwk: publicKey.export({ format: 'jwk' }) });
  return ({ method, url, nonce, accessToken }) => {
    const claims = {
      htm: method,
      htu: withoutQuery(url),
      jti: randomUUID(),
      iat: Math.floor(Date.now() / 1000),
      ...(nonce !== undefined && { nonce }),
      ...(accessToken !== undefined && { ath: createHash('sha256').update(accessToken).digest('base64url') }),
    };
    const signed = `${header}.${encoded(claims)}`;
    // RFC 7518, 3.4: an ES256 signature is R and S side by side; RSA ignores the option.
    const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  };
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

/** RFC 9449, 4.2: `htu` is the target URI without query and fragment. */
function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
