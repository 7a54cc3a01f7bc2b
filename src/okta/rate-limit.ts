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
 * The rate limit that an answer announces, by the clock of its `Date`; null where it announces none. A limit of 0 is the one on
 * concurrent requests, which says nothing of the bucket.
 */
export function rateLimitOf(headers: Headers): RateLimit | null {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) => integer(headers.get(`x-rate-limit-${name}`)));
  const date = Date.parse(headers.get('date') ?? '');
  if (!limit || remaining == null || reset == null) return null;
  const endsInMs = reset * 1_000 - (Number.isNaN(date) ? Date.now() : date);
  return { limit, remaining, reset, endsInMs: Math.max(0, endsInMs) };
}

/** A header's whole number; null where there is none. */
export function integer(text: string | null): number | null {
  const value = Number.parseInt(text ?? '', 10);
  return Number.isNaN(value) ? null : value;
}
