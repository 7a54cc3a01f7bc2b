import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { DeviceKey } from '../compliance/device.js';
import { isOurs, type LedgerEntry } from '../compliance/ledger.js';
import { budgetScript } from './budget-script.js';
import { redisKeys, type Prefix } from './keys.js';
import type { SafeguardKind } from './safeguard.js';

/** Who may spend first. A lower lane leaves a few calls for the higher ones, and none waits for ever. */
const lanes = ['compromised', 'suspend', 'unsuspend', 'verify', 'sweep'] as const;
export type Lane = (typeof lanes)[number];

/** Leave to make one call. Whoever has it either calls, and says when that has ended, or gives it back. */
export type Token = { bucket: string; id: number };

type Ask = {
  lane: Lane;
  /** Names of those who ask for this one token, e.g. device keys: each keeps the turn that it was told. */
  who: string[];
  /** For how many of those who come back one token will do; 1 unless they can be served together. */
  perToken?: number;
};

/** A change for a device for which a token is asked, and what must be so for it. */
export type Claim = {
  lane: Lane;
  key: DeviceKey;
  generation: number;
  /** The lock under which the device's job is run. */
  lock: { name: string; token: string };
  /** What the ledger says of a record from just before the call on; null where the change is not one of its status. */
  intent: { recordId: string; entry: LedgerEntry } | null;
  /** Among which of the safeguard's devices it must be, counted after a moment (milliseconds since 1970); null: need not be. */
  counted: { kind: SafeguardKind; after: number } | null;
  /** Scopes of blocks. */
  unblocked: string[];
};

/** `soonMs`: when there may be a token for whoever asks then; `turnsMs`: when to come back, for each of those who asked. */
export type Answer = { token: Token } | { token: null; soonMs: number; turnsMs: number[] };

type BudgetOptions = {
  /** The part of each limit that is ours (0–1). */
  share: number;
  /** The bucket whose calls go before those of others where the upstream counts them together. */
  leading: string;
  /** Milliseconds; by default the clock of Redis, the only one that all processes share. */
  clock?: () => number;
};

const claimRefused = z.tuple([z.literal(2)]);
const answerSchema = z.union([
  z.tuple([z.literal(1), z.number(), z.number()]).transform(([, id, fromLeading]) => ({ token: { id, fromLeading: fromLeading === 1 } })),
  z.tuple([z.literal(0), z.number()], z.number()).transform(([, soonMs, ...turnsMs]) => ({ token: null, soonMs, turnsMs })),
]);

/**
 * What may be spent of an upstream's rate limits, over all processes: per bucket as many calls as its window has left, evenly over the
 * window. While nothing is known of a bucket, one call at a time finds out.
 */
export class Budget {
  readonly #redis: Redis;
  readonly #keys: ReturnType<typeof redisKeys>;
  readonly #options: BudgetOptions;

  constructor(redis: Redis, prefix: Prefix, options: BudgetOptions) {
    this.#redis = redis;
    this.#keys = redisKeys(prefix);
    this.#options = options;
  }

  /** Asks for leave to make one call now. */
  async take(bucket: string, { lane, who, perToken = 1 }: Ask): Promise<Answer> {
    return this.#answer(bucket, await this.#ask(bucket, ['take', this.#options.share, lanes.indexOf(lane), perToken, ...who]));
  }

  /**
   * The same for a change, and with the token its intent is on the ledger. Null, and nothing is spent or written, where
   * the generation is not the newest any longer, the lock is lost, the device is not counted or something is blocked.
   */
  async claim(bucket: string, { lane, key, generation, lock, intent, counted, unblocked }: Claim): Promise<Answer | null> {
    const { device, ledger, locked, blocks, safeguardCount } = this.#keys;
    const entry = intent === null ? ['', '', ''] : [intent.recordId, JSON.stringify(intent.entry), isOurs(intent.entry) ? intent.entry.at : ''];
    const args = ['claim', this.#options.share, lanes.indexOf(lane), 1, key, generation, lock.token, ...entry, counted?.after ?? '', ...unblocked];
    const answer = await this.#ask(bucket, args, [device(key), ledger(key), locked, blocks, lock.name, ...(counted ? [safeguardCount(counted.kind)] : [])]);
    return claimRefused.safeParse(answer).success ? null : this.#answer(bucket, answer);
  }

  /** Whoever has asked in vain does not wait for it any longer. */
  async leaveLine(bucket: string, { lane, who }: Ask): Promise<void> {
    await this.#ask(bucket, ['leave', this.#options.share, lanes.indexOf(lane), 1, ...who]);
  }

  /** The same for lanes above this one, in which a device asked while its facts were others: nobody is to yield to it there. */
  async leaveLinesAbove(lane: Lane, who: string): Promise<void> {
    const above = lanes.slice(0, lanes.indexOf(lane)).map((_lane, index) => `${this.#keys.budget(this.#options.leading)}:line:${index}`);
    await Promise.all(above.map((line) => this.#redis.zrem(line, who)));
  }

  /** The call has been answered, or will not be: what is on its way no longer counts twice. */
  async end({ bucket, id }: Token): Promise<void> {
    await this.#redis.zrem(`${this.#keys.budget(bucket)}:sent`, id);
  }

  /** No call was made. */
  async giveBack({ bucket, id }: Token): Promise<void> {
    const key = this.#keys.budget(bucket);
    await this.#redis.multi().zrem(`${key}:sent`, id).hincrbyfloat(key, 'tokens', 1).hincrby(key, 'spent', -1).exec();
  }

  /**
   * What an answer said of its bucket: requests per window, those left in it, its end as epoch seconds and in milliseconds from now. Null:
   * it named no limit; while none is known, calls then go ahead.
   */
  async report(bucket: string, said: { limit: number; remaining: number; reset: number; endsInMs: number } | null): Promise<void> {
    const words = said === null ? [] : [said.limit, said.remaining, said.reset, said.endsInMs];
    await this.#ask(bucket, ['report', ...words]);
  }

  async #ask(bucket: string, args: (string | number)[], keys: string[] = []): Promise<unknown> {
    const { budget } = this.#keys;
    return await budgetScript.run(this.#redis, [budget(bucket), budget(this.#options.leading), ...keys], [this.#options.clock?.() ?? '', ...args]);
  }

  #answer(bucket: string, said: unknown): Answer {
    const answer = answerSchema.parse(said);
    if (answer.token === null) return answer;
    const { id, fromLeading } = answer.token;
    return { token: { bucket: fromLeading ? this.#options.leading : bucket, id } };
  }
}
