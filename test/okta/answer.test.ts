import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { demandsNonce, errorCode, failureOf, readBody, throttleWaitMs } from '../../src/okta/answer.js';

type Given = { status?: number; headers?: Record<string, string>; body?: unknown };

function answer({ status = 200, headers = {}, body = '' }: Given) {
  return { status, headers: new Headers(headers), body: typeof body === 'string' ? body : JSON.stringify(body) };
}

const write = { operation: 'suspendDevice', method: 'POST' };
const read = { operation: 'getDevice', method: 'GET' };
const refusedProof = { 'www-authenticate': 'DPoP error="invalid_dpop_proof", error_description="The DPoP proof JWT has already been used"' };

describe('what an answer says about the call', () => {
  test.each([200, 201, 204, 299])('%i is no failure', (status) => {
    expect(failureOf(answer({ status }), write)).toBeNull();
  });

  test.each([
    { given: { status: 302 }, expected: { kind: 'garbage' } },
    { given: { status: 400, body: { errorCode: 'E0000001' } }, expected: { kind: 'rejected', code: 'E0000001' } },
    { given: { status: 400, headers: refusedProof }, expected: { kind: 'transient', code: 'invalid_dpop_proof', uncertain: false } },
    { given: { status: 400, body: { error: 'invalid_scope' } }, expected: { kind: 'rejected', code: 'invalid_scope' } },
    { given: { status: 401, body: { errorCode: 'E0000011' } }, expected: { kind: 'credentials', code: 'E0000011' } },
    { given: { status: 403, body: { errorCode: 'E0000006' } }, expected: { kind: 'permission', code: 'E0000006' } },
    { given: { status: 404, body: { errorCode: 'E0000007' } }, expected: { kind: 'not_found', code: 'E0000007' } },
    { given: { status: 404, body: '<html>' }, expected: { kind: 'transient', code: undefined, uncertain: false } },
    { given: { status: 404, body: { errorCode: 'E0000008' } }, expected: { kind: 'transient', code: 'E0000008', uncertain: false } },
    { given: { status: 408, body: '<html>' }, expected: { kind: 'transient', uncertain: true } },
    { given: { status: 409 }, expected: { kind: 'rejected', code: undefined } },
    { given: { status: 429, body: { errorCode: 'E0000047' } }, expected: { kind: 'throttled', uncertain: false } },
    { given: { status: 500, body: { errorCode: 'E0000009' } }, expected: { kind: 'transient', uncertain: true } },
    { given: { status: 503, body: '<html>' }, expected: { kind: 'transient', uncertain: true } },
  ])('$given.status $given.body is $expected.kind', ({ given, expected }) => {
    const failed = failureOf(answer(given), write);
    expect(failed?.details).toMatchObject({ ...expected, status: given.status, upstream: 'okta' });
  });

  test.each([408, 503])('a read that failed with %i leaves nothing uncertain', (status) => {
    expect(failureOf(answer({ status }), read)?.details).toMatchObject({ kind: 'transient', uncertain: false });
  });

  test('the request id of Okta is kept', () => {
    const failed = failureOf(answer({ status: 404, headers: { 'x-okta-request-id': 'Zx12' } }), read);
    expect(failed?.details.requestId).toBe('Zx12');
  });

  test.each([{ errorCode: 'secret text' }, { error: 'Text With Spaces' }, { error: 'x'.repeat(41) }, 'no json', '', [1], 'null'])(
    'text of the answer %j does not pass for a code',
    (body) => {
      expect(errorCode(answer({ status: 400, body }))).toBeUndefined();
    },
  );
});

describe('the wait after a 429', () => {
  const date = 'Tue, 02 Dec 2025 10:00:00 GMT';
  const epoch = Date.parse(date) / 1_000;
  const headers = (reset: string, limit = '50', at = date) =>
    new Headers({ 'x-rate-limit-limit': limit, 'x-rate-limit-reset': reset, ...(at && { date: at }) });

  test.each([
    [String(epoch + 30), 31_000],
    [String(epoch), 1_000],
    [String(epoch - 9), 1_000],
    [String(epoch - 500), 5_000],
    [String(epoch + 119), 120_000],
    [String(epoch + 120), 120_000],
    [String(epoch + 3_000), 5_000],
    [`${epoch + 30}, ${epoch + 30}`, 31_000],
    ['soon', 5_000],
    ['', 5_000],
    [String(epoch * 1_000), 5_000],
  ])('is reset %s by the clock of the server, plus a second, within bounds: %i ms', (reset, expected) => {
    expect(throttleWaitMs(headers(reset), 0.5)).toBe(expected);
  });

  test('uses our own clock where the server tells no time', () => {
    const wait = throttleWaitMs(headers(String(Math.floor(Date.now() / 1_000) + 30), '50', ''), 0);
    expect(wait).toBeGreaterThan(29_000);
    expect(wait).toBeLessThanOrEqual(31_000);
  });

  test.each([
    ['7', 7_000],
    ['Tue, 02 Dec 2025 10:00:20 GMT', 20_000],
    ['7200', 120_000],
    ['soon', 5_000],
  ])('is what a proxy asks for with Retry-After: %s where there is no reset, within the same bounds', (retryAfter, expected) => {
    expect(throttleWaitMs(new Headers({ date, 'retry-after': retryAfter }), 0.5)).toBe(expected);
    const both = headers(String(epoch + 30));
    both.set('retry-after', retryAfter);
    expect(throttleWaitMs(both, 0.5)).toBe(31_000);
  });

  test.each([
    [0, 1_000],
    [0.5, 1_500],
    [0.999, 1_999],
  ])('is short and jittered (%d) at the limit on concurrent requests, whatever the reset', (jitter, expected) => {
    expect(throttleWaitMs(headers(String(epoch + 60), '0'), jitter)).toBe(expected);
  });
});

describe('the demand for a DPoP nonce', () => {
  test.each([
    ['by the token endpoint', { status: 400, body: { error: 'use_dpop_nonce' }, headers: { 'dpop-nonce': 'n' } }, true],
    ['by a resource', { status: 401, body: { errorCode: 'E0000011' }, headers: { 'dpop-nonce': 'n', 'www-authenticate': 'DPoP error="use_dpop_nonce"' } }, true],
    ['without a nonce', { status: 400, body: { error: 'use_dpop_nonce' } }, false],
    ['for another reason', { status: 401, body: { error: 'invalid_client' }, headers: { 'dpop-nonce': 'n' } }, false],
    ['in a good answer', { status: 200, body: { error: 'use_dpop_nonce' }, headers: { 'dpop-nonce': 'n' } }, false],
  ])('%s', (_, given, expected) => {
    expect(demandsNonce(answer(given))).toBe(expected);
  });
});

test.each(['<html>s3cret</html>', '{"id":7,"s3cret":1}', '', '[]'])('an unreadable body %j is garbage and is not quoted', (body) => {
  const reading = (): unknown => readBody(answer({ body }), z.object({ id: z.string() }), 'getDevice');
  expect(reading).toThrow('okta getDevice: garbage, HTTP 200');
  expect(inspect(caught(reading), { depth: 9 })).not.toContain('s3cret');
});

function caught(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}
