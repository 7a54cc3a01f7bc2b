import type { IssuedToken } from './token-endpoint.js';

/** A token as one call holds it; `outcome` tells the call whether an exchange has ended since. */
export type Lease = { token: IssuedToken; outcome: number };

export type TokenSource = {
  /** The token in use, after an exchange where there is none or it has expired. */
  lease(): Promise<Lease>;
  /** After a 401: a token newer than the refused one. Throws what the exchange threw. */
  renew(refused: Lease): Promise<Lease>;
};

const fiveMinutes = 5 * 60 * 1_000;
const pauseAfterFailureMs = 30_000;

/**
 * Shares one token between all calls: never more than one exchange at a time, and renewal five minutes (or a fifth of a shorter life)
 * before expiry in the background. While renewal fails, the old token stays in use until it expires. Times are `now()`, milliseconds.
 */
export function createTokenSource(exchange: () => Promise<IssuedToken>, now: () => number = Date.now): TokenSource {
  let held: { token: IssuedToken; renewAt: number; expiresAt: number } | undefined;
  let running: Promise<IssuedToken> | undefined;
  let ended: { number: number; failed: { error: unknown } | undefined } = { number: 0, failed: undefined };

  async function run(): Promise<IssuedToken> {
    try {
      const token = await exchange();
      const expiresAt = now() + token.lifetimeMs;
      held = { token, expiresAt, renewAt: expiresAt - Math.min(fiveMinutes, token.lifetimeMs / 5) };
      ended = { number: ended.number + 1, failed: undefined };
      return token;
    } catch (error) {
      ended = { number: ended.number + 1, failed: { error } };
      throw error;
    } finally {
      running = undefined;
    }
  }

  const exchangeOnce = (): Promise<IssuedToken> => (running ??= run());
  const leaseOf = (token: IssuedToken): Lease => ({ token, outcome: ended.number });

  return {
    async lease() {
      if (held === undefined || held.expiresAt <= now()) return leaseOf(await exchangeOnce());
      if (held.renewAt <= now()) {
        held.renewAt = now() + pauseAfterFailureMs;
        exchangeOnce().catch(() => undefined);
      }
      return leaseOf(held.token);
    },
    async renew(refused) {
      if (ended.number === refused.outcome || held === undefined) return leaseOf(await exchangeOnce());
      if (ended.failed !== undefined) throw ended.failed.error;
      return leaseOf(held.token);
    },
  };
}
