import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Budget, type Lane } from '../../src/store/budget.js';
import { redisOfThisFile } from '../redis-of-file.js';
import { simulate, type Demand, type Served, type World } from './budget-simulation.js';

const redis = await redisOfThisFile();

/** So many who each want one call, evenly over some time. */
function demand(lane: Lane, calls: number, { from = 0, overMs = 3_000 } = {}): Demand[] {
  return Array.from({ length: calls }, (_, i) => ({ at: from + (i * overMs) / calls, lane, who: `${lane} ${from} ${i}` }));
}

const refused = (served: Served[]) => served.filter(({ allowed, lane }) => !allowed && lane !== 'others');
const ofBucket = (served: Served[], bucket: Served['bucket'], lane: Lane) => ofLane(served, lane).filter((call) => call.bucket === bucket);
const ofLane = (served: Served[], lane: Served['lane']) => served.filter((call) => call.lane === lane);

/** How many of our calls came into each of the upstream's windows, in order. */
function perWindow(served: Served[]): number[] {
  const counts = new Map<number, number>();
  for (const { window, lane } of served) if (lane !== 'others') counts.set(window, (counts.get(window) ?? 0) + 1);
  return [...counts].toSorted(([a], [b]) => a - b).map(([, count]) => count);
}

/** The longest that anybody of the lane waited. */
function longestWait(served: Served[], demands: Demand[], lane: Lane): number {
  const at = new Map(served.map((call) => [call.who, call.at]));
  return Math.max(...demands.filter((one) => one.lane === lane).map((one) => (at.get(one.who) ?? Infinity) - one.at));
}

const worlds: fc.Arbitrary<World & { limit: number; share: number }> = fc.record({
  limit: fc.constantFrom(50, 100, 150, 300),
  share: fc.constantFrom(0.2, 0.5, 0.9, 1),
  latencyMs: fc.constantFrom(2, 100, 1_000),
  rounding: fc.constantFrom('ceil', 'floor'),
  periodic: fc.boolean(),
  skewMs: fc.constantFrom(0, 90_300, -3_600_700),
  processes: fc.constantFrom(1, 2, 4),
});

describe('whatever the limit, the share, the latency, the clocks and the number of processes', () => {
  test('no window is exceeded, and each that demand fills is used to at least 95 % of our share', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })), async (world, chance) => {
        const ours = Math.floor(world.limit * world.share);
        const demands = demand('suspend', Math.ceil(ours * 2.7));
        const served = await simulate(redis, { ...world, random: () => chance.next().value }, demands);
        expect(refused(served)).toEqual([]);
        expect(served).toHaveLength(demands.length);
        const windows = perWindow(served);
        expect(Math.max(...windows)).toBeLessThanOrEqual(ours + 1);
        // The first begins before the demand where windows are periodic; the last ends after it.
        for (const used of windows.slice(world.periodic ? 1 : 0, 2)) expect(used).toBeGreaterThanOrEqual(Math.floor(0.95 * ours));
      }),
      { numRuns: 15 },
    );
  });

  test('other apps may spend: then ours is what is left', async () => {
    const others = [5_000, 20_000, 65_000, 95_000].map((at) => ({ at, calls: 25 }));
    const served = await simulate(redis, { limit: 100, others }, demand('suspend', 150));
    expect(refused(served)).toEqual([]);
    const [first = 0, second = 0] = perWindow(served);
    for (const used of [first, second]) {
      expect(used).toBeLessThanOrEqual(50);
      expect(used).toBeGreaterThanOrEqual(46);
    }
  });
});

describe('a storm of 2,000 at 600 calls a minute', () => {
  test.each([1, 4])('is over after 1.05 times the 200 seconds that it must last, over %i processes', async (processes) => {
    const served = await simulate(redis, { limit: 600, processes }, demand('suspend', 2_000));
    expect(served).toHaveLength(2_000);
    expect(refused(served)).toEqual([]);
    expect(served.at(-1)?.at).toBeLessThan(210_000);
  });

  test('does not delay 50 compromised devices by more than 4 seconds, not even when they come at once', async () => {
    const demands = [...demand('suspend', 900), ...demand('compromised', 50, { from: 30_000, overMs: 500 })];
    const served = await simulate(redis, { limit: 600 }, demands);
    expect(refused(served)).toEqual([]);
    expect(longestWait(served, demands, 'compromised')).toBeLessThan(4_000);
  });
});

describe('where each suspension is followed by a revocation, on a bucket with the same limit and windows', () => {
  test.each(['ceil', 'floor'] as const)('suspensions go before everything else if all calls are counted together (%s)', async (rounding) => {
    const demands = [...demand('suspend', 1_950), ...demand('compromised', 50, { from: 1_000, overMs: 60_000 })];
    const served = await simulate(redis, { limit: 600, followed: 'counted together', rounding, processes: 2 }, demands);
    expect(served).toHaveLength(2 * demands.length);
    expect(refused(served)).toEqual([]);
    expect(ofBucket(served, 'devices', 'suspend').at(-1)?.at).toBeLessThan(1.05 * 205_000);
    const suspended = new Map(ofBucket(served, 'devices', 'compromised').map(({ who, at }) => [who, at]));
    for (const { who, at } of ofBucket(served, 'users', 'compromised')) expect(at - (suspended.get(who) ?? 0)).toBeLessThan(1_000);
  });

  test('revocations hardly wait if they are counted apart', async () => {
    const served = await simulate(redis, { limit: 600, followed: 'counted apart', periodic: true, processes: 2 }, demand('suspend', 1_500));
    expect(refused(served)).toEqual([]);
    expect(ofBucket(served, 'devices', 'suspend').at(-1)?.at).toBeLessThan(157_500);
    expect(ofBucket(served, 'users', 'suspend').at(-1)?.at).toBeLessThan(160_000);
  });
});

describe('lanes', () => {
  test('a higher lane goes first, and no lower one starves meanwhile', async () => {
    const demands = [...demand('sweep', 8), ...demand('verify', 20), ...demand('unsuspend', 40), ...demand('suspend', 150)];
    const served = await simulate(redis, { limit: 100 }, demands);
    const lastSuspension = ofLane(served, 'suspend').at(-1)?.at ?? 0;
    expect(lastSuspension).toBeLessThan(120_000);
    for (const lane of ['unsuspend', 'verify', 'sweep'] as const) {
      const calls = ofLane(served, lane);
      expect(calls).toHaveLength(demands.filter((one) => one.lane === lane).length);
      const meanwhile = calls.filter(({ at }) => at < lastSuspension).map(({ at }) => at);
      expect(meanwhile.length).toBeGreaterThan(0);
      expect(meanwhile.length).toBeLessThan(10);
      const gaps = [...meanwhile, lastSuspension].map((at, i) => at - (meanwhile[i - 1] ?? 0));
      expect(Math.max(...gaps)).toBeLessThan(80_000);
    }
    const end = (lane: Lane) => ofLane(served, lane).at(-1)?.at ?? 0;
    expect(end('unsuspend')).toBeLessThan(end('verify'));
    expect(end('verify')).toBeLessThan(end('sweep'));
  });

  test('a compromised device finds a token however many others wait', async () => {
    const demands = [...demand('suspend', 120), ...demand('compromised', 5, { from: 10_000, overMs: 90_000 })];
    const served = await simulate(redis, { limit: 50, share: 0.9 }, demands);
    expect(longestWait(served, demands, 'compromised')).toBeLessThan(1_000);
  });
});

describe('where answers name no limit', () => {
  test('calls go ahead together after the first, until one names it', async () => {
    await redis.flushall();
    const budget = new Budget(redis, '{relay}', { share: 1, leading: 'devices' });
    const taken = () => Promise.all(['a', 'b', 'c'].map(async (who) => (await budget.take('devices', { lane: 'suspend', who: [who] })).token !== null));
    expect((await taken()).filter(Boolean)).toHaveLength(1);
    await budget.report('devices', null);
    expect(await taken()).toEqual([true, true, true]);
    await budget.report('devices', { limit: 4, remaining: 0, reset: 2_000_000_000, endsInMs: 30_000 });
    expect(await taken()).toEqual([false, false, false]);
  });
});
