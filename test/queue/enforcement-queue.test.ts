import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { EnforcementQueue } from '../../src/queue/enforcement-queue.js';
import { connectFailingFast } from '../../src/store/connection.js';
import { happens } from '../console/api.js';
import { startTestRedis, type TestRedis } from '../redis.js';

let server: TestRedis;
let redis: Redis;

beforeEach(async () => {
  server = await startTestRedis();
  redis = connectFailingFast({ url: server.url });
  redis.on('error', () => undefined);
  await happens(redis, 'ready');
});

afterEach(async () => {
  redis.disconnect();
  await server.stop();
});

test('A queue that is opened just when Redis falls silent takes devices as soon as Redis answers again', async () => {
  server.freeze();
  const queue = new EnforcementQueue(redis, '{relay}', () => undefined);
  await expect(queue.add('udid:1', 'contain')).rejects.toThrow('Command timed out');
  server.thaw();
  await queue.add('udid:1', 'contain');
  expect(await queue.queue.getPrioritizedCount()).toBe(1);
  await queue.close();
});
