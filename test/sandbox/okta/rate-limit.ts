
/** Okta's buckets as derived from recordings: list, get and lifecycle of devices share one. */
export type Bucket = 'devices' | 'deviceUsers' | 'users' | 'user' | 'token' | 'other';

export type RateLimit = Partial<Record<Bucket, number>> & { windowMs?: number };

/** Large enough never to be met by accident. */
const unlimited = 100_000;

export type RateLimiter = {
  /** Counts one request and says whether it is within the limit, with the headers that every answer carries. */
  take: (bucket: Bucket) => { allowed: boolean; headers: Record<string, string> };
  /** Counts requests of another app. */
  spend: (bucket: Bucket, requests: number) => void;
};

/** Counts requests in fixed windows, 60 s unless told otherwise. */
export function createRateLimiter({ windowMs = 60_000, ...limits }: RateLimit = {}): RateLimiter {
  const windows = new Map<Bucket, { endsAt: number; used: number }>();

  function current(bucket: Bucket): { endsAt: number; used: number } {
    const known = windows.get(bucket);
    if (known && known.endsAt > Date.now()) return known;
    const fresh = { endsAt: Date.now() + windowMs, used: 0 };
    windows.set(bucket, fresh);
    return fresh;
  }

  return {
    take: (bucket) => {
      const limit = limits[bucket] ?? unlimited;
      const window = current(bucket);
      window.used += 1;
      return { allowed: window.used <= limit, headers: rateHeaders(limit, Math.max(0, limit - window.used), window.endsAt) };
    },
    spend: (bucket, requests) => {
      current(bucket).used += requests;
    },
  };
}

function rateHeaders(limit: number, remaining: number, endsAt: number): Record<string, string> {
  return {
    'x-rate-limit-limit': String(limit),
    'x-rate-limit-remaining': String(remaining),
    'x-rate-limit-reset': String(Math.ceil(endsAt / 1000)),
  };
}

