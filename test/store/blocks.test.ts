import { expect, test } from '@jest/globals';
import { BlockStore, type Block } from '../../src/store/blocks.js';
import { redisOfThisFile } from '../redis-of-file.js';

const redis = await redisOfThisFile();
const blocks = new BlockStore(redis, '{relay}');

const refused: Omit<Block, 'scope'> = { word: 'waiting_permission', detail: 'refused', since: 1, until: null };

function usedUp(until: number, since = 1): Block {
  return { scope: 'okta:devices', word: 'waiting_upstream', detail: 'HTTP 429', since, until };
}

test('A call that another block forbids leaves the probe of its upstream to a call that may be made.', async () => {
  for (const scope of ['okta', 'okta:suspendDevice']) await blocks.block({ ...refused, scope });
  await redis.del('{relay}:probe:okta');

  expect(await blocks.permission(['okta', 'okta:devices', 'okta:suspendDevice'], 2)).toMatchObject({ allowed: false, block: { scope: 'okta:suspendDevice' } });
  expect(await blocks.permission(['okta', 'okta:users', 'okta:getUser'], 2)).toEqual({ allowed: true, probing: ['okta'] });
});

test('Of two answers that name an end of the same wait, in whatever order they come, the later end counts, from the first one on.', async () => {
  const told = await Promise.all([usedUp(5_000, 10), usedUp(9_000, 20), usedUp(7_000, 30)].map((block) => blocks.block(block)));
  expect(told.filter(Boolean)).toHaveLength(1);
  expect(await blocks.all()).toMatchObject([{ until: 9_000 }]);
  expect(await blocks.block(usedUp(12_000, 40))).toBe(false);
  expect(await blocks.all()).toMatchObject([{ since: 10, until: 12_000 }]);
});

test('Whoever finds a wait over never lifts the one that somebody else has met meanwhile.', async () => {
  for (let round = 1; round <= 50; round += 1) {
    await blocks.block(usedUp(100));
    await Promise.all([blocks.block(usedUp(9_000)), blocks.permission(['okta:devices'], 200)]);
    expect(await blocks.all()).toMatchObject([{ until: 9_000 }]);
    await redis.flushall();
  }
});

test('Once an operation has been allowed again, it takes two refused objects to block it anew, not one that was refused before.', async () => {
  for (const object of ['one', 'another']) await blocks.refused('okta:suspendDevice', object);
  await blocks.lift('okta:suspendDevice');
  expect(await blocks.refused('okta:suspendDevice', 'one')).toBe(1);
  expect(await blocks.refused('okta:suspendDevice', 'a third')).toBe(2);
});
