import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Worker } from 'bullmq';
import { versionOf } from '../../src/compliance/version.js';
import { enforcementQueue } from '../../src/queue/job.js';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import { startDesk, type OnCall } from './desk.js';
import { keyOf } from './device-key.js';
import { startScenario, type Scenario } from './relay.js';

describe('a device is given up, remembered and shown', () => {
  let relay: Scenario;
  let desk: OnCall;
  let device: CompanyDevice;
  let key: string;

  beforeEach(async () => {
    relay = await startScenario({ workers: false });
    desk = await startDesk(relay);
    device = relay.company.person('ada.lovelace@example.com').devices.iphone;
    key = keyOf(device);
    await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
  });

  afterEach(async () => {
    await desk.stop();
    await relay.stop();
  });

  /** Workers have taken the device's job up and died, so many times; `data` is what they left with it. */
  async function workersDied(times: number, data: object): Promise<void> {
    const connection = relay.redis.connect({ maxRetriesPerRequest: null });
    const dying = new Worker(enforcementQueue, null, { connection, prefix: '{relay}', lockDuration: 50, autorun: false });
    const job = await dying.getNextJob('a worker that died');
    await relay.client.hset(`{relay}:${enforcementQueue}:${job?.id}`, { stc: times, data: JSON.stringify({ v: 1, key, ...data }) });
    await dying.close();
  }

  const failure = () => relay.until(key, 'has failed', (state) => state.failure !== null);

  /** The device is in the line for longer than anything is tried. */
  async function waitsForTooLong(): Promise<void> {
    const sinceMs = Date.now() - 25 * 3_600_000;
    await relay.client.zadd('{relay}:dirty', sinceMs, key);
    await relay.client.hset(`{relay}:device:${key}`, 'complianceSince', versionOf(sinceMs));
  }

  const oktaIsDown = (times?: number) => relay.okta.order({ fault: { kind: 'status', status: 503 }, operation: 'listDevices', ...(times && { times }) });

  test('when it could not be dealt with for 24 hours', async () => {
    await waitsForTooLong();
    oktaIsDown();
    await relay.startWorkers();
    expect((await failure()).failure).toMatchObject({ cause: 'expired', detail: expect.stringContaining('HTTP 503') });
    expect(await relay.client.zscore('{relay}:dirty', key)).toBeNull();
    expect(Number(await relay.client.zscore('{relay}:failed', key))).toBeGreaterThan(Date.now());
  });

  test('but not because it waited for a human for longer: its age counts from then', async () => {
    await desk.order('PUT', 'pause');
    await waitsForTooLong();
    await relay.startWorkers();
    await relay.untilRun(key, 'waits for the pause to end', ({ outcome }) => outcome === 'paused');
    oktaIsDown(1);
    await desk.order('DELETE', 'pause');
    await relay.untilRun(key, 'is tried', ({ outcome }) => outcome !== 'paused');
    await relay.until(key, 'is locked', (state) => state.enforced === state.generation);
    expect((await relay.runs(key)).map(({ outcome }) => outcome)).toEqual(['done', 'retry', 'paused']);
  });

  test('but not while Okta refuses the relay: that is for a human to end', async () => {
    await waitsForTooLong();
    relay.okta.order({ fault: { kind: 'status', status: 401 }, operation: 'listDevices' });
    await relay.startWorkers();
    expect(await relay.untilRun(key, 'is over', () => true)).toMatchObject({ outcome: 'waiting_credentials' });
    expect((await relay.state(key)).failure).toBeNull();
  });

  test('but not for what is newer: that is tried for as long', async () => {
    await waitsForTooLong();
    oktaIsDown();
    await relay.send(device.event({ complianceStatus: 'NonCompliant', compromisedStatus: 'Compromised' }));
    await relay.startWorkers();
    await relay.untilRun(key, 'is tried again', ({ attempt }) => attempt === 2);
    expect((await relay.state(key)).failure).toBeNull();
  });

  test('when workers died of it again and again, and the next event takes it up', async () => {
    await workersDied(10, {});
    await relay.startWorkers();
    expect((await failure()).failure).toMatchObject({ cause: 'crashed_worker' });
    expect(relay.okta.calls('suspendDevice')).toEqual([]);
    await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    await relay.until(key, 'is locked', (state) => state.enforced === state.generation && state.failure === null);
    expect(relay.okta.device(device.okta.id).status).toBe('SUSPENDED');
  });

  test('but not what came in since they died of something older', async () => {
    await workersDied(10, { plan: 1, before: 0 });
    await relay.send(device.event({ complianceStatus: 'NonCompliant', compromisedStatus: 'Compromised' }));
    await relay.startWorkers();
    await relay.until(key, 'is dealt with', (state) => state.generation === 2 && (state.enforced === 2 || state.failure !== null));
    expect((await relay.state(key)).failure).toBeNull();
    expect((await relay.runs(key)).map(({ attempt }) => attempt)).toEqual([1]);
    expect(relay.okta.device(device.okta.id).status).toBe('SUSPENDED');
  });

  test('and one in which the worker died counts as an attempt', async () => {
    await workersDied(2, {});
    await relay.startWorkers();
    expect(await relay.untilRun(key, 'has been tried', () => true)).toMatchObject({ attempt: 4, notes: ['a worker died in an earlier attempt'] });
  });
});
