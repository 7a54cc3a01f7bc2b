import { Queue } from 'bullmq';
import { afterEach, describe, expect, test } from '@jest/globals';
import { reconciliationQueue } from '../../src/queue/job.js';
import { reportSchema } from '../../src/store/reports.js';
import { keyOf } from './device-key.js';
import { startSweepScenario, type SweepScenario } from './sweeps.js';

describe('sweeps', () => {
  let relay: SweepScenario;

  afterEach(async () => {
    await relay.stop();
  });

  const reports = async () => (await relay.client.lrange('{relay}:reports', 0, -1)).map((text) => reportSchema.parse(JSON.parse(text)));
  const until = async (count: number) => await relay.eventually(`${count} reports`, async () => ((await reports()).length >= count ? await reports() : null));

  async function withQueue<T>(use: (queue: Queue) => Promise<T>): Promise<T> {
    const queue = new Queue(reconciliationQueue, { connection: relay.redis.connect({ maxRetriesPerRequest: null }), prefix: '{relay}' });
    try {
      return await use(queue);
    } finally {
      await queue.close();
    }
  }

  test('are made at once after a start, and then by the schedule, which adds nothing to one that was just made', async () => {
    relay = await startSweepScenario({ environment: { SWEEP_INTERVAL: '45m' } });
    expect(await reports()).toMatchObject([{ by: 'relay', reason: 'a worker has started', ended: null }]);
    const [schedule] = await withQueue((queue) => queue.getJobSchedulers());
    expect(schedule).toMatchObject({ name: 'sweep', every: 2_700_000 });
    await relay.sweep();
    await relay.eventually('nothing waits', async () => ((await relay.client.zcard('{relay}:reconciliation:prioritized')) === 0 ? true : null));
    expect((await reports()).map(({ by }) => by)).toEqual(['grace@laptop', 'relay']);
  });

  test('by the schedule add nothing to one that was just made, also where somebody has ordered a dry run since', async () => {
    relay = await startSweepScenario();
    await relay.eventually('nothing waits', async () => ((await relay.client.zcard('{relay}:reconciliation:prioritized')) === 0 ? true : null));
    await relay.sweep({ dryRun: true });
    await withQueue(async (queue) => {
      const [next] = await queue.getDelayed();
      await next?.promote();
      await relay.eventually('the schedule has had its turn', async () => ((await queue.getJobState(next?.id ?? '')) === 'unknown' ? true : null));
    });
    expect((await reports()).map(({ by }) => by)).toEqual(['grace@laptop', 'relay']);
  });

  test('are shown beside the report and the progress of another version of the relay, which are passed over', async () => {
    relay = await startSweepScenario();
    await relay.client.lpush('{relay}:reports', '{"name":"of another version"}');
    await relay.client.set('{relay}:sweep:progress', '{"name":"of another version"}');
    expect(await relay.desk.get('sweeps')).toMatchObject({ status: 200, body: { running: null, reports: [{ by: 'relay' }] } });
    expect(await relay.desk.get('status')).toMatchObject({ status: 200 });
  });

  test('run one at a time, however many workers there are and whoever asks; what is ordered twice while it waits is done once', async () => {
    relay = await startSweepScenario();
    await relay.startWorkers();
    await until(2);
    await relay.startWorkers();
    await until(3);
    relay.okta.order({ operation: 'listDevices', fault: { kind: 'delay', ms: 300 } });
    const before = relay.okta.calls('listDevices').length;
    const [first, second, third, dry] = await Promise.all([relay.sweep(), relay.sweep(), relay.sweep(), relay.sweep({ dryRun: true })]);
    expect([second.id, third.id]).toEqual([first.id, first.id]);
    expect(relay.okta.calls('listDevices')).toHaveLength(before + 2);
    const [earlier, later] = [first, dry].toSorted((a, b) => a.startedAt - b.startedAt);
    expect(later?.startedAt).toBeGreaterThanOrEqual(earlier?.endedAt ?? Infinity);
  });

  test('are made at once when Redis was away, for the events that were refused meanwhile', async () => {
    relay = await startSweepScenario();
    const { iphone } = relay.company.person('ada.lovelace@example.com').devices;
    relay.silently(iphone, { complianceStatus: 'NonCompliant' });
    await relay.redis.restart();
    await relay.until(keyOf(iphone), 'is locked', ({ enforced, generation }) => enforced === generation && generation > 0);
    expect(relay.status(iphone)).toBe('SUSPENDED');
    expect((await reports())[0]).toMatchObject({ by: 'relay', repairs: { taken_in: 1 } });
    expect(await withQueue((queue) => queue.getGlobalConcurrency())).toBe(1);
  });

  test('are off without UEM\'s REST API: the log says so once, and whoever orders one is told', async () => {
    relay = await startSweepScenario({ environment: { UEM_API_URL: '', UEM_OAUTH_TOKEN_URL: '', UEM_OAUTH_CLIENT_ID: '', UEM_OAUTH_CLIENT_SECRET: '' }, workers: false });
    await relay.startWorkers();
    expect(relay.logLines.filter((line) => line.includes('sweeps are off'))).toHaveLength(1);
    expect(await relay.sweep()).toMatchObject({ ended: { word: 'not_configured', detail: 'UEM_API_URL is not set.' }, calls: {} });
    expect(await reports()).toHaveLength(1);
    expect(await withQueue((queue) => queue.getJobSchedulers())).toEqual([]);
  });

  test('stop with their worker, and the next worker goes on from where it was', async () => {
    relay = await startSweepScenario({ workers: false, headcount: 60 });
    const worker = await relay.startWorkers();
    await until(1);
    relay.okta.order({ operation: 'listDevices', object: 'after=', fault: { kind: 'delay', ms: 300 }, times: 1 });
    const calls = relay.okta.calls('listDevices').length;
    const swept = relay.sweep();
    await relay.okta.onRequest(({ operation, path }) => operation === 'listDevices' && path.includes('after=') && relay.okta.calls('listDevices').length === calls + 2);
    await worker.stop();
    expect(await reports()).toHaveLength(1);
    await relay.startWorkers();
    expect(await swept).toMatchObject({ ended: null, devices: { okta: 240, uem: 240 }, calls: { okta: 2, uem: 1 } });
  });
});
