import { expect, test } from '@jest/globals';
import { createTokenProvider, type AccessToken } from '../../src/entra/auth.js';

const minute = 60_000;
const hour = 60 * minute;

/** A token endpoint in the hands of the test: each exchange stays open until it is settled. */
function controlled() {
  const open: { resolve: (token: AccessToken) => void; reject: (error: Error) => void }[] = [];
  const clock = { now: 1_000_000 };
  let exchanges = 0;
  const provider = createTokenProvider(
    () =>
      new Promise((resolve, reject) => {
        exchanges += 1;
        open.push({ resolve, reject });
      }),
    () => clock.now,
  );
  const settle = async (outcome: string | Error) => {
    const exchange = open.shift();
    if (exchange === undefined) throw new Error('no exchange is open');
    if (outcome instanceof Error) exchange.reject(outcome);
    else exchange.resolve({ value: outcome, expiresAt: clock.now + hour });
    await new Promise(setImmediate);
  };
  return { provider, clock, settle, exchanges: () => exchanges };
}

async function holding(token: string) {
  const endpoint = controlled();
  const first = endpoint.provider.token();
  await endpoint.settle(token);
  expect(await first).toBe(token);
  return endpoint;
}

test('concurrent callers share one exchange', async () => {
  const { provider, settle, exchanges } = controlled();
  const calls = Array.from({ length: 20 }, () => provider.token());
  await settle('t1');
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['t1']));
  expect(exchanges()).toBe(1);
});

test('concurrent callers share one refusal, and the next caller asks again', async () => {
  const { provider, settle, exchanges } = controlled();
  const calls = Promise.allSettled(Array.from({ length: 20 }, () => provider.token()));
  await settle(new Error('refused'));
  expect((await calls).every(({ status }) => status === 'rejected')).toBe(true);
  expect(exchanges()).toBe(1);
  const later = provider.token();
  await settle('t1');
  expect(await later).toBe('t1');
});

test('a token in the last quarter of its life is renewed without anyone waiting', async () => {
  const { provider, clock, settle, exchanges } = await holding('t1');
  clock.now += 44 * minute;
  expect(await provider.token()).toBe('t1');
  expect(exchanges()).toBe(1);
  clock.now += 2 * minute;
  expect(await provider.token()).toBe('t1');
  expect(await provider.token()).toBe('t1');
  expect(exchanges()).toBe(2);
  await settle('t2');
  expect(await provider.token()).toBe('t2');
});

test("the vendor's earlier refresh_in is obeyed", async () => {
  const clock = { now: 0 };
  let exchanges = 0;
  const exchange = async () => ({ value: `t${++exchanges}`, expiresAt: clock.now + 24 * hour, renewAt: clock.now + 12 * hour });
  const provider = createTokenProvider(exchange, () => clock.now);
  await provider.token();
  clock.now += 12 * hour + 1;
  expect(await provider.token()).toBe('t1');
  await new Promise(setImmediate);
  expect(await provider.token()).toBe('t2');
});

test('the last good token serves through an outage until a minute before its end, and the endpoint is not hammered', async () => {
  const { provider, clock, settle, exchanges } = await holding('t1');
  clock.now += 50 * minute;
  expect(await provider.token()).toBe('t1');
  await settle(new Error('outage'));
  for (let call = 0; call < 10; call += 1) expect(await provider.token()).toBe('t1');
  expect(exchanges()).toBe(2);
  clock.now += 15_000;
  expect(await provider.token()).toBe('t1');
  expect(exchanges()).toBe(3);
  await settle(new Error('outage'));
  clock.now += 9 * minute;
  const late = provider.token();
  await Promise.all([settle(new Error('outage')), expect(late).rejects.toThrow('outage')]);
});

test('callers refused with the same token share one renewal, and a late one gets its result', async () => {
  const { provider, settle, exchanges } = await holding('t1');
  const calls = Array.from({ length: 20 }, () => provider.renewed('t1'));
  await settle('t2');
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['t2']));
  expect(await provider.renewed('t1')).toBe('t2');
  expect(exchanges()).toBe(2);
});
