import { beforeEach, expect, test } from '@jest/globals';
import { readConfig } from '../../src/config.js';
import { createLog } from '../../src/log.js';
import { Budget } from '../../src/store/budget.js';
import { rateShare } from '../../src/upstream-options.js';
import { reportTo } from '../../workers/upstreams.js';
import { redisOfThisFile } from '../redis-of-file.js';

const redis = await redisOfThisFile();
let budget: Budget;

beforeEach(() => {
  budget = new Budget(redis, '{relay}', { share: 1, leading: 'devices' });
});

/** Okta answers a look-up; returns how many of ten calls may then be made at once. */
async function leaveAfter(status: number, headers: Record<string, string>): Promise<number> {
  reportTo(budget, createLog('silent', 'test'))('listDevices', { status, headers: new Headers(headers), body: '' });
  const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => budget.take('devices', { lane: 'suspend', who: [`device ${i}`] })));
  return answers.filter(({ token }) => token !== null).length;
}

const concurrency = { 'x-rate-limit-limit': '0', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': '1700000042' };

test.each([
  ['a proxy in trouble', 503, {}],
  ['a proxy that throttles', 429, {}],
  ['the limit on concurrent requests', 429, concurrency],
  ['a proxy that refuses', 403, {}],
  ['an unreadable limit', 429, { 'x-rate-limit-limit': 'many', 'x-rate-limit-remaining': 'few' }],
])('after an answer of %s one call at a time goes on finding the limit out', async (_, status, headers) => {
  expect(await leaveAfter(status, headers)).toBe(1);
});

test('where a good answer names no limit, there is none to keep to', async () => {
  expect(await leaveAfter(200, {})).toBe(10);
});

test('a refusal that names the limit is believed', async () => {
  const reset = String(Math.ceil(Date.now() / 1_000) + 30);
  expect(await leaveAfter(429, { 'x-rate-limit-limit': '50', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': reset })).toBe(0);
});

/** What is ours where half of the limits may be spent. */
function share(MODE: string): number {
  const okta = { OKTA_CLIENT_ORGURL: 'https://example.okta.com', OKTA_CLIENT_TOKEN: 'token', OKTA_RATE_SHARE: '0.5' };
  const settings = readConfig(['okta', 'store'], { ...okta, MODE, REDIS_URL: 'redis://127.0.0.1' });
  return rateShare(settings.okta, settings.store.MODE);
}

test('shadow mode has a fifth of the share, because the flow beside it needs the limit', () => {
  expect(share('enforce')).toBe(0.5);
  expect(share('shadow')).toBe(0.1);
});
