import { describe, expect, test } from '@jest/globals';
import { answerTime, failureOf, throttleWaitMs } from '../../src/uem/answer.js';

const now = Date.parse('2026-03-04T07:00:00Z');
const dated = { date: 'Wed, 04 Mar 2026 07:00:00 GMT' };
const answer = (status: number, body = '', headers: Record<string, string> = {}) => ({ status, body, headers: new Headers(headers) });

describe('after a 429 is waited', () => {
  test.each([
    ['until the reset, by UEM\'s clock', { ...dated, 'x-ratelimit-reset': String(now / 1_000 + 90) }, 90_000],
    ['a second at least', { ...dated, 'x-ratelimit-reset': String(now / 1_000 - 90) }, 1_000],
    ['a quarter of an hour at most', { ...dated, 'x-ratelimit-reset': String(now / 1_000 + 86_400) }, 900_000],
    ['as long as Retry-After says', { 'retry-after': '7' }, 7_000],
    ['a minute where nothing is said', {}, 60_000],
    ['a minute where nonsense is said', { 'x-ratelimit-reset': 'soon', 'retry-after': 'later' }, 60_000],
  ])('%s', (_title, headers, ms) => {
    expect(throttleWaitMs(new Headers(headers), now + 3_600_000)).toBe(ms);
  });
});

describe('an answer', () => {
  test.each([
    [200, null],
    [204, null],
    [302, 'garbage'],
    [400, 'rejected'],
    [401, 'credentials'],
    [403, 'permission'],
    [404, 'not_found'],
    [408, 'transient'],
    [429, 'throttled'],
    [503, 'transient'],
  ])('of status %d in UEM\'s words is %p', (status, kind) => {
    expect(failureOf('getDevice', answer(status, '{"errorCode":1,"message":"m"}'))?.details.kind ?? null).toBe(kind);
  });

  test('carries UEM\'s code and activity, never its text', () => {
    const body = JSON.stringify({ errorCode: 1005, message: 'about jane@example.com', activityId: '7f8b0b4e-3d0c-4a50-8f3d-4cbb5f5f3b17' });
    const failure = failureOf('getDevice', answer(400, body));
    expect(failure?.details).toMatchObject({ code: 'error_1005', requestId: '7f8b0b4e-3d0c-4a50-8f3d-4cbb5f5f3b17' });
    expect(failure?.message).toBe('uem getDevice: rejected, HTTP 400, error_1005');
  });

  test('speaks as of half a minute before its date; without one nobody knows as of when', () => {
    expect(answerTime('getDevice', answer(200, '', dated))).toBe(`${now / 1_000 - 30}0000000`);
    expect(() => answerTime('getDevice', answer(200))).toThrow('uem getDevice: garbage, HTTP 200, no_date');
  });
});
