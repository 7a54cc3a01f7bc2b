import { beforeEach, describe, expect, test } from '@jest/globals';
import { Budget, type Lane } from '../../src/store/budget.js';
import { redisOfThisFile } from '../redis-of-file.js';

const redis = await redisOfThisFile();
let budget: Budget;
let now: number;

beforeEach(() => {
  now = 1_700_000_000_000;
  budget = new Budget(redis, '{relay}', { share: 1, leading: 'devices', clock: () => now });
});

/** What Okta says of a limit of a hundred in a window that ends in so many seconds. */
const says = (remaining: number, seconds = 60) => ({ limit: 100, remaining, reset: now / 1_000 + seconds, endsInMs: seconds * 1_000 });
const ask = async (who: string, lane: Lane = 'suspend') => await budget.take('devices', { lane, who: [who] });
const isLeft = async (who: string, lane?: Lane) => (await ask(who, lane)).token !== null;

describe('no window stops the relay for longer than one can last', () => {
  test('not one that an older version took for endless, nor does what is said of the next count as late', async () => {
    await redis.hset('{relay}:budget:devices', { limit: 100, remaining: 0, spent: 0, assumed: 0, tokens: 0, at: now, reset: now, endsAt: now * 1_000, span: now * 1_000 });
    const answer = await ask('a');
    expect(answer).toMatchObject({ token: null });
    expect(Math.max(...('turnsMs' in answer ? answer.turnsMs : []))).toBeLessThanOrEqual(120_000);
    await budget.report('devices', says(40));
    now += 5_000;
    expect(await isLeft('a')).toBe(true);
    await budget.report('devices', says(0, 55));
    expect(await isLeft('b')).toBe(false);
  });

  test('not when the clock of Redis is put back by an hour, and nobody waits for a turn by the old one', async () => {
    await budget.report('devices', says(0));
    expect(await isLeft('a')).toBe(false);
    now -= 3_600_000;
    expect(await isLeft('b')).toBe(true);
    now += 5_000;
    expect(await isLeft('c', 'sweep')).toBe(true);
  });

  test('and what an answer of the last window says, which comes late, is not believed of this one', async () => {
    await budget.report('devices', says(100));
    await budget.report('devices', says(0, 0));
    expect(await isLeft('a')).toBe(true);
  });
});

describe('what a budget spends', () => {
  test('comes back where the process that took it was killed before it called', async () => {
    await budget.report('devices', says(1));
    expect(await isLeft('a', 'compromised')).toBe(true);
    now += 14_000;
    expect(await isLeft('b', 'compromised')).toBe(false);
    now += 2_000;
    expect(await isLeft('b', 'compromised')).toBe(true);
  });

  test('is no other budget\'s: neither that of shadow mode, nor that of another limit', async () => {
    const shadow = new Budget(redis, '{relay-shadow}', { share: 1, leading: 'devices', clock: () => now });
    await budget.report('devices', says(0));
    expect(await isLeft('a')).toBe(false);
    await shadow.report('devices', says(100));
    await budget.report('users', { ...says(100), limit: 600 });
    expect((await shadow.take('devices', { lane: 'suspend', who: ['a'] })).token).not.toBeNull();
    expect((await budget.take('users', { lane: 'suspend', who: ['a'] })).token).not.toBeNull();
    expect(await isLeft('a')).toBe(false);
  });

  test('is found out by one call at a time after a start, by the next where the first is lost', async () => {
    expect(await isLeft('a')).toBe(true);
    expect(await isLeft('b', 'compromised')).toBe(false);
    now += 16_000;
    expect(await isLeft('b', 'compromised')).toBe(true);
  });
});
