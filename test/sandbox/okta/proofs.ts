import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, decodeJwt, EmbeddedJWK, jwtVerify } from 'jose';
import { z } from 'zod';
import type { DoubleRequest } from '../http-message.js';

/** What a proof must carry beyond method and address (RFC 9449, 4.3). */
type ProofDemand = { algorithms: string[]; accessToken?: string; maxAgeSeconds?: number };

type Proof = { ok: true; thumbprint: string; nonce: string | null } | { ok: false; problem: string };

const header = z.object({ typ: z.literal('dpop+jwt'), alg: z.string(), jwk: z.looseObject({ kty: z.string() }) });

const claims = z.object({
  htm: z.string(),
  htu: z.string(),
  iat: z.number(),
  jti: z.string().min(1),
  nonce: z.string().optional(),
  ath: z.string().optional(),
});

/** Counts the `jti` of every proof and assertion that was ever sent, also with requests that met a fault. */
export type SeenTokens = { count: (jwt: string) => number; see: (jwt: string) => void };

export function createSeenTokens(): SeenTokens {
  const counts = new Map<string, number>();
  return {
    count: (jwt) => counts.get(identity(jwt)) ?? 0,
    see: (jwt) => void counts.set(identity(jwt), (counts.get(identity(jwt)) ?? 0) + 1),
  };
}

function identity(jwt: string): string {
  try {
    return decodeJwt(jwt).jti ?? jwt;
  } catch {
    return jwt;
  }
}

/** Verifies the DPoP proof of a request for real; the problem is told in Okta's words where they are known. */
export async function verifyProof(request: DoubleRequest, demand: ProofDemand, seen: SeenTokens): Promise<Proof> {
  const jwt = request.headers['dpop'];
  if (jwt === undefined) return problem('The DPoP proof JWT header is missing.');
  if (seen.count(jwt) > 1) return problem('The DPoP proof JWT has already been used.');
  try {
    const verified = await jwtVerify(jwt, EmbeddedJWK, { algorithms: demand.algorithms, typ: 'dpop+jwt' });
    const { jwk } = header.parse(verified.protectedHeader);
    if ('d' in jwk) return problem('The DPoP proof JWT contains a private key.');
    const wrong = claimProblem(request, claims.parse(verified.payload), demand);
    if (wrong) return problem(wrong);
    return { ok: true, thumbprint: await calculateJwkThumbprint(jwk), nonce: claims.parse(verified.payload).nonce ?? null };
  } catch (error) {
    return problem(`The DPoP proof JWT is invalid: ${error instanceof z.ZodError ? 'claims are missing' : String(error)}`);
  }
}

function claimProblem(request: DoubleRequest, proof: z.infer<typeof claims>, { accessToken, maxAgeSeconds = 300 }: ProofDemand): string | null {
  if (proof.htm !== request.method) return 'The DPoP proof JWT htm does not match the method.';
  if (proof.htu !== request.origin + request.pathname) return 'The DPoP proof JWT htu does not match the URL.';
  if (Math.abs(Date.now() / 1000 - proof.iat) > maxAgeSeconds) return 'The DPoP proof JWT iat is out of range.';
  const ath = accessToken === undefined ? undefined : createHash('sha256').update(accessToken).digest('base64url');
  return ath === undefined || proof.ath === ath ? null : 'The DPoP proof JWT ath does not match the access token.';
}

function problem(text: string): Proof {
  return { ok: false, problem: text };
}
