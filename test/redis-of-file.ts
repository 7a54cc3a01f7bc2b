import { afterAll, beforeEach } from '@jest/globals';
import type { Redis } from 'ioredis';
import { startTestRedis } from './redis.js';

/** A client of a Redis that the test file which asks for it has to itself; empty whenever a test begins. */
export async function redisOfThisFile(): Promise<Redis> {
  const server = await startTestRedis();
  const client = server.connect();
  beforeEach(async () => void (await client.flushall()));
  afterAll(() => server.stop());
  return client;
}
