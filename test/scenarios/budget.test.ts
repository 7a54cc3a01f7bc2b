import { afterEach, describe, expect, test } from '@jest/globals';
import { EnforcementQueue } from '../../src/queue/enforcement-queue.js';
import { EnforcementStore } from '../../src/store/enforcement.js';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import { startDesk } from './desk.js';
import { keyOf } from './device-key.js';
import { startScenario, type Scenario } from './relay.js';

/** The safeguard lets everybody through. */
const unguarded = { SAFEGUARD_MAX_DEVICES: '1000', SAFEGUARD_MAX_PERCENT: '100', SAFEGUARD_MAX_COMPROMISED: '1000' };

describe('within the budget of Okta\'s rate limit', () => {
  let relay: Scenario;

  afterEach(async () => {
    await relay.stop();
  });

  const say = (devices: CompanyDevice[], event: Parameters<CompanyDevice['event']>[0]) => Promise.all(devices.map((device) => relay.send(device.event(event))));
  const settled = (devices: CompanyDevice[]) => Promise.all(devices.map((device) => relay.settled(keyOf(device))));
  const active = () => relay.client.llen('{relay}:enforcement:active');
  const throttled = () => relay.okta.requests.filter(({ status }) => status === 429);

  test('a device whose suspension waits is said to wait, once, and its user is signed out meanwhile', async () => {
    relay = await startScenario({ okta: { rateLimit: { devices: 10, windowMs: 8_000 } }, environment: { OKTA_RATE_SHARE: '1' } });
    relay.okta.spend('devices', 9);
    const person = relay.company.person('ada.lovelace@example.com');
    const { iphone } = person.devices;
    await say([iphone], { complianceStatus: 'NonCompliant' });
    const waiting = await relay.untilRun(keyOf(iphone), 'waits', ({ outcome }) => outcome === 'waiting_budget');
    expect(waiting.detail).toContain('okta:devices');
    expect(relay.okta.device(iphone.okta.id).status).toBe('ACTIVE');
    expect(relay.okta.sessions(person.okta.id)).toBe(0);
    expect(relay.entra.signInSessions(person.entra.id)).not.toEqual([]);

    await settled([iphone]);
    expect(relay.okta.device(iphone.okta.id).status).toBe('SUSPENDED');
    const runs = await relay.runs(keyOf(iphone));
    expect(runs.map(({ outcome, attempt }) => `${outcome} ${attempt}`)).toEqual(['done 1', 'waiting_budget 1']);
    expect(throttled()).toEqual([]);
  });

  test('devices that wait may be told to try again as often as somebody likes: they ask Okta nothing, and say no more', async () => {
    relay = await startScenario({ okta: { rateLimit: { devices: 10, windowMs: 40_000 } }, environment: { ...unguarded, OKTA_RATE_SHARE: '1' } });
    const queue = new EnforcementQueue(relay.client, '{relay}', () => undefined);
    relay.okta.spend('devices', 9);
    const { devices } = relay.company;
    await say(devices.slice(0, 1), { complianceStatus: 'NonCompliant' });
    await relay.okta.onRequest(({ operation, status }) => operation === 'listDevices' && status === 200);
    await say(devices.slice(1), { complianceStatus: 'NonCompliant' });
    const waiting = async () => ((await queue.queue.getDelayedCount()) === devices.length ? true : null);
    await Promise.all(devices.map((device) => relay.untilRun(keyOf(device), 'waits', ({ outcome }) => outcome === 'waiting_budget')));
    await relay.eventually('all wait', waiting);
    const asked = relay.okta.requests.length;
    for (let time = 0; time < 3; time++) {
      await queue.resumeWaiting();
      await relay.eventually('all wait again', waiting);
    }
    expect(relay.okta.requests).toHaveLength(asked);
    expect((await Promise.all(devices.map((device) => relay.runs(keyOf(device))))).flat()).toHaveLength(devices.length);
  });

  test('a storm is suspended whole, compromised devices first, without a call above the limit', async () => {
    relay = await startScenario({ okta: { rateLimit: { devices: 40, windowMs: 4_000 } }, headcount: 10, workers: false, environment: { ...unguarded, OKTA_RATE_SHARE: '1' } });
    const { devices } = relay.company;
    const [ordinary, compromised] = [devices.slice(0, 36), devices.slice(36)];
    await say(ordinary, { complianceStatus: 'NonCompliant' });
    await relay.startWorkers();
    await relay.okta.onRequest(({ operation }) => operation === 'suspendDevice');
    await say(compromised, { compromisedStatus: 'Compromised' });
    await settled(devices);
    expect(devices.filter(({ okta }) => relay.okta.device(okta.id).status !== 'SUSPENDED')).toEqual([]);
    expect(throttled()).toEqual([]);
    const order = relay.okta.calls('suspendDevice').map(({ path }) => compromised.some(({ okta }) => path.includes(okta.id)));
    expect(order.lastIndexOf(true)).toBeLessThan(30);
  });

  test('another look at a device that is locked out stays the less urgent, however often it has waited', async () => {
    relay = await startScenario({ okta: { rateLimit: { devices: 10, windowMs: 40_000 } }, environment: { ...unguarded, OKTA_RATE_SHARE: '1' } });
    const { iphone } = relay.company.person('ada.lovelace@example.com').devices;
    const key = keyOf(iphone);
    relay.okta.spend('devices', 8);
    await say([iphone], { complianceStatus: 'NonCompliant' });
    await relay.settled(key);
    for (let time = 0; time < 2; time++) {
      const generation = await new EnforcementStore(relay.client, '{relay}').planAgain(key, Date.now(), { recheck: true });
      await new EnforcementQueue(relay.client, '{relay}', () => undefined).add(key, 'recheck');
      await relay.untilRun(key, 'waits', (run) => run.generation === generation && run.outcome === 'waiting_budget');
      expect((await relay.state(key)).containment?.complete).toBe(true);
    }
  });

  test('a device that waits for its suspension after it was looked up is not looked up again', async () => {
    relay = await startScenario({ okta: { rateLimit: { devices: 30, windowMs: 3_000 } }, headcount: 15, environment: { ...unguarded, OKTA_RATE_SHARE: '1' } });
    const { devices } = relay.company;
    await say(devices, { complianceStatus: 'NonCompliant' });
    await settled(devices);
    expect(throttled()).toEqual([]);
    expect(relay.okta.calls('suspendDevice')).toHaveLength(devices.length);
    const searches = relay.okta.calls('listDevices').map(({ path }) => decodeURIComponent(path));
    const searched = devices.map(({ okta: { profile } }) => searches.filter((search) => [profile.udid, profile.serialNumber].some((id) => id && search.includes(`"${id}"`))).length);
    expect(searched).toEqual(devices.map(() => 1));
  });

  test('where one limit holds for all of Okta, suspensions go before revocations, those of compromised devices excepted', async () => {
    relay = await startScenario({ okta: { rateLimit: { all: 60, windowMs: 10_000 } }, headcount: 10, environment: { ...unguarded, OKTA_RATE_SHARE: '1' } });
    const { devices } = relay.company;
    const ada = relay.company.person('ada.lovelace@example.com');
    const { iphone } = ada.devices;
    await say(devices.slice(4), { complianceStatus: 'NonCompliant' });
    await relay.okta.onRequest(({ operation }) => operation === 'revokeUserSessions');
    await say([iphone], { compromisedStatus: 'Compromised' });
    await settled([iphone, ...devices.slice(4)]);
    expect(throttled()).toEqual([]);

    const operations = relay.okta.requests.map(({ operation }) => operation);
    const suspensions = operations.flatMap((operation, i) => (operation === 'suspendDevice' ? [i] : []));
    expect(operations.slice(0, suspensions[25]).filter((operation) => operation === 'revokeUserSessions').length).toBeLessThan(20);
    expect(operations.slice(suspensions.at(-1))).not.toContain('listDevices');
    const firstChangeOf = (id: string) => relay.okta.requests.findIndex(({ method, path }) => method !== 'GET' && path.includes(id));
    expect(firstChangeOf(ada.okta.id) - firstChangeOf(iphone.okta.id)).toBeLessThan(10);
  });

  test('compromised devices, and one that on-call locks, do not wait for a slot while forty others hang on Okta, and leave those slots to them', async () => {
    relay = await startScenario({ headcount: 12, environment: unguarded });
    const { devices } = relay.company;
    const [known, compromised, late, stolen] = devices;
    if (!known || !compromised || !late || !stolen) throw new Error('nobody has a device');
    await say([known], { complianceStatus: 'NonCompliant' });
    await say([stolen], { complianceStatus: 'Compliant' });
    await settled([known, stolen]);
    const others = devices.slice(4, 44);
    for (const { okta } of others) {
      for (const object of [okta.profile.udid, okta.profile.serialNumber]) if (object) relay.okta.order({ fault: { kind: 'hang' }, operation: 'listDevices', object });
    }
    await say(others, { complianceStatus: 'NonCompliant' });
    await relay.eventually('forty devices are being enforced', async () => ((await active()) === 40 ? true : null));

    for (const device of [compromised, late]) {
      await say([device], { compromisedStatus: 'Compromised' });
      await settled([device]);
      expect(relay.okta.device(device.okta.id).status).toBe('SUSPENDED');
    }
    const desk = await startDesk(relay);
    await desk.order('POST', `devices/${keyOf(stolen)}/lock`, { forMinutes: 60 });
    await settled([stolen]);
    await desk.stop();
    expect(relay.okta.device(stolen.okta.id).status).toBe('SUSPENDED');
    expect((await Promise.all(others.map((device) => relay.runs(keyOf(device))))).flat()).toEqual([]);
  });
});
