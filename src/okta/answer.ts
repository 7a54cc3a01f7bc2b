import { z } from 'zod';
import { UpstreamFailure, type UpstreamFailureDetails } from '../failure.js';
import { retryAfterMs, type HttpAnswer } from '../http-call.js';
import { parseJson } from '../json.js';
import { integer, untilResetMs } from './rate-limit.js';

type Question = { operation: string; method: string };

/**
 * What an answer of Okta's management API says about the call, or null for a 2xx.
 * `jitter` in [0, 1) spreads the retries of calls that met the concurrency limit.
 */
export function failureOf(answer: HttpAnswer, question: Question, jitter = Math.random()): UpstreamFailure | null {
  const { status, headers } = answer;
  if (status >= 200 && status < 300) return null;
  const details: UpstreamFailureDetails = {
    upstream: 'okta',
    operation: question.operation,
    kind: kindOf(answer),
    status,
    code: errorCode(answer),
    requestId: requestId(answer) ?? undefined,
    uncertain: isPassing(status) && question.method !== 'GET',
  };
  if (details.kind === 'throttled') details.waitMs = throttleWaitMs(headers, jitter);
  return new UpstreamFailure(details);
}

/**
 * An object is missing only in Okta's own words (`E0000007`): a 404 of a proxy, or of another path, says nothing of it, and what was taken
 * for gone would stay unlocked.
 */
function kindOf(answer: HttpAnswer): UpstreamFailureDetails['kind'] {
  const { status } = answer;
  if (isPassing(status)) return 'transient';
  if (status === 429) return 'throttled';
  if (status === 401) return 'credentials';
  if (status === 403) return 'permission';
  if (status === 404) return errorCode(answer) === 'E0000007' ? 'not_found' : 'transient';
  if (status < 400) return 'garbage';
  return isRefusedProof(answer) ? 'transient' : 'rejected';
}

/** 408 is a proxy's in between: a request that was too slow is none that Okta refuses. */
function isPassing(status: number): boolean {
  return status >= 500 || status === 408;
}

/** Okta refuses a DPoP proof with 400, no body, and the reason in `WWW-Authenticate` only. The call was not carried out. */
function isRefusedProof({ status, headers }: HttpAnswer): boolean {
  return status === 400 && (headers.get('www-authenticate') ?? '').includes('invalid_dpop_proof');
}

const shortestWaitMs = 1_000;
const longestWaitMs = 120_000;
/** Without Okta's headers (a proxy in between): Okta's window is 60 s, so a few tries fall into it. */
const unannouncedWaitMs = 5_000;

/**
 * Milliseconds to wait after a 429. Okta's documentation on rate limits: until `x-rate-limit-reset` (epoch seconds) by the clock
 * of the `Date` header, plus 1 s. Whoever else answers in its name (a proxy) may say `Retry-After`. A limit of 0 is the limit on concurrent
 * requests; its reset is only an estimate: 1 to 2 s.
 */
export function throttleWaitMs(headers: Headers, jitter: number): number {
  if (integer(headers.get('x-rate-limit-limit')) === 0) return Math.round(1_000 + jitter * 1_000);
  const untilReset = untilResetMs(headers);
  const asked = untilReset === null ? (retryAfterMs(headers) ?? unannouncedWaitMs) : untilReset + 1_000;
  return Math.min(Math.max(asked, shortestWaitMs), longestWaitMs);
}

/** Only codes of Okta's own form, so that no text of an answer gets into a message. */
const errorBody = z.union([
  z.object({ errorCode: z.string().regex(/^E\d{7}$/) }).transform((body) => body.errorCode),
  z.object({ error: z.string().regex(/^[a-z_]{1,40}$/) }).transform((body) => body.error),
]);

/** Okta's `errorCode`, the token endpoint's `error`, or the error that `WWW-Authenticate` names. */
export function errorCode({ headers, body }: HttpAnswer): string | undefined {
  const parsed = errorBody.safeParse(parseJson(body));
  if (parsed.success) return parsed.data;
  return /error="([a-z_]{1,40})"/.exec(headers.get('www-authenticate') ?? '')?.[1];
}

/** RFC 9449, 8 and 9: the server wants the request again with the nonce of its `DPoP-Nonce` header. */
export function demandsNonce(answer: HttpAnswer): boolean {
  const { status, headers } = answer;
  if (status < 400 || !headers.has('dpop-nonce')) return false;
  return errorCode(answer) === 'use_dpop_nonce' || (headers.get('www-authenticate') ?? '').includes('use_dpop_nonce');
}

export function requestId({ headers }: HttpAnswer): string | null {
  return headers.get('x-okta-request-id');
}

/** The body as the schema reads it; throws `UpstreamFailure` `garbage`, which carries nothing of the body. */
export function readBody<Schema extends z.ZodType>(answer: HttpAnswer, schema: Schema, operation: string): z.infer<Schema> {
  const parsed = schema.safeParse(parseJson(answer.body));
  if (parsed.success) return parsed.data;
  throw garbage(answer, operation);
}

/** An answer that is not what Okta's contract says. */
export function garbage(answer: HttpAnswer, operation: string): UpstreamFailure {
  const { status } = answer;
  return new UpstreamFailure({ upstream: 'okta', operation, kind: 'garbage', status, requestId: requestId(answer) ?? undefined });
}
