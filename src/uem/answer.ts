import { z } from 'zod';
import { versionOf, type Version } from '../compliance/version.js';
import { UpstreamFailure, type UpstreamFailureKind } from '../failure.js';
import type { HttpAnswer } from '../http-call.js';
import { parseJson } from '../json.js';

const defaultWaitMs = 60_000;
const shortestWaitMs = 1_000;
const longestWaitMs = 900_000;

/**
 * Milliseconds to wait after a 429: until `X-RateLimit-Reset` (epoch seconds) by the clock of the `Date` header, or as long as `Retry-After`
 * says in seconds. UEM's window was seen to be a day (recording of JupiterOne/graph-airwatch): never longer than a quarter of an hour.
 */
export function throttleWaitMs(headers: Headers, nowMs: number): number {
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN) * 1_000;
  const date = Date.parse(headers.get('date') ?? '');
  const untilReset = reset - (Number.isNaN(date) ? nowMs : date);
  const asked = Number.isNaN(untilReset) ? Number(headers.get('retry-after') ?? Number.NaN) * 1_000 : untilReset;
  return Number.isNaN(asked) ? defaultWaitMs : Math.min(Math.max(asked, shortestWaitMs), longestWaitMs);
}

/** UEM's error model (euc-oss/euc-samples, CommonDefinitions.yaml). Its `message` is left out: it may hold anything. */
const uemError = z.object({ errorCode: z.int(), activityId: z.guid().nullish().catch(null) });

/**
 * The failure that an answer of UEM's REST API means, or null for a 2xx. A page of something else (a proxy, a wrong UEM_API_URL) that says 404
 * must not pass for a device that is gone.
 */
export function failureOf(operation: string, answer: HttpAnswer): UpstreamFailure | null {
  const { status, headers, body } = answer;
  if (status >= 200 && status < 300) return null;
  const error = uemError.safeParse(parseJson(body)).data;
  const kind = kindOf(status, error !== undefined || body === '');
  return new UpstreamFailure({
    upstream: 'uem',
    operation,
    kind,
    status,
    code: error && `error_${error.errorCode}`,
    requestId: error?.activityId ?? undefined,
    ...(kind === 'throttled' && { waitMs: throttleWaitMs(headers, Date.now()) }),
  });
}

function kindOf(status: number, spokenByUem: boolean): UpstreamFailureKind {
  if (status === 429) return 'throttled';
  if (status >= 500 || status === 408) return 'transient';
  if (status === 401) return 'credentials';
  if (status === 403) return 'permission';
  if (status < 400 || !spokenByUem) return 'garbage';
  return status === 404 ? 'not_found' : 'rejected';
}

/** The body as the schema reads it; throws `UpstreamFailure` `garbage`, which carries nothing of the body. */
export function readBody<Schema extends z.ZodType>(operation: string, answer: HttpAnswer, schema: Schema): z.infer<Schema> {
  const parsed = schema.safeParse(parseJson(answer.body));
  if (parsed.success) return parsed.data;
  throw garbage(operation, answer);
}

/** An answer that is not what UEM's documentation says. */
export function garbage(operation: string, { status }: HttpAnswer, code?: string): UpstreamFailure {
  return new UpstreamFailure({ upstream: 'uem', operation, kind: 'garbage', status, code });
}

const marginMs = 30_000;

/** As of when an answer speaks: half a minute before its `Date`, so that it never beats a webhook of the same moment. Without a `Date` it is garbage. */
export function answerTime(operation: string, answer: HttpAnswer): Version {
  const date = Date.parse(answer.headers.get('date') ?? '');
  if (Number.isNaN(date)) throw garbage(operation, answer, 'no_date');
  return versionOf(date - marginMs);
}
