import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { UpstreamFailure } from '../../src/failure.js';
import { createOktaClient } from '../../src/okta/client.js';
import { Budget } from '../../src/store/budget.js';
import { LookUps } from '../../workers/look-ups.js';
import { BudgetSpent } from '../../workers/purse.js';
import { closeDoubles, org } from '../okta/org.js';
import { redisOfThisFile } from '../redis-of-file.js';
import type { OktaDouble } from '../sandbox/okta/server.js';
import { serviceApp } from '../upstreams/okta-subject.js';

const redis = await redisOfThisFile();
let okta: OktaDouble;
let budget: Budget;
let lookUps: LookUps;

beforeEach(async () => {
  okta = await org();
  budget = new Budget(redis, '{relay}', { share: 1, leading: 'devices' });
  const client = createOktaClient({ orgUrl: okta.url, credentials: serviceApp.credentials, timeoutMs: 10_000 });
  lookUps = new LookUps({ okta: client, budget, now: Date.now });
});

afterEach(() => closeDoubles());

/** As many calls a minute are left, and one token after the other is there. */
const allow = (limit: number) => budget.report('devices', { limit, remaining: limit, reset: Math.ceil(Date.now() / 1000) + 60, endsInMs: 60_000 });
const udids = (count: number) => Array.from({ length: count }, (_, i) => `00008120-${String(i).padStart(16, '0')}`);
const searches = () => okta.calls('listDevices');

/** Looks a device up as a run does; resolves with the ids that were found. */
async function lookUp(udid: string): Promise<string[]> {
  const seat = lookUps.seat({ key: udid, lane: 'suspend', spellings: { udid: [udid, udid.replaceAll('-', ''), udid.toLowerCase()], serialNumber: [] } });
  const { token, ...turn } = await seat.take();
  if (token === null) throw new BudgetSpent('devices', Date.now() + Math.max(...('turnsMs' in turn ? turn.turnsMs : [])));
  try {
    return (await seat.search()).value.map(({ id }) => id);
  } finally {
    await seat.end(token);
  }
}

/** Uses up what a second's worth of tokens there are beside one for each of these. */
async function leaveTokens(count: number, limit: number): Promise<void> {
  await allow(limit);
  await redis.hset('{relay}:budget:devices', 'tokens', count + 1, 'at', Date.now());
}

describe('a look-up', () => {
  test('of a single device is made at once', async () => {
    const device = okta.addDevice({ platform: 'IOS', udid: 'U1' });
    await allow(600);
    expect(await lookUp('U1')).toEqual([device.id]);
    expect(searches()).toHaveLength(1);
  });

  test('that waits for the budget is joined by others, each of which gets its own records', async () => {
    const all = udids(41);
    const devices = all.map((udid) => okta.addDevice({ platform: 'IOS', udid }));
    await leaveTokens(0, 1_200);
    const found = await Promise.all(all.slice(0, 40).map((udid) => lookUp(udid)));
    expect(found).toEqual(devices.slice(0, 40).map(({ id }) => [id]));
    expect(searches()).toHaveLength(2);
    expect(Math.max(...searches().map(({ path }) => path.length))).toBeLessThan(6_000);
  });

  test('that waits in vain is told its turn: twenty of them for one token', async () => {
    await leaveTokens(-20, 600);
    const now = Date.now();
    const turns = await Promise.all(udids(60).map((udid) => lookUp(udid).then(() => 0, (error: unknown) => (error instanceof BudgetSpent ? error.until - now : -1))));
    expect(Math.min(...turns)).toBeGreaterThan(1_500);
    expect(Math.max(...turns) - Math.min(...turns)).toBeLessThan(1_000);
    expect(new Set(turns).size).toBeGreaterThan(40);
    expect(searches()).toEqual([]);
  });

  test('that Okta refuses fails no other', async () => {
    const all = udids(16);
    const devices = all.map((udid) => okta.addDevice({ platform: 'IOS', udid }));
    okta.order({ operation: 'listDevices', object: all[5] ?? '', fault: { kind: 'status', status: 400, body: '{"errorCode":"E0000031"}' } });
    await leaveTokens(0, 3_000);
    const found = await Promise.allSettled(all.map((udid) => lookUp(udid)));
    const refused = found.flatMap((one, i) => (one.status === 'rejected' ? [[i, one.reason instanceof UpstreamFailure && one.reason.details.kind]] : []));
    expect(refused).toEqual([[5, 'rejected']]);
    expect(found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))).toEqual(devices.flatMap(({ id }, i) => (i === 5 ? [] : [id])));
    expect(searches()).toHaveLength(9);
  });

  test('of a refused search whose halves have to wait is made alone when its turn has come', async () => {
    const all = udids(4);
    all.forEach((udid) => okta.addDevice({ platform: 'IOS', udid }));
    okta.order({ operation: 'listDevices', object: all[3] ?? '', fault: { kind: 'status', status: 400, body: '{"errorCode":"E0000031"}' } });
    await leaveTokens(1, 60);
    await redis.hset('{relay}:budget:devices', 'tokens', '1.9');
    const first = await Promise.allSettled(all.map((udid) => lookUp(udid)));
    expect(first.map((one) => one.status === 'rejected' && one.reason instanceof BudgetSpent)).toEqual([true, true, true, true]);
    await allow(6_000);
    await redis.hset('{relay}:budget:devices', 'tokens', 50);
    const second = await Promise.allSettled(all.map((udid) => lookUp(udid)));
    expect(second.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
  });

  test('that could not be paid for, because Redis was in trouble, keeps no later one from being made', async () => {
    const device = okta.addDevice({ platform: 'IOS', udid: 'U1' });
    await redis.set('{relay}:budget:devices', 'not a hash');
    await expect(lookUp('U1')).rejects.toThrow('WRONGTYPE');
    await redis.flushall();
    await allow(600);
    expect(await lookUp('U1')).toEqual([device.id]);
  });

  test('that is not admitted costs nothing, and has no place among those who wait', async () => {
    await leaveTokens(-20, 600);
    lookUps.seat({ key: 'U1', lane: 'suspend', spellings: { udid: ['U1'], serialNumber: [] } });
    expect(await redis.zcard('{relay}:budget:devices:line:1')).toBe(0);
    await expect(lookUp('U2')).rejects.toThrow(BudgetSpent);
    expect(await redis.zrange('{relay}:budget:devices:line:1', 0, '-1')).toEqual(['U2']);
  });

  test('costs nothing when nobody makes it after all', async () => {
    await allow(600);
    const seats = udids(3).map((udid) => lookUps.seat({ key: udid, lane: 'suspend', spellings: { udid: [udid], serialNumber: [] } }));
    for (const seat of seats) {
      const { token } = await seat.take();
      if (token !== null) await seat.giveBack(token);
    }
    expect(Number(await redis.hget('{relay}:budget:devices', 'spent'))).toBe(0);
    expect(await redis.zcard('{relay}:budget:devices:sent')).toBe(0);
  });
});
