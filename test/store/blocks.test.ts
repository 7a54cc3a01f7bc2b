import { expect, test } from '@jest/globals';
import { BlockStore, type Block } from '../../src/store/blocks.js';
import { startTestRedis } from '../redis.js';

test('A call that another block forbids leaves the probe of its upstream to a call that may be made.', async () => {
  const server = await startTestRedis();
  try {
    const redis = server.connect();
    const blocks = new BlockStore(redis, '{relay}');
    const block: Omit<Block, 'scope'> = { word: 'waiting_permission', detail: 'refused', since: 1, until: null };
    for (const scope of ['okta', 'okta:suspendDevice']) await blocks.block({ ...block, scope });
    await redis.del('{relay}:probe:okta');

    expect(await blocks.permission(['okta', 'okta:devices', 'okta:suspendDevice'], 2)).toMatchObject({ allowed: false, block: { scope: 'okta:suspendDevice' } });
    expect(await blocks.permission(['okta', 'okta:users', 'okta:getUser'], 2)).toEqual({ allowed: true, probing: ['okta'] });
  } finally {
    await server.stop();
  }
});

test('Once an operation has been allowed again, it takes two refused objects to block it anew, not one that was refused before.', async () => {
  const server = await startTestRedis();
  try {
    const blocks = new BlockStore(server.connect(), '{relay}');
    for (const object of ['one', 'another']) await blocks.refused('okta:suspendDevice', object);
    await blocks.lift('okta:suspendDevice');
    expect(await blocks.refused('okta:suspendDevice', 'one')).toBe(1);
    expect(await blocks.refused('okta:suspendDevice', 'a third')).toBe(2);
  } finally {
    await server.stop();
  }
});
