import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Worker } from 'bullmq';
import { upkeepQueue } from '../../src/queue/job.js';
import { UpkeepQueue } from '../../src/queue/upkeep-queue.js';
import { startTestRedis, type TestRedis } from '../redis.js';

let server: TestRedis;
let upkeep: UpkeepQueue;
let worker: Worker;

beforeAll(async () => {
  server = await startTestRedis();
  upkeep = new UpkeepQueue(server.connect({ maxRetriesPerRequest: null }), '{relay}', () => undefined);
  worker = new Worker(upkeepQueue, null, { connection: server.connect({ maxRetriesPerRequest: null }), prefix: '{relay}', autorun: false });
});

afterAll(async () => {
  await worker.close();
  await upkeep.close();
  await server.stop();
});

test('A device is planned at a moment once, and once more where it turns out that the moment has not come: the clock of one worker is ahead', async () => {
  const [now, due] = [Date.now(), { key: 'udid:aa', why: 'due' }] as const;
  const atMs = now - 1;
  await upkeep.planAt(due, atMs, now);
  await upkeep.planAt(due, atMs, now);
  const job = await worker.getNextJob('ahead');
  await upkeep.planAt(due, atMs, atMs - 60_000);
  await job?.moveToCompleted('', 'ahead', false);
  expect((await upkeep.queue.getDelayed()).map(({ data, delay }) => [data, delay])).toEqual([[expect.objectContaining(due), 60_000]]);
  expect(await upkeep.queue.getWaitingCount()).toBe(0);
});
