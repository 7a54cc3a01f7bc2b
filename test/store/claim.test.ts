import { describe, expect, test } from '@jest/globals';
import type { LedgerEntry } from '../../src/compliance/ledger.js';
import { BlockStore } from '../../src/store/blocks.js';
import { Budget, type Claim } from '../../src/store/budget.js';
import { redisKeys } from '../../src/store/keys.js';
import { redisOfThisFile } from '../redis-of-file.js';

const prefix = '{relay}';
const keys = redisKeys(prefix);
const key = 'udid:00008020001a';
const lock = { name: `${prefix}:enforcement:${key}:lock`, token: 'worker-1:7' };
const entry: LedgerEntry = { state: 'intent', at: 1_764_100_000_000, statusSeen: 'active', requestId: null };
const claim: Claim = { lane: 'suspend', key, generation: 3, lock, intent: { recordId: 'guo1', entry }, counted: null, unblocked: ['okta', 'okta:devices', 'okta:suspendDevice'] };

const redis = await redisOfThisFile();
const budget = new Budget(redis, prefix, { share: 1, leading: 'devices' });

/** A window of six calls, and a run under way. */
async function begin(): Promise<void> {
  await budget.report('devices', { limit: 6, remaining: 6, reset: 1_764_100_060, endsInMs: 60_000 });
  await redis.hset(keys.device(key), 'generation', String(claim.generation));
  await redis.set(lock.name, lock.token);
}

async function written() {
  return { ledger: await redis.hgetall(keys.ledger(key)), locked: await redis.zrange(keys.locked, '0', '-1'), spent: Number((await redis.hget(keys.budget('devices'), 'spent')) ?? 0) };
}

const nothing = { ledger: {}, locked: [], spent: 0 };

describe('a call that changes a device', () => {
  test('is paid for and on the ledger in one step', async () => {
    await begin();
    expect(await budget.claim('devices', claim)).toEqual({ token: { bucket: 'devices', id: 1 } });
    expect(await written()).toEqual({ ledger: { guo1: JSON.stringify(entry) }, locked: [key], spent: 1 });
  });

  test('that lets a device in again does not make it one that is locked', async () => {
    await begin();
    await budget.claim('devices', { ...claim, intent: { recordId: 'guo1', entry: { ...entry, state: 'released' } } });
    expect(await written()).toMatchObject({ ledger: { guo1: expect.stringContaining('released') }, locked: [] });
  });

  test('that signs a user out is paid for, and nothing of it is on the ledger', async () => {
    await begin();
    expect(await budget.claim('devices', { ...claim, intent: null })).toEqual({ token: { bucket: 'devices', id: 1 } });
    expect(await written()).toEqual({ ...nothing, spent: 1 });
  });

  test.each<{ why: string; happens: () => Promise<unknown> }>([
    { why: 'a newer event has come in', happens: () => redis.hincrby(keys.device(key), 'generation', 1) },
    { why: 'another worker runs the device', happens: () => redis.set(lock.name, 'worker-2:1') },
    { why: 'its lock has run out', happens: () => redis.del(lock.name) },
    ...claim.unblocked.map((scope) => ({
      why: `${scope} is blocked`,
      happens: () => new BlockStore(redis, prefix).block({ scope, word: 'waiting_permission', detail: 'text', since: 1, until: null }),
    })),
  ])('costs nothing and leaves no trace where $why', async ({ happens }) => {
    await begin();
    await happens();
    expect(await budget.claim('devices', claim)).toBeNull();
    expect(await written()).toEqual(nothing);
  });

  test('is not on the ledger while the budget has nothing for it', async () => {
    await begin();
    await redis.hset(keys.budget('devices'), 'tokens', '0');
    expect(await budget.claim('devices', claim)).toEqual({ token: null, soonMs: expect.any(Number), turnsMs: [expect.any(Number)] });
    expect(await written()).toEqual(nothing);
    expect(await redis.zrange(`${keys.budget('devices')}:line:1`, '0', '-1')).toEqual([key]);
  });
});
