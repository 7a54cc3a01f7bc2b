import { z } from 'zod';
import { UpstreamFailure } from '../failure.js';
import { httpCall, type HttpAnswer } from '../http-call.js';
import { demandsNonce, failureOf, readBody } from './answer.js';
import { clientAssertion, type ClientKey } from './client-assertion.js';
import { createProofs, type ProofAlgorithm, type ProveRequest } from './dpop.js';

export const scopes = ['okta.devices.read', 'okta.devices.manage', 'okta.users.read', 'okta.users.manage'] as const;

/** With it the relay can tell whose suspension it sees; without it, it goes on and looks before it suspends. */
const logScope = 'okta.logs.read';

/** `lifetimeMs` counts from the answer. A `DPoP` token is of use only with proofs by the key that `prove` signs with. */
export type IssuedToken = { value: string; scheme: 'DPoP' | 'Bearer'; lifetimeMs: number; prove: ProveRequest };

/** `asked`: the scopes to ask for; absent: all that the relay needs, and the System Log's where the app was granted it. */
export type TokenEndpoint = { orgUrl: string; client: ClientKey; timeoutMs: number; asked?: readonly string[] };

/** Metadata are a convenience (a faster proof key): they may not cost more of a cold start than this. */
const longestMetadataWaitMs = 2_000;

/**
 * Asks Okta's org authorization server for access tokens (client credentials). The proof key is made at the first exchange; the nonce
 * that Okta demands is kept, so later exchanges take one request. Throws `UpstreamFailure`; a failed exchange changes nothing at Okta.
 */
export function createTokenEndpoint({ orgUrl, client, timeoutMs, asked }: TokenEndpoint): () => Promise<IssuedToken> {
  const url = `${orgUrl}/oauth2/v1/token`;
  const needed = asked ?? scopes;
  let welcome: readonly string[] = asked === undefined ? [logScope] : [];
  let prove: ProveRequest | undefined;
  let nonce: string | undefined;

  async function request(proofs: ProveRequest, wanted: readonly string[]): Promise<HttpAnswer> {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      scope: wanted.join(' '),
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await clientAssertion(client, url),
    }).toString();
    const headers = {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      dpop: proofs({ method: 'POST', url, nonce }),
    };
    const answer = await httpCall({ upstream: 'okta', operation: 'token', method: 'POST', url, headers, body }, timeoutMs);
    nonce = answer.headers.get('dpop-nonce') ?? nonce;
    return answer;
  }

  async function exchange(wanted: readonly string[]): Promise<IssuedToken> {
    try {
      prove ??= await createProofs(await proofAlgorithm(orgUrl, Math.min(timeoutMs, longestMetadataWaitMs)));
      let answer = await request(prove, wanted);
      if (demandsNonce(answer)) answer = await request(prove, wanted);
      return { ...readToken(answer), prove };
    } catch (error) {
      throw error instanceof UpstreamFailure ? aboutCredentials(error) : error;
    }
  }

  return async () => {
    try {
      return await exchange([...needed, ...welcome]);
    } catch (error) {
      if (welcome.length === 0 || !isRefusedScope(error)) throw error;
    }
    // Okta grants all scopes of a request or none.
    const token = await exchange(needed);
    welcome = [];
    return token;
  };
}

function isRefusedScope(error: unknown): boolean {
  return error instanceof UpstreamFailure && error.details.code === 'invalid_scope';
}

const metadata = z.object({ dpop_signing_alg_values_supported: z.array(z.string()) });

/**
 * ES256 where the org's metadata (RFC 8414) list it, because it signs ten times faster; else, and where they cannot be had, RS256,
 * which every org takes.
 */
async function proofAlgorithm(orgUrl: string, timeoutMs: number): Promise<ProofAlgorithm> {
  const url = `${orgUrl}/.well-known/oauth-authorization-server`;
  const operation = 'metadata';
  try {
    const answer = await httpCall({ upstream: 'okta', operation, method: 'GET', url, headers: { accept: 'application/json' } }, timeoutMs);
    const { dpop_signing_alg_values_supported: supported } = readBody(answer, metadata, operation);
    return supported.includes('ES256') ? 'ES256' : 'RS256';
  } catch {
    return 'RS256';
  }
}

const tokenBody = z.object({
  access_token: z.string().min(1),
  token_type: z.string().toLowerCase().pipe(z.enum(['dpop', 'bearer'])),
  expires_in: z.number().positive(),
});

function readToken(answer: HttpAnswer): Omit<IssuedToken, 'prove'> {
  const refusal = failureOf(answer, { operation: 'token', method: 'POST' });
  if (refusal !== null) throw refusal;
  const body = readBody(answer, tokenBody, 'token');
  return { value: body.access_token, scheme: body.token_type === 'dpop' ? 'DPoP' : 'Bearer', lifetimeMs: body.expires_in * 1_000 };
}

/**
 * Without a token nothing can be done for any object: whatever is neither an outage nor a throttle concerns the credentials, also where no
 * token endpoint is found.
 */
function aboutCredentials(failure: UpstreamFailure): UpstreamFailure {
  const { details } = failure;
  if (details.kind === 'throttled') return failure;
  if (details.kind === 'transient' && details.status !== 404) return new UpstreamFailure({ ...details, uncertain: false });
  return new UpstreamFailure({ ...details, kind: 'credentials', code: details.code ?? 'unusable_token_answer' });
}
