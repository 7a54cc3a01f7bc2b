import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Queue } from 'bullmq';
import { enforcementQueue } from '../../src/queue/job.js';
import { keyOf } from './device-key.js';
import { startScenario, type Scenario } from './relay.js';

let relay: Scenario;
let queue: Queue;

beforeEach(async () => {
  relay = await startScenario();
  queue = new Queue(enforcementQueue, { connection: relay.redis.connect({ maxRetriesPerRequest: null }), prefix: '{relay}' });
});

afterEach(async () => {
  await queue.close();
  await relay.stop();
});

const delayed = async () => {
  const [job] = await queue.getDelayed();
  return job ?? null;
};

/** Who it is in the System Log, a worker asks when it starts. */
const enforcementCalls = () => relay.okta.requests.map(({ operation }) => operation).filter((operation) => !['metadata', 'token', 'listLogEvents'].includes(operation ?? ''));

test('A job of a newer version is put off without an attempt, for the workers that understand it', async () => {
  await queue.add('enforce', { v: 2, device: 'udid:aa' }, { priority: 2 });
  const job = await relay.eventually('the job is put off', delayed);
  expect(job).toMatchObject({ attemptsMade: 0, data: { v: 2 } });
});

test('A device that a newer version has written is put off without an attempt, and nothing is called', async () => {
  const device = relay.company.person('ada.lovelace@example.com').devices.iphone;
  const key = keyOf(device);
  await relay.client.hset(`{relay}:device:${key}`, { v: '2', generation: '1', enforced: '0' });
  await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
  const job = await relay.eventually('the job is put off', delayed);
  expect(job).toMatchObject({ attemptsMade: 0, data: { key } });
  expect(enforcementCalls()).toEqual([]);
});

test('A device whose state is damaged is remembered as failed, with the field that cannot be read', async () => {
  const device = relay.company.person('ada.lovelace@example.com').devices.iphone;
  const key = keyOf(device);
  await relay.client.hset(`{relay}:device:${key}`, { v: '1', containment: '{broken' });
  await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
  const failure = await relay.eventually('the device has failed', () => relay.client.hget(`{relay}:device:${key}`, 'failure'));
  expect(JSON.parse(failure)).toMatchObject({ cause: 'state_unreadable', detail: expect.stringContaining('containment') });
  expect(await relay.client.zscore('{relay}:failed', key)).not.toBeNull();
  expect(enforcementCalls()).toEqual([]);
});
