import type { DoubleAnswer, DoubleRequest } from '../http-message.js';
import { createMatcher, type Match } from '../path-template.js';
import { invalidToken, oauthError } from './answers.js';
import { createAuthorization } from './authorization.js';
import { deviceReads } from './devices.js';
import { deviceLifecycle } from './lifecycle.js';
import { metadata, metadataPaths } from './metadata.js';
import type { OktaOptions } from './options.js';
import type { Org } from './org.js';
import type { SeenTokens } from './proofs.js';
import type { Bucket } from './rate-limit.js';
import type { Route } from './route.js';
import { systemLog } from './system-log.js';
import { createTokenEndpoint } from './token-endpoint.js';
import { userRoutes } from './users.js';

/** What a request addresses, and its answer, still to be metered. */
type Endpoint = { operation: string; bucket: Bucket; answer: () => Promise<DoubleAnswer> };

type Api = {
  endpointOf: (request: DoubleRequest) => Endpoint | null;
  rejectCredentials: (rejected: boolean) => void;
  expireTokens: () => void;
  rotateNonce: () => void;
};

/** Everything that the org answers, with its authorization but without its rate limit. */
export function createApi(org: Org, options: OktaOptions, seen: SeenTokens): Api {
  const { credentials = { token: 'sandbox-api-token' }, dpopAlgorithms = ['RS256', 'ES256'], requireDpop = false } = options;
  const { wrongState = 'idempotent', staleReads = 0, tokenLifetimeSeconds: lifetimeSeconds = 3600 } = options;
  const tokens = createTokenEndpoint({ credentials, requireDpop, dpopAlgorithms, lifetimeSeconds }, seen);
  const authorize = createAuthorization({ credentials, dpopAlgorithms }, tokens, seen);
  const match = createMatcher([...deviceReads(org), ...deviceLifecycle(org, { wrongState, staleReads }), ...userRoutes(org), systemLog(org)]);
  let rejected = false;

  function endpointOf(request: DoubleRequest): Endpoint | null {
    const { method, pathname, origin } = request;
    if (method === 'POST' && pathname === '/oauth2/v1/token') {
      return { operation: 'token', bucket: 'token', answer: async () => (rejected ? refusedClient() : tokens.answer(request)) };
    }
    if (method === 'GET' && metadataPaths.has(pathname)) {
      return { operation: 'metadata', bucket: 'other', answer: async () => metadata(origin, dpopAlgorithms) };
    }
    const found = match(method, pathname);
    return found && { operation: found.operation.name, bucket: found.operation.bucket, answer: () => answerRoute(request, found) };
  }

  async function answerRoute(request: DoubleRequest, { operation: route, params }: Match<Route>): Promise<DoubleAnswer> {
    if (rejected) return invalidToken();
    const caller = await authorize(request, route.scope);
    return caller.ok ? route.answer({ request, params, actor: caller.actor }) : caller.answer;
  }

  const rejectCredentials = (on: boolean): void => {
    rejected = on;
  };
  return { endpointOf, rejectCredentials, expireTokens: tokens.expireTokens, rotateNonce: tokens.rotateNonce };
}

function refusedClient(): DoubleAnswer {
  return oauthError(401, 'invalid_client', 'The client is not authorized: its keys are no longer registered.');
}
