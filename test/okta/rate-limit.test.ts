import { describe, expect, test } from '@jest/globals';
import { bucketOf, rateLimitOf } from '../../src/okta/rate-limit.js';

const date = 'Tue, 14 Nov 2023 22:13:20 GMT';

const said = (headers: Record<string, string>) => rateLimitOf(new Headers(headers));

describe('what an answer says of its rate limit', () => {
  test('counts by the clock of the answer, not by ours', () => {
    const headers = { date, 'x-rate-limit-limit': '50', 'x-rate-limit-remaining': '7', 'x-rate-limit-reset': '1700000042' };
    expect(said(headers)).toEqual({ limit: 50, remaining: 7, reset: 1_700_000_042, endsInMs: 42_000 });
  });

  test('is nothing for the limit on concurrent requests, or where a proxy has removed it', () => {
    expect(said({ date, 'x-rate-limit-limit': '0', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': '1700000042' })).toBeNull();
    expect(said({ date })).toBeNull();
    expect(said({ date, 'x-rate-limit-limit': '50' })).toBeNull();
  });
});

test('list, read and lifecycle of devices count against one limit, others against others', () => {
  const operations = ['listDevices', 'getDevice', 'suspendDevice', 'unsuspendDevice'];
  expect(new Set(operations.map(bucketOf))).toEqual(new Set(['devices']));
  expect(['getUser', 'listUsers', 'revokeUserSessions', 'unheard of'].map(bucketOf)).toEqual(['user', 'users', 'users', 'other']);
});
