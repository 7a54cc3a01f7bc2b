import { leaveToSend, withoutLeave } from '../leave.js';

/** Times in milliseconds since the epoch. `renewAt` is the vendor's advice (`refresh_in`), where it gave one. */
export type AccessToken = { value: string; expiresAt: number; renewAt?: number };

export type TokenProvider = {
  /** A token that is good for another minute at least. Throws what the exchange throws, and only if no such token is held. */
  token(): Promise<string>;
  /** A token other than the one just refused with a 401. */
  renewed(refused: string): Promise<string>;
};

const safetyMs = 60_000;
const pauseAfterFailureMs = 15_000;

type HeldToken = { value: string; usableUntil: number; renewAt: number };

/**
 * Holds the last good token. Any number of concurrent callers share one exchange, also when it is refused. A token in the last quarter of its
 * life is renewed behind the callers' backs, so an outage of the token endpoint is felt only once it has run out.
 */
export function createTokenProvider(exchange: () => Promise<AccessToken>, now: () => number): TokenProvider {
  let held: HeldToken | undefined;
  let pending: Promise<string> | undefined;

  async function obtain(): Promise<string> {
    const started = now();
    const token = await exchange();
    held = hold(token, started);
    return token.value;
  }

  function obtainOnce(): Promise<string> {
    pending ??= withoutLeave(obtain).finally(() => {
      pending = undefined;
    });
    return pending;
  }

  function renewInBackground(good: HeldToken): void {
    obtainOnce().catch(() => {
      good.renewAt = now() + pauseAfterFailureMs;
    });
  }

  const isUsable = (): boolean => held !== undefined && now() < held.usableUntil;

  return {
    token: async () => {
      const leave = isUsable() ? undefined : leaveToSend();
      if (leave) await leave;
      if (held === undefined || !isUsable()) return obtainOnce();
      const { value } = held;
      if (now() >= held.renewAt) renewInBackground(held);
      return value;
    },
    renewed: async (refused) => (held === undefined || held.value === refused ? obtainOnce() : held.value),
  };
}

function hold({ value, expiresAt, renewAt }: AccessToken, started: number): HeldToken {
  const lastQuarter = started + (expiresAt - started) * 0.75;
  return { value, usableUntil: expiresAt - safetyMs, renewAt: Math.min(renewAt ?? lastQuarter, lastQuarter) };
}
