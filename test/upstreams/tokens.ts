import { expect, test } from '@jest/globals';
import { failure } from './failures.js';
import { methods, type ConformanceSubject } from './subject.js';

/** A refused token is renewed once, for all calls together. */
export function renewal(current: () => ConformanceSubject): void {
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

  test.each(methods)('a second 401 on %s blames the credentials', async (method) => {
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

/** One exchange serves any number of calls, and its failures are told apart. */
export function tokenEndpoint(current: () => ConformanceSubject): void {
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

function twenty<T>(call: () => Promise<T>): Promise<T>[] {
  return Array.from({ length: 20 }, call);
}
