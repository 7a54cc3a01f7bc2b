import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { UpstreamFailure, type UpstreamFailureDetails } from '../../src/failure.js';
import type { ConformanceSubject, ResourceFault } from './subject.js';

/** What every client of an upstream promises; `start` gives a fresh client and a fresh sandbox. */
export function conformance(name: string, start: () => Promise<ConformanceSubject>): void {
  describe(`${name} as an upstream`, () => {
    let subject: ConformanceSubject;
    beforeEach(async () => {
      subject = await start();
    });
    afterEach(() => subject.close());

    renewal(() => subject);
    faults(() => subject);
    tokenEndpoint(() => subject);
    safety(() => subject);
  });
}

type Current = () => ConformanceSubject;
type Method = 'read' | 'act';
const methods: Method[] = ['read', 'act'];

function renewal(current: Current): void {
  test.each(methods)('renews the token once after a 401, and the %s succeeds', async (method) => {
    const subject = current();
    await subject.read();
    const before = subject.tokenRequests();
    subject.expireTokens();
    await subject[method]();
    const renewed = subject.tokenRequests() - before;
    expect(renewed).toBeGreaterThanOrEqual(1);
    expect(renewed).toBeLessThanOrEqual(subject.requestsPerColdExchange);
  });

  test.each(methods)('gives up a %s after a second 401: the credentials are to blame', async (method) => {
    const subject = current();
    await subject.read();
    const before = subject.requestedPaths().length;
    subject.order('unauthorized', 3);
    expect(await failure(subject[method]())).toMatchObject({ kind: 'credentials', status: 401 });
    expect(subject.requestedPaths()).toHaveLength(before + 2);
  });

  test('renews once for twenty calls whose token has expired', async () => {
    const subject = current();
    await subject.read();
    const before = subject.tokenRequests();
    subject.expireTokens();
    await Promise.all(twenty(() => subject.read()));
    expect(subject.tokenRequests() - before).toBeLessThanOrEqual(subject.requestsPerColdExchange);
  });
}

type Case = { fault: ResourceFault; method: Method; details: Partial<UpstreamFailureDetails> };
const cases: Case[] = methods.flatMap((method): Case[] => [
  { fault: 'unavailable', method, details: { kind: 'transient' } },
  { fault: 'reset', method, details: { kind: 'transient' } },
  { fault: 'hang', method, details: { kind: 'transient', code: 'timeout' } },
  { fault: 'forbidden', method, details: { kind: 'permission', status: 403 } },
  { fault: 'missing', method, details: { kind: 'not_found', status: 404 } },
  { fault: 'html', method, details: { kind: 'garbage' } },
]);

function faults(current: Current): void {
  test.each(cases)('$fault on $method is $details.kind, sent once', async ({ fault, method, details }) => {
    const subject = current();
    await subject.read();
    const before = subject.requestedPaths().length;
    subject.order(fault, 1);
    const met = await failure(subject[method]());
    expect(met).toMatchObject(details);
    expect(Boolean(met.uncertain)).toBe(details.kind === 'transient' && method === 'act');
    expect(subject.requestedPaths()).toHaveLength(before + 1);
  });

  test('bad_request on read is rejected: the object is to blame, for good', async () => {
    const subject = current();
    subject.order('bad_request', 1);
    expect(await failure(subject.read())).toMatchObject({ kind: 'rejected', status: 400 });
  });

  test.each(methods)('throttled on %s surfaces at once with the announced wait', async (method) => {
    const subject = current();
    await subject.read();
    const before = subject.requestedPaths().length;
    subject.order('throttled', 1);
    const started = performance.now();
    const met = await failure(subject[method]());
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(met).toMatchObject({ kind: 'throttled', status: 429 });
    expect(met.waitMs).toBeGreaterThanOrEqual(subject.announcedWait.atLeastMs);
    expect(met.waitMs).toBeLessThanOrEqual(subject.announcedWait.atMostMs);
    expect(subject.requestedPaths()).toHaveLength(before + 1);
  });

  test('a peer that never answers is given up at the deadline', async () => {
    const subject = current();
    await subject.read();
    subject.order('hang', 1);
    const started = performance.now();
    await failure(subject.read());
    expect(performance.now() - started).toBeLessThan(subject.timeoutMs + 1_000);
  });
}

function tokenEndpoint(current: Current): void {
  test('twenty cold calls take one token exchange', async () => {
    const subject = current();
    await Promise.all(twenty(() => subject.read()));
    expect(subject.tokenRequests()).toBe(subject.requestsPerColdExchange);
  });

  test('refused credentials fail twenty cold calls after one exchange, and no resource is asked', async () => {
    const subject = current();
    subject.orderToken('refused');
    const met = await Promise.all(twenty(() => failure(subject.act())));
    for (const details of met) expect(details).toMatchObject({ kind: 'credentials' });
    expect(met[0]?.code).toBeTruthy();
    expect(subject.tokenRequests()).toBeLessThanOrEqual(subject.requestsPerColdExchange);
    expect(subject.requestedPaths()).toEqual([]);
  });

  test('calls succeed again as soon as the credentials are accepted', async () => {
    const subject = current();
    subject.orderToken('refused');
    await failure(subject.read());
    subject.healToken();
    await subject.read();
    expect(subject.requestedPaths()).not.toEqual([]);
  });

  test('an outage of the token endpoint is transient, and nothing can have been changed', async () => {
    const subject = current();
    subject.orderToken('unavailable');
    const met = await failure(subject.act());
    expect(met.kind).toBe('transient');
    expect(Boolean(met.uncertain)).toBe(false);
    expect(subject.requestedPaths()).toEqual([]);
  });

  test('an outage of the token endpoint does not disturb calls that have a token', async () => {
    const subject = current();
    await subject.read();
    const before = subject.requestedPaths().length;
    subject.orderToken('unavailable');
    await subject.act();
    expect(subject.requestedPaths().length).toBeGreaterThan(before);
  });
}

function safety(current: Current): void {
  test.each(['a/b?c#d', '..', '.', '', '../../x', 'a%2Fb', 'ü "\\'])('the id %j reaches its own address or none', async (id) => {
    const subject = current();
    await subject.read();
    const before = subject.requestedPaths().length;
    await subject.readById(id).catch(() => undefined);
    const paths = subject.requestedPaths().slice(before);
    const reachable = ['..', '.', ''].includes(id) ? [] : [subject.pathOf(id)];
    expect(paths.filter((path) => !reachable.includes(path))).toEqual([]);
  });

  test('no error carries a key, an assertion or a token', async () => {
    const subject = current();
    await subject.read();
    const errors: unknown[] = [];
    const seen: ResourceFault[] = ['unauthorized', 'forbidden', 'missing', 'bad_request', 'throttled', 'unavailable', 'reset', 'hang', 'html'];
    for (const fault of seen) {
      subject.order(fault, 2);
      errors.push(await caught(subject.act()), await caught(subject.read()));
    }
    subject.expireTokens();
    subject.orderToken('refused');
    errors.push(await caught(subject.read()));
    const text = errors.map((error) => inspect(error, { depth: 12, showHidden: true }) + JSON.stringify(error)).join('\n');
    const secrets = subject.secrets();
    expect(secrets.length).toBeGreaterThan(0);
    for (const secret of secrets) expect(text.includes(secret)).toBe(false);
  });
}

function twenty<T>(call: () => Promise<T>): Promise<T>[] {
  return Array.from({ length: 20 }, call);
}

async function caught(call: Promise<unknown>): Promise<unknown> {
  return await call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function failure(call: Promise<unknown>): Promise<UpstreamFailureDetails> {
  const error = await caught(call);
  if (error instanceof UpstreamFailure) return error.details;
  throw new Error('expected an UpstreamFailure', { cause: error });
}
