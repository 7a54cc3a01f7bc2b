import type { Redis } from 'ioredis';
import { Budget, type Lane } from '../../src/store/budget.js';

export type Demand = { at: number; lane: Lane; who: string };

/** A request as the upstream saw it; `window`: the how-manieth of its windows. */
export type Served = { at: number; bucket: Bucket; lane: Lane | 'others'; who: string; allowed: boolean; window: number };

type Bucket = 'devices' | 'users';

export type World = {
  limit: number;
  share?: number;
  /** A call is on its way for up to this, in each direction. */
  latencyMs?: number;
  /** What other apps spend, and when. */
  others?: { at: number; calls: number }[];
  /** Each call on the devices is followed by one on the users, which is counted with it or by itself. */
  followed?: 'counted together' | 'counted apart';
  /** How the upstream writes the end of its window in whole seconds. */
  rounding?: 'ceil' | 'floor';
  /** Windows follow one another whether there are requests or not; otherwise the first request after one begins the next. */
  periodic?: boolean;
  /** How far the upstream's clock is ahead of ours. */
  skewMs?: number;
  /** Over how many clients the demand is spread. */
  processes?: number;
  /** Chance, in [0, 1). */
  random?: () => number;
};

const windowMs = 60_000;
const begin = 1_700_000_000_345;

/** What happens in order of time, on a clock of its own. */
class Timeline {
  now = begin;
  readonly #due: { at: number; happen: () => Promise<void> | void }[] = [];

  at(moment: number, happen: () => Promise<void> | void): void {
    let index = this.#due.length;
    while (index > 0 && (this.#due[index - 1]?.at ?? 0) > moment) index -= 1;
    this.#due.splice(index, 0, { at: moment, happen });
  }

  async play(): Promise<void> {
    for (let next = this.#due.shift(); next !== undefined; next = this.#due.shift()) {
      this.now = Math.max(this.now, next.at);
      await next.happen();
    }
  }
}

/** Counts requests in fixed windows, as Okta does. */
class Upstream {
  readonly served: Served[] = [];
  readonly #windows = { devices: { endsAt: 0, used: 0, number: 0 }, users: { endsAt: 0, used: 0, number: 0 } };

  readonly #world: World;
  readonly #time: Timeline;

  constructor(world: World, time: Timeline) {
    this.#world = world;
    this.#time = time;
  }

  count(bucket: Bucket, lane: Served['lane'], who: string): void {
    const { limit, periodic = false } = this.#world;
    const { now } = this.#time;
    const window = this.#windowOf(bucket);
    if (window.endsAt <= now) {
      const endsAt = periodic ? now - (now % windowMs) + windowMs : now + windowMs;
      Object.assign(window, { endsAt, used: 0, number: window.number + 1 });
    }
    window.used += 1;
    this.served.push({ at: now - begin, bucket, lane, who, allowed: window.used <= limit, window: window.number });
  }

  headers(bucket: Bucket): { limit: number; remaining: number; reset: number; endsInMs: number } {
    const { limit, rounding = 'ceil', skewMs = 0 } = this.#world;
    const { endsAt, used } = this.#windowOf(bucket);
    const reset = Math[rounding]((endsAt + skewMs) / 1000);
    const date = Math.floor((this.#time.now + skewMs) / 1000);
    return { limit, remaining: Math.max(0, limit - used), reset, endsInMs: Math.max(0, (reset - date) * 1000) };
  }

  #windowOf(bucket: Bucket) {
    return this.#windows[this.#world.followed === 'counted together' ? 'devices' : bucket];
  }
}

/**
 * Plays demand against an upstream: whoever gets leave calls, whoever does not comes back at its turn, until all have called. Returns what
 * the upstream was asked, times in milliseconds since the beginning.
 */
export async function simulate(redis: Redis, world: World, demands: Demand[]): Promise<Served[]> {
  const { share = 1, latencyMs = 100, others = [], processes = 1, random = Math.random } = world;
  await redis.flushall();
  const time = new Timeline();
  const upstream = new Upstream(world, time);
  const budgets = Array.from({ length: processes }, () => new Budget(redis, '{relay}', { share, leading: 'devices', clock: () => time.now }));
  const afterTransit = (happen: () => Promise<void> | void) => time.at(time.now + random() * latencyMs, happen);

  const ask = async (budget: Budget, bucket: Bucket, { lane, who }: Demand): Promise<void> => {
    const answer = await budget.take(bucket, { lane, who: [who] });
    const again = () => ask(budget, bucket, { at: 0, lane, who });
    if (answer.token === null) return time.at(time.now + (answer.turnsMs[0] ?? 0), again);
    const { token } = answer;
    afterTransit(() => {
      upstream.count(bucket, lane, who);
      const said = upstream.headers(bucket);
      afterTransit(async () => {
        await budget.report(bucket, said);
        await budget.end(token);
        if (world.followed !== undefined && bucket === 'devices') await ask(budget, 'users', { at: 0, lane, who });
      });
    });
  };

  for (const [index, demand] of demands.entries()) {
    const budget = budgets[index % processes];
    if (budget) time.at(begin + demand.at, () => ask(budget, 'devices', demand));
  }
  for (const { at, calls } of others) time.at(begin + at, () => Array.from({ length: calls }).forEach(() => upstream.count('devices', 'others', '')));
  await time.play();
  return upstream.served;
}
