import { describe, expect, test } from '@jest/globals';
import { bucketOf, rateLimitOf } from '../../src/okta/rate-limit.js';

const date = 'Tue, 14 Nov 2023 22:13:20 GMT';

const said = (headers: Record<string, string>) => rateLimitOf(new Headers(headers));
const ending = (reset: number) => said({ date, 'x-rate-limit-limit': '50', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': String(reset) });

describe('what an answer says of its rate limit', () => {
  test('counts by the clock of the answer, not by ours', () => {
    const headers = { date, 'x-rate-limit-limit': '50', 'x-rate-limit-remaining': '7', 'x-rate-limit-reset': '1700000042' };
    expect(said(headers)).toEqual({ limit: 50, remaining: 7, reset: 1_700_000_042, endsInMs: 42_000 });
  });

  test('is nothing for the limit on concurrent requests, or where a proxy has removed it', () => {
    expect(said({ date, 'x-rate-limit-limit': '0', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': '1700000042' })).toBeNull();
    expect(said({ date })).toBeNull();
    expect(said({ date, 'x-rate-limit-limit': '50' })).toBeNull();
    for (const nonsense of ['-50', '', 'many']) expect(said({ date, 'x-rate-limit-limit': nonsense, 'x-rate-limit-remaining': '7', 'x-rate-limit-reset': '1700000042' })).toBeNull();
    expect(said({ date, 'x-rate-limit-limit': '50', 'x-rate-limit-remaining': '-1', 'x-rate-limit-reset': '1700000042' })).toBeNull();
  });

  test.each([
    [-10, 0],
    [0, 0],
    [120, 120_000],
  ])('is believed where its window ends in %i s', (seconds, endsInMs) => {
    expect(ending(1_700_000_000 + seconds)).toEqual({ limit: 50, remaining: 0, reset: 1_700_000_000 + seconds, endsInMs });
  });

  test.each([
    ['eleven seconds ago', 1_699_999_989],
    ['in two minutes and a second', 1_700_000_121],
    ['in an hour', 1_700_003_600],
    ['in milliseconds instead of seconds', 1_700_000_042_000],
    ['as a number of seconds from now', 42],
  ])('counts until the end of the minute where the window is said to end %s', (_, reset) => {
    const before = Date.now();
    const found = ending(reset);
    expect(found).toMatchObject({ limit: 50, remaining: 0 });
    expect(found?.endsInMs).toBeLessThanOrEqual(60_000);
    expect((found?.reset ?? 0) % 60).toBe(0);
    expect(Math.abs((found?.reset ?? 0) * 1_000 - before - (found?.endsInMs ?? 0))).toBeLessThan(1_000);
  });
});

test('list, read and lifecycle of devices count against one limit, others against others', () => {
  const operations = ['listDevices', 'getDevice', 'suspendDevice', 'unsuspendDevice'];
  expect(new Set(operations.map(bucketOf))).toEqual(new Set(['devices']));
  expect(['getUser', 'listUsers', 'revokeUserSessions', 'unheard of'].map(bucketOf)).toEqual(['user', 'users', 'users', 'other']);
});
