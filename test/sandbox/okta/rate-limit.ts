/** Okta's buckets as derived from recordings: list, get and lifecycle of devices share one. */
export type Bucket = 'devices' | 'deviceUsers' | 'users' | 'user' | 'token' | 'other';

export type RateLimit = Partial<Record<Bucket, number>> & {
  windowMs?: number;
  /** Requests per window of all buckets together, the token endpoint's excepted, beside what each allows. */
  all?: number;
};

/** Large enough never to be met by accident. */
const unlimited = 100_000;

/** One window of a limit: when it ends, in milliseconds since the epoch, and the requests in it, also those that were refused. */
type RateWindow = { endsAt: number; used: number };

export type RateLimiter = {
  /** Counts one request and says whether it is within the limits, with the headers that every answer carries: those of the limit that is nearer. */
  take: (bucket: Bucket) => { allowed: boolean; headers: Record<string, string> };
  /** Counts requests of another app. */
  spend: (bucket: Bucket, requests: number) => void;
  /** The windows so far in which there were requests, oldest first. */
  windows: (limit: Bucket | 'all') => readonly Readonly<RateWindow>[];
};

/** Counts requests in fixed windows, 60 s unless told otherwise. */
export function createRateLimiter({ windowMs = 60_000, ...limits }: RateLimit = {}): RateLimiter {
  const windows = new Map<Bucket | 'all', RateWindow[]>();

  function current(name: Bucket | 'all'): RateWindow {
    const past = windows.get(name) ?? [];
    const last = past.at(-1);
    if (last && last.endsAt > Date.now()) return last;
    const fresh = { endsAt: Date.now() + windowMs, used: 0 };
    windows.set(name, [...past, fresh]);
    return fresh;
  }

  function count(name: Bucket | 'all', requests: number): Counted {
    const window = current(name);
    window.used += requests;
    const limit = limits[name] ?? unlimited;
    return { limit, left: limit - window.used, endsAt: window.endsAt };
  }

  /** The limit that is nearer to being met. */
  function spend(bucket: Bucket, requests: number): Counted {
    const own = count(bucket, requests);
    if (limits.all === undefined || bucket === 'token') return own;
    const all = count('all', requests);
    return all.left < own.left ? all : own;
  }

  return {
    take: (bucket) => {
      const counted = spend(bucket, 1);
      return { allowed: counted.left >= 0, headers: rateHeaders(counted) };
    },
    spend: (bucket, requests) => void spend(bucket, requests),
    windows: (name) => windows.get(name) ?? [],
  };
}

type Counted = { limit: number; left: number; endsAt: number };

function rateHeaders({ limit, left, endsAt }: Counted): Record<string, string> {
  return {
    'x-rate-limit-limit': String(limit),
    'x-rate-limit-remaining': String(Math.max(0, left)),
    'x-rate-limit-reset': String(Math.ceil(endsAt / 1000)),
  };
}
