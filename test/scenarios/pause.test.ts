import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EnforcementQueue } from '../../src/queue/enforcement-queue.js';
import { priorities } from '../../src/queue/job.js';
import { UpkeepQueue } from '../../src/queue/upkeep-queue.js';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import { startClock, type Clock } from './clock.js';
import { startDesk, type OnCall } from './desk.js';
import { keyOf } from './device-key.js';
import { justBeforePutBack } from './put-back.js';
import { startScenario, type Scenario } from './relay.js';

describe('a pause', () => {
  let relay: Scenario;
  let desk: OnCall;
  let clock: Clock;
  let locked: CompanyDevice;
  let waiting: CompanyDevice;

  beforeEach(async () => {
    relay = await startScenario();
    desk = await startDesk(relay);
    clock = startClock(relay);
    ({ iphone: locked, mac: waiting } = relay.company.person('ada.lovelace@example.com').devices);
    await relay.send(locked.event({ complianceStatus: 'NonCompliant' }));
    await relay.settled(keyOf(locked));
    await desk.order('PUT', 'pause', { reason: 'wrong policy in UEM' });
    await relay.send(waiting.event({ complianceStatus: 'NonCompliant' }));
    await relay.untilRun(keyOf(waiting), 'waits', ({ outcome }) => outcome === 'paused');
  });

  afterEach(async () => {
    await clock.stop();
    await desk.stop();
    await relay.stop();
  });

  const statusOf = ({ okta }: CompanyDevice) => relay.okta.device(okta.id).status;

  test('stops locking and says who paused and why', async () => {
    expect(statusOf(waiting)).toBe('ACTIVE');
    expect(relay.okta.calls('suspendDevice')).toHaveLength(1);
    expect((await relay.runs(keyOf(waiting)))[0]?.detail).toBe('Paused by grace@laptop: wrong policy in UEM');
    const pause = { by: 'grace@laptop', reason: 'wrong policy in UEM', since: expect.any(Number) };
    expect((await desk.get('pause')).body).toEqual({ pause });
    expect((await desk.get('status')).body).toMatchObject({ pause });
  });

  test('does not stop letting devices back in', async () => {
    await relay.send(locked.event({ complianceStatus: 'Compliant' }));
    await relay.settled(keyOf(locked));
    expect(statusOf(locked)).toBe('ACTIVE');
    expect(statusOf(waiting)).toBe('ACTIVE');
  });

  test('has no locking left to do for a device that turns compliant meanwhile', async () => {
    await relay.send(waiting.event({ complianceStatus: 'Compliant' }));
    await relay.settled(keyOf(waiting));
    await desk.order('DELETE', 'pause');
    expect(statusOf(waiting)).toBe('ACTIVE');
    expect(relay.okta.calls('suspendDevice')).toHaveLength(1);
  });

  test('ends at once, with what waited for it', async () => {
    const due = await relay.eventually('the device waits', () => clock.delayedUntil(keyOf(waiting)));
    expect(due).toBeGreaterThan(Date.now() + 30_000);
    expect(await desk.order('DELETE', 'pause')).toEqual({ status: 200, body: { resumed: true } });
    await relay.settled(keyOf(waiting));
    expect(Date.now()).toBeLessThan(due);
    expect(statusOf(waiting)).toBe('SUSPENDED');
    expect((await desk.get('pause')).body).toEqual({ pause: null });
    expect(await desk.order('DELETE', 'pause')).toEqual({ status: 200, body: { resumed: false } });
    expect((await desk.get('audit')).body).toMatchObject({ entries: [{ what: 'resume' }, { what: 'resume' }, { what: 'pause', by: 'grace@laptop', reason: 'wrong policy in UEM' }] });
  });

  test('that ends just when a device begins to wait for it does not keep that device', async () => {
    const { windows } = relay.company.person('ada.lovelace@example.com').devices;
    const ended = justBeforePutBack(keyOf(windows), () => desk.order('DELETE', 'pause'));
    await relay.send(windows.event({ complianceStatus: 'NonCompliant' }));
    await ended;
    await relay.settled(keyOf(windows));
    expect(statusOf(windows)).toBe('SUSPENDED');
  });

  test.each([
    ['Compromised', priorities.compromised],
    ['NotCompromised', priorities.contain],
  ])('that ends just when a device (%s) begins to wait for it leaves the device its place in the queue', async (compromisedStatus, priority) => {
    const { windows } = relay.company.person('ada.lovelace@example.com').devices;
    const queue = new EnforcementQueue(relay.client, '{relay}', () => undefined);
    const ended = justBeforePutBack(keyOf(windows), () => desk.order('DELETE', 'pause'));
    relay.okta.order({ operation: 'suspendDevice', object: windows.okta.id, fault: { kind: 'delay', ms: 2_000 } });
    const found = relay.okta.onRequest(({ operation, path }) => operation === 'listDevices' && path.includes(windows.okta.profile.serialNumber ?? 'none'));
    await relay.send(windows.event({ complianceStatus: 'NonCompliant', compromisedStatus }));
    await Promise.all([ended, found]);
    const jobs = await queue.queue.getJobs(['active']);
    expect(jobs.filter(({ data }) => data.key === keyOf(windows)).map((job) => job.priority)).toEqual([priority]);
    await relay.settled(keyOf(windows));
    expect(statusOf(windows)).toBe('SUSPENDED');
  });

  test('leaves a device that waits its place in the queue, also when what was put off is due', async () => {
    const key = keyOf(waiting);
    const queue = new EnforcementQueue(relay.client, '{relay}', () => undefined);
    const upkeep = new UpkeepQueue(relay.redis.connect({ maxRetriesPerRequest: null }), '{relay}', () => undefined);
    const { generation } = await relay.state(key);
    await upkeep.recheck({ key, why: 'due', openedAt: null }, 0);
    await relay.untilRun(key, 'waits again', (run) => run.outcome === 'paused' && run.generation === generation + 1);
    const job = await relay.eventually('is put back', async () => (await queue.queue.getDelayed()).find(({ data }) => data.key === key) ?? null);
    expect(job.priority).toBe(priorities.contain);
    await upkeep.close();
  });
});
