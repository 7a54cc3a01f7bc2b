import { expect, test } from '@jest/globals';
import { openContainment } from '../../src/compliance/containment.js';
import { readDevice } from '../../src/store/device.js';
import { EnforcementStore } from '../../src/store/enforcement.js';
import { redisKeys } from '../../src/store/keys.js';
import { redisOfThisFile } from '../redis-of-file.js';

const prefix = '{relay}';
const keys = redisKeys(prefix);
const key = 'udid:00008020001a';
const at = 1_764_100_000_000;

const redis = await redisOfThisFile();
const store = new EnforcementStore(redis, prefix);

test.each<[string, () => Promise<unknown>]>([
  ['how far its lock-out has come', () => store.saveContainment(key, openContainment([], at))],
  ['that it waits', () => store.markWaiting(key, 0)],
  ['that it is given up', () => store.giveUp(key, { cause: 'crashed_worker', at, generation: 0, detail: '' }, at)],
  ['that it is held', () => store.hold(key, 0, { word: 'held_mass', since: at, detail: '' })],
  ['that it is enforced', () => store.settle(key, 0)],
  ['on-call\'s word', () => store.saveOperator(key, { state: 'locked', since: '17641000000000000', untilMs: null, reason: 'a test', by: 'grace' }, at)],
])('of a device that is not known (any longer) nobody remembers %s: half a state could not be read', async (_, remember) => {
  await remember();
  expect(await redis.keys('*')).toEqual([]);
  expect(await readDevice(redis, prefix, key)).toBeNull();
});

test('of a device that is known it is remembered', async () => {
  await redis.hset(keys.device(key), { v: '1', generation: '3' });
  await store.saveContainment(key, openContainment([], at));
  await store.markWaiting(key, 3);
  expect(await readDevice(redis, prefix, key)).toMatchObject({ containment: { openedAt: at }, waiting: 3 });
});
