import { describe, expect, test } from '@jest/globals';
import { graphFailure, tokenFailure, waitMs } from '../../src/entra/answer.js';

const date = 'Tue, 03 Mar 2026 10:00:00 GMT';

describe('the wait that Retry-After asks for', () => {
  test.each([
    ['7', 7_000],
    [' 120 ', 120_000],
    ['Tue, 03 Mar 2026 10:00:30 GMT', 30_000],
    ['0', 1_000],
    ['Tue, 03 Mar 2026 09:00:00 GMT', 1_000],
    ['86400', 300_000],
    [null, 10_000],
    ['', 10_000],
    ['soon', 10_000],
    ['-5', 10_000],
    ['NaN GMT', 10_000],
  ])('%j is %d ms, by the clock of the server', (header, expected) => {
    expect(waitMs(new Headers({ date, ...(header !== null && { 'retry-after': header }) }))).toBe(expected);
  });
});

const write = { operation: 'revokeSignInSessions', changes: true } as const;
const read = { operation: 'listUsers', changes: false } as const;
const graphBody = JSON.stringify({ error: { code: 'Some_Code', message: 'a sentence about jane@example.com', innerError: null } });

function answer(status: number, body = graphBody, headers: Record<string, string> = {}) {
  return { status, body, headers: new Headers(headers) };
}

describe('a Graph answer', () => {
  test.each([200, 201, 202, 204])('%d is no failure', (status) => {
    expect(graphFailure(write, answer(status, ''))).toBeNull();
  });

  test.each([
    [302, 'garbage'],
    [400, 'rejected'],
    [401, 'credentials'],
    [403, 'permission'],
    [404, 'transient'],
    [408, 'transient'],
    [409, 'rejected'],
    [429, 'throttled'],
    [500, 'transient'],
    [503, 'transient'],
  ])('%d is %s, with the code of Graph and the request id', (status, kind) => {
    const failure = graphFailure(write, answer(status, graphBody, { 'request-id': 'r-1' }));
    expect(failure?.details).toMatchObject({ upstream: 'entra', kind, status, code: 'Some_Code', requestId: 'r-1' });
  });

  test.each([
    [403, 'permission'],
    [404, 'transient'],
    [400, 'garbage'],
    [429, 'throttled'],
    [502, 'transient'],
  ])('%d with the page of a proxy is %s', (status, kind) => {
    expect(graphFailure(write, answer(status, '<html>jane@example.com</html>'))?.details.kind).toBe(kind);
  });

  test('404 means that the user is missing only in the words of the directory', () => {
    const missing = JSON.stringify({ error: { code: 'Request_ResourceNotFound', message: 'x' } });
    expect(graphFailure(write, answer(404, missing))?.details).toMatchObject({ kind: 'not_found', code: 'Request_ResourceNotFound' });
  });

  test.each([408, 500])('%d leaves a write uncertain, but never a read', (status) => {
    expect(graphFailure(write, answer(status))?.details.uncertain).toBe(true);
    expect(graphFailure(read, answer(status))?.details.uncertain).toBe(false);
  });

  test('the text of an answer stays out of the message', () => {
    const long = JSON.stringify({ error: { code: 'jane@example.com is not allowed', message: 'x' } });
    for (const body of [graphBody, long]) expect(graphFailure(write, answer(404, body))?.message).not.toContain('jane');
  });
});

describe('an answer of the token endpoint', () => {
  const secretText = 'AADSTS7000215: Invalid client secret provided. Trace ID: 1 jane@example.com';
  const refusal = (error: string, numbers?: number[]) =>
    JSON.stringify({ error, error_description: secretText, ...(numbers && { error_codes: numbers }) });

  test('a token is no failure', () => {
    expect(tokenFailure(answer(200, '{"token_type":"Bearer","expires_in":3599,"access_token":"t"}'))).toBeNull();
  });

  test.each([
    [401, 'credentials, AADSTS7000215', refusal('invalid_client', [7000215])],
    [401, 'credentials, AADSTS7000222', refusal('invalid_client', [7000222])],
    [400, 'credentials, AADSTS700016', refusal('unauthorized_client', [700016])],
    [400, 'credentials, unauthorized_client', refusal('unauthorized_client')],
    [400, 'transient, temporarily_unavailable', refusal('temporarily_unavailable')],
    [403, 'credentials, no_token', '<html>'],
    [302, 'credentials, no_token', ''],
    [200, 'credentials, no_token', '{}'],
    [200, 'credentials, no_token', '{"access_token":"","expires_in":3599}'],
    [200, 'credentials, no_token', '<html>'],
    [503, 'transient, no_token', '<html>'],
    [500, 'transient, AADSTS90033', refusal('server_error', [90033])],
    [429, 'throttled, AADSTS90055', refusal('temporarily_unavailable', [90055])],
  ])('%d is %s, without the description', (status, expected, body) => {
    const { message, details } = tokenFailure(answer(status, body, { 'retry-after': '5' })) ?? {};
    expect(details).toMatchObject({ upstream: 'entra', operation: 'token', status });
    expect(`${details?.kind}, ${details?.code}`).toBe(expected);
    expect(details?.waitMs).toBe(details?.kind === 'throttled' ? 5_000 : undefined);
    expect(JSON.stringify([message, details])).not.toMatch(/Invalid client secret|jane/);
  });
});
