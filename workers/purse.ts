import type { Answer, Budget, Claim, Lane, Token } from '../src/store/budget.js';

/** What waiting for the budget may take inside a slot, milliseconds. */
export const patienceMs = 250;

/** Pays for one call: a token is taken before it, and ended after it or given back where none was made. */
export type Purse = {
  take: () => Promise<Answer>;
  /** The same for a change of a record, where all else is so that must be; else null. */
  claim?: (claim: Omit<Claim, 'lane' | 'key'>) => Promise<Answer | null>;
  end: (token: Token) => Promise<void>;
  giveBack: (token: Token) => Promise<void>;
  /** Whoever was told to come back waits for something else than a token. */
  leaveLine: () => Promise<void>;
};

/** A call was not made because its rate limit has nothing left for it until its turn comes, milliseconds since 1970. */
export class BudgetSpent extends Error {
  readonly bucket: string;
  readonly until: number;

  constructor(bucket: string, until: number) {
    super(`okta:${bucket}: the budget is spent until ${new Date(until).toISOString()}`);
    this.name = 'BudgetSpent';
    this.bucket = bucket;
    this.until = until;
  }
}

/** Pays for one call out of the budget of its bucket, in the name of a device. */
export function openPurse(budget: Budget, bucket: string, { lane, key }: { lane: Lane; key: string }): Purse {
  return {
    take: () => budget.take(bucket, { lane, who: [key] }),
    claim: (claim) => budget.claim(bucket, { ...claim, lane, key }),
    end: (token) => budget.end(token),
    giveBack: (token) => budget.giveBack(token),
    leaveLine: () => budget.leaveLine(bucket, { lane, who: [key] }),
  };
}
