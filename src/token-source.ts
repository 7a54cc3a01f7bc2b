import { leaveToSend, withoutLeave } from './leave.js';

/** For how long a token is used, milliseconds from its exchange on, and from when on it is renewed where the vendor advises that. */
export type Lasting = { lifetimeMs: number; renewInMs?: number };

/** A token as one call holds it; `outcome` tells the call whether an exchange has ended since. */
export type Lease<Token> = { token: Token; outcome: number };

export type TokenSource<Token> = {
  /** The token in use, after an exchange where there is none or it has expired. */
  lease(): Promise<Lease<Token>>;
  /** After a 401: a token newer than the refused one. Throws what the exchange threw. */
  renew(refused: Lease<Token>): Promise<Lease<Token>>;
};

const fiveMinutes = 5 * 60 * 1_000;
const pauseAfterFailureMs = 30_000;

/**
 * Shares one token between all calls: never more than one exchange at a time, and renewal five minutes (or a fifth of a shorter life)
 * before expiry, or when it is advised, in the background. While renewal fails, the old token stays in use until it expires. Times are
 * `now()`, milliseconds.
 */
export function createTokenSource<Token extends Lasting>(exchange: () => Promise<Token>, now: () => number = Date.now): TokenSource<Token> {
  let held: { token: Token; renewAt: number; expiresAt: number } | undefined;
  let running: Promise<Token> | undefined;
  let ended: { number: number; failed: { error: unknown } | undefined } = { number: 0, failed: undefined };

  async function run(): Promise<Token> {
    try {
      const token = await exchange();
      const { lifetimeMs, renewInMs = Infinity } = token;
      const renewAt = now() + Math.min(renewInMs, lifetimeMs - Math.min(fiveMinutes, lifetimeMs / 5));
      held = { token, expiresAt: now() + lifetimeMs, renewAt };
      ended = { number: ended.number + 1, failed: undefined };
      return token;
    } catch (error) {
      ended = { number: ended.number + 1, failed: { error } };
      throw error;
    } finally {
      running = undefined;
    }
  }

  const exchangeOnce = (): Promise<Token> => (running ??= withoutLeave(run));
  const isUsable = (): boolean => held !== undefined && now() < held.expiresAt;
  const leaseOf = (token: Token): Lease<Token> => ({ token, outcome: ended.number });

  return {
    async lease() {
      const leave = isUsable() ? undefined : leaveToSend();
      if (leave) await leave;
      if (held === undefined || !isUsable()) return leaseOf(await exchangeOnce());
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
