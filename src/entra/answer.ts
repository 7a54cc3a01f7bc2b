import { UpstreamFailure, type UpstreamFailureKind } from '../failure.js';
import { retryAfterMs, type HttpAnswer } from '../http-call.js';
import { parseJson } from '../json.js';
import { graphError, tokenAnswer, tokenError } from './schema.js';

const defaultWaitMs = 10_000;
const shortestWaitMs = 1_000;
const longestWaitMs = 5 * 60_000;

/**
 * Milliseconds to wait by a `Retry-After` header (seconds, or an HTTP date by the clock of `Date`), between one second and five minutes; ten
 * seconds where it is missing or unreadable. Some Graph services omit it (learn.microsoft.com/graph/throttling).
 */
export function waitMs(headers: Headers): number {
  return Math.min(Math.max(retryAfterMs(headers) ?? defaultWaitMs, shortestWaitMs), longestWaitMs);
}

/** Which Graph request was answered: its vendor's name, and whether it may have changed something. */
export type GraphOperation = { operation: 'revokeSignInSessions' | 'listUsers'; changes: boolean };

/**
 * The failure that a Graph answer means, or null for 2xx. A 404 counts as `not_found` only in the directory's own words: a proxy's page or
 * a wrong base URL must not pass for a user who does not exist.
 */
export function graphFailure({ operation, changes }: GraphOperation, answer: HttpAnswer): UpstreamFailure | null {
  const { status, headers, body } = answer;
  if (status >= 200 && status < 300) return null;
  const code = graphError.safeParse(parseJson(body)).data?.error.code;
  const kind = graphKind(status, code);
  return new UpstreamFailure({
    upstream: 'entra',
    operation,
    kind,
    status,
    code,
    requestId: headers.get('request-id') ?? undefined,
    ...(kind === 'throttled' && { waitMs: waitMs(headers) }),
    ...(kind === 'transient' && { uncertain: changes && status !== 404 }),
  });
}

function graphKind(status: number, code: string | undefined): UpstreamFailureKind {
  if (status === 429) return 'throttled';
  if (status >= 500 || status === 408) return 'transient';
  if (status === 401) return 'credentials';
  if (status === 403) return 'permission';
  if (status === 404) return code === 'Request_ResourceNotFound' ? 'not_found' : 'transient';
  return status < 400 || code === undefined ? 'garbage' : 'rejected';
}

/** Names of RFC 6749 for an authorization server in trouble, whatever the status they come with. */
const passing = new Set(['temporarily_unavailable', 'server_error']);

/**
 * The failure that a token endpoint's answer means, or null for a usable token. What is not a passing trouble blocks Entra for everyone
 * (`credentials`): a bad secret (AADSTS7000215), an expired one (7000222), an unknown app (700016), or a page in place of a token.
 */
export function tokenFailure({ status, headers, body }: HttpAnswer): UpstreamFailure | null {
  const answer = parseJson(body);
  const succeeded = status >= 200 && status < 300;
  if (succeeded && tokenAnswer.safeParse(answer).success) return null;
  const { error, error_codes: numbers } = tokenError.safeParse(answer).data ?? {};
  const kind = tokenKind(status, error);
  return new UpstreamFailure({
    upstream: 'entra',
    operation: 'token',
    kind,
    status,
    code: numbers?.[0] === undefined ? (error ?? 'no_token') : `AADSTS${numbers[0]}`,
    requestId: headers.get('x-ms-request-id') ?? undefined,
    ...(kind === 'throttled' && { waitMs: waitMs(headers) }),
  });
}

function tokenKind(status: number, error: string | undefined): UpstreamFailureKind {
  if (status === 429) return 'throttled';
  if (status >= 500 || status === 408 || (error !== undefined && passing.has(error))) return 'transient';
  return 'credentials';
}
