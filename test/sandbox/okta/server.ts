import { randomBytes } from 'node:crypto';
import { startHttpDouble, type HttpDouble } from '../http-double.js';
import type { DoubleAnswer, DoubleRequest } from '../http-message.js';
import { createAdministration, type Administration } from './administration.js';
import { notFound, tooManyRequests } from './answers.js';
import { createApi } from './api.js';
import type { OktaOptions } from './options.js';
import { emptyOrg } from './org.js';
import { createSeenTokens, type SeenTokens } from './proofs.js';
import { createRateLimiter, type Bucket, type RateLimiter } from './rate-limit.js';

export type { OktaOptions } from './options.js';
export type { RateLimit } from './rate-limit.js';

export type OktaDouble = HttpDouble &
  Administration & {
    /** The service app's keys and the API token are refused from now on, or accepted again. */
    rejectCredentials: (rejected: boolean) => void;
    /** Access tokens that were issued so far no longer count. */
    expireTokens: () => void;
    /** The nonce for proofs at the token endpoint changes. */
    rotateNonce: () => void;
    /** Another app uses up part of a bucket. */
    spend: (bucket: Bucket, requests: number) => void;
    /** How many requests came in each window of a limit. */
    rateWindows: RateLimiter['windows'];
  };

/** Starts a double of an Okta org with its devices, users, sessions, System Log and token endpoint. */
export async function startOkta(options: OktaOptions = {}): Promise<OktaDouble> {
  const org = emptyOrg();
  const seen = createSeenTokens();
  const api = createApi(org, options, seen);
  const limiter = createRateLimiter(options.rateLimit);

  async function answer(request: DoubleRequest): Promise<DoubleAnswer> {
    const endpoint = api.endpointOf(request);
    const { allowed, headers: rate } = limiter.take(endpoint?.bucket ?? 'other');
    const answered = allowed ? await (endpoint?.answer() ?? notFound(request.pathname, 'Endpoint')) : tooManyRequests();
    return { ...answered, headers: { ...rate, 'x-okta-request-id': randomBytes(16).toString('hex'), ...answered.headers } };
  }

  const double = await startHttpDouble({
    port: options.port,
    contract: options.contract,
    operationOf: (request) => api.endpointOf(request)?.operation ?? null,
    observe: (request) => seeTokens(request, seen),
    answer,
  });
  const { rejectCredentials, expireTokens, rotateNonce } = api;
  return { ...double, ...createAdministration(org), rejectCredentials, expireTokens, rotateNonce, spend: limiter.spend, rateWindows: limiter.windows };
}

/** Proofs and assertions are used up by being sent, also where the request met a fault or a rate limit. */
function seeTokens(request: DoubleRequest, seen: SeenTokens): void {
  const assertion = new URLSearchParams(request.body).get('client_assertion');
  for (const jwt of [request.headers['dpop'], assertion]) if (jwt) seen.see(jwt);
}
