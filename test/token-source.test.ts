import { beforeEach, describe, expect, test } from '@jest/globals';
import { createTokenSource, type Lasting, type TokenSource } from '../src/token-source.js';

const anHour = 3_600_000;
const minutes = (count: number): number => count * 60_000;

type Token = Lasting & { value: string };

let clock: number;
let exchanges: PromiseWithResolvers<Token>[];
let tokens: TokenSource<Token>;

type PromiseWithResolvers<T> = { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void };

function pending(): PromiseWithResolvers<Token> {
  let settle: Omit<PromiseWithResolvers<Token>, 'promise'> | undefined;
  const promise = new Promise<Token>((resolve, reject) => {
    settle = { resolve, reject };
  });
  if (settle === undefined) throw new Error('unreachable');
  return { promise, ...settle };
}

const issued = (value: string, lifetimeMs = anHour): Token => ({ value, lifetimeMs });
const valueOf = async (lease: Promise<{ token: Token }>): Promise<string> => (await lease).token.value;

/** Lets the microtasks of a settled exchange run. */
const settled = async (): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve));
};

beforeEach(() => {
  clock = 0;
  exchanges = [];
  tokens = createTokenSource(
    () => {
      const exchange = pending();
      exchanges.push(exchange);
      return exchange.promise;
    },
    () => clock,
  );
});

async function started(value = 'first', lifetimeMs = anHour) {
  const lease = tokens.lease();
  exchanges[0]?.resolve(issued(value, lifetimeMs));
  return await lease;
}

describe('the first token', () => {
  test('is asked for once by any number of callers', async () => {
    const leases = Array.from({ length: 20 }, () => valueOf(tokens.lease()));
    expect(exchanges).toHaveLength(1);
    exchanges[0]?.resolve(issued('first'));
    expect(new Set(await Promise.all(leases))).toEqual(new Set(['first']));
  });

  test('refused, it fails every waiting caller, and the next one asks again', async () => {
    const leases = Array.from({ length: 20 }, () => tokens.lease());
    exchanges[0]?.reject(new Error('refused'));
    const outcomes = await Promise.allSettled(leases);
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    expect(exchanges).toHaveLength(1);
    const next = valueOf(tokens.lease());
    exchanges[1]?.resolve(issued('second'));
    expect(await next).toBe('second');
  });
});

describe('renewal before expiry', () => {
  test.each([
    [anHour, anHour - minutes(5)],
    [minutes(10), minutes(8)],
  ])('a token of %i ms is renewed in the background from %i ms on, without making anyone wait', async (lifetime, renewAt) => {
    await started('first', lifetime);
    clock = renewAt - 1;
    await tokens.lease();
    expect(exchanges).toHaveLength(1);
    clock = renewAt;
    expect(await valueOf(tokens.lease())).toBe('first');
    expect(await valueOf(tokens.lease())).toBe('first');
    expect(exchanges).toHaveLength(2);
    exchanges[1]?.resolve(issued('second'));
    await settled();
    expect(await valueOf(tokens.lease())).toBe('second');
  });

  test.each([
    ['from', minutes(10), minutes(10)],
    ['not later than', anHour, minutes(55)],
  ])('a token whose vendor advises it is renewed %s %i ms on', async (_, renewInMs, renewAt) => {
    const lease = tokens.lease();
    exchanges[0]?.resolve({ ...issued('first'), renewInMs });
    await lease;
    clock = renewAt - 1;
    await tokens.lease();
    expect(exchanges).toHaveLength(1);
    clock = renewAt;
    expect(await valueOf(tokens.lease())).toBe('first');
    expect(exchanges).toHaveLength(2);
  });

  test('fails quietly: the old token stays in use, and renewal is tried again after half a minute', async () => {
    await started();
    clock = anHour - minutes(4);
    await tokens.lease();
    exchanges[1]?.reject(new Error('down'));
    await settled();
    clock += 29_999;
    expect(await valueOf(tokens.lease())).toBe('first');
    expect(exchanges).toHaveLength(2);
    clock += 1;
    expect(await valueOf(tokens.lease())).toBe('first');
    expect(exchanges).toHaveLength(3);
  });

  test('an expired token is not handed out', async () => {
    await started();
    clock = anHour;
    const lease = valueOf(tokens.lease());
    exchanges[1]?.resolve(issued('second'));
    expect(await lease).toBe('second');
  });
});

describe('renewal after a 401', () => {
  test('is one exchange for all calls that held the refused token, however late they come back', async () => {
    const lease = await started();
    const early = [valueOf(tokens.renew(lease)), valueOf(tokens.renew(lease))];
    exchanges[1]?.resolve(issued('second'));
    expect(await Promise.all(early)).toEqual(['second', 'second']);
    expect(await valueOf(tokens.renew(lease))).toBe('second');
    expect(exchanges).toHaveLength(2);
  });

  test('refused, it is not asked for again by the calls that held the refused token', async () => {
    const lease = await started();
    const early = tokens.renew(lease);
    exchanges[1]?.reject(new Error('refused'));
    await expect(early).rejects.toThrow('refused');
    await expect(tokens.renew(lease)).rejects.toThrow('refused');
    expect(exchanges).toHaveLength(2);
  });

  test('refused, a later call holds the old token and may ask again', async () => {
    const lease = await started();
    const early = tokens.renew(lease);
    exchanges[1]?.reject(new Error('refused'));
    await expect(early).rejects.toThrow('refused');
    const later = await tokens.lease();
    expect(later.token.value).toBe('first');
    const renewed = valueOf(tokens.renew(later));
    exchanges[2]?.resolve(issued('third'));
    expect(await renewed).toBe('third');
  });
});
