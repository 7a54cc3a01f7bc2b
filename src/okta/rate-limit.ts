import { answeredAt } from '../http-call.js';

/**
 * Which of an app's rate limits an operation counts against, derived from recordings of Okta's headers (Okta publishes no table any
 * longer): list, read and lifecycle of devices share one; revoking sessions shares that of the users' list.
 */
const buckets = new Map([
  ['listDevices', 'devices'],
  ['getDevice', 'devices'],
  ['suspendDevice', 'devices'],
  ['unsuspendDevice', 'devices'],
  ['listUsers', 'users'],
  ['revokeUserSessions', 'users'],
  ['getUser', 'user'],
  ['listLogEvents', 'logs'],
] as const);

export type OktaBucket = 'devices' | 'users' | 'user' | 'logs' | 'other';

/** The rate limit that a request of the operation counts against. */
export function bucketOf(operation: string): OktaBucket {
  return [...buckets].find(([name]) => name === operation)?.[1] ?? 'other';
}

/** What an answer says of its rate limit: requests per window, those left in it, when it ends (epoch seconds, and in how many ms). */
export type RateLimit = { limit: number; remaining: number; reset: number; endsInMs: number };

/**
 * The rate limit that an answer announces; null where it announces none. A limit of 0 is the one on concurrent requests, which says nothing
 * of the bucket. Instead of an end of the window that cannot be, that of the minute is taken.
 */
export function rateLimitOf(headers: Headers): RateLimit | null {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) => integer(headers.get(`x-rate-limit-${name}`)));
  if (limit == null || limit <= 0 || remaining == null || remaining < 0 || reset == null) return null;
  const endsInMs = untilResetMs(headers);
  if (endsInMs !== null) return { limit, remaining, reset, endsInMs: Math.max(0, endsInMs) };
  const now = Date.now();
  const minuteEnds = (Math.floor(now / minuteMs) + 1) * minuteMs;
  return { limit, remaining, reset: minuteEnds / 1_000, endsInMs: minuteEnds - now };
}

const minuteMs = 60_000;
/** Okta's windows last a minute. What is further away is in another unit, or one of the clocks is wrong. */
const longestMs = 120_000;
const longestAgoMs = 10_000;

/** Milliseconds until the window ends that an answer names, by the clock of its `Date`; null where it names none that can be. */
export function untilResetMs(headers: Headers): number | null {
  const reset = integer(headers.get('x-rate-limit-reset'));
  const untilMs = reset === null ? Number.NaN : reset * 1_000 - answeredAt(headers);
  return untilMs >= -longestAgoMs && untilMs <= longestMs ? untilMs : null;
}

/** A header's whole number; null where there is none. */
export function integer(text: string | null): number | null {
  const value = Number.parseInt(text ?? '', 10);
  return Number.isNaN(value) ? null : value;
}
