import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CompanyDevice, Person } from '../sandbox/fixtures/company.js';
import { startClock, type Clock } from './clock.js';
import { keyOf } from './device-key.js';
import { startScenario, type Scenario } from './relay.js';

describe('a lock-out', () => {
  test('has what Okta acknowledged in Redis before anybody is signed out: whoever takes it over does not suspend again', async () => {
    const relay = await startScenario();
    const { okta, uem, event } = relay.company.person('grace.hopper@example.com').devices.mac;
    const signOut = relay.okta.onRequest(({ operation }) => operation === 'revokeUserSessions').then(() => relay.state(keyOf({ uem })));
    await relay.send(event({ complianceStatus: 'NonCompliant' }));
    const { ledger, containment } = await signOut;
    await relay.stop();
    expect(ledger[okta.id]).toMatchObject({ state: 'ours' });
    expect(containment).toMatchObject({ recordsComplete: true, contained: { [okta.id]: expect.any(Number) } });
  });

  test('has who was signed out of Okta in Redis before anybody is signed out of Entra ID: whoever takes it over does not repeat that', async () => {
    const relay = await startScenario();
    const { uem, event } = relay.company.person('grace.hopper@example.com').devices.mac;
    const signOut = relay.entra.onRequest(({ operation }) => operation === 'revokeSignInSessions').then(() => relay.state(keyOf({ uem })));
    await relay.send(event({ complianceStatus: 'NonCompliant' }));
    const { containment } = await signOut;
    await relay.stop();
    expect(containment).toMatchObject({ oktaComplete: true, complete: false });
  });

  test('whose lock is lost while Okta is slow changes nothing any more, and the device is looked at again', async () => {
    const relay = await startScenario();
    const clock = startClock(relay);
    const { uem, event } = relay.company.person('grace.hopper@example.com').devices.mac;
    relay.okta.order({ fault: { kind: 'delay', ms: 7_000 }, operation: 'listDevices', times: 1 });
    const asked = relay.okta.onRequest(({ operation }) => operation === 'listDevices');
    await relay.send(event({ complianceStatus: 'NonCompliant' }));
    await asked;
    const locks = await relay.client.keys('{relay}:enforcement:*:lock');
    await Promise.all(locks.map((lock) => relay.client.set(lock, 'another worker', 'PX', 60_000)));
    await relay.eventually('it is to be looked at', async () => (await clock.rechecks(keyOf({ uem }))).includes(15_000) || null);
    expect(relay.okta.calls('suspendDevice')).toEqual([]);
    await clock.stop();
    await relay.stop();
  });
});

describe('a newer event', () => {
  let relay: Scenario;
  let clock: Clock;
  let person: Person;
  let device: CompanyDevice;
  let key: string;

  beforeEach(async () => {
    relay = await startScenario();
    clock = startClock(relay);
    person = relay.company.person('grace.hopper@example.com');
    device = person.devices.mac;
    key = keyOf(device);
  });

  afterEach(async () => {
    await clock.stop();
    await relay.stop();
  });

  /** Waits until the device's job backs off, and makes that longer than a busy machine takes for what follows; returns when it will end. */
  async function backedOff(): Promise<number> {
    return await relay.eventually(`${key} backs off`, () => clock.postpone(key));
  }

  test('does not wait for the back-off of the lock-out that it makes pointless', async () => {
    relay.okta.order({ fault: { kind: 'status', status: 503 } });
    await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    const until = await backedOff();
    relay.okta.clearFaults();

    await relay.send(device.event({ complianceStatus: 'Compliant' }));
    await relay.settled(key);

    expect(Date.now()).toBeLessThan(until);
    expect(relay.okta.device(device.okta.id).status).toBe('ACTIVE');
    expect(relay.okta.calls('suspendDevice')).toHaveLength(0);
  });

  test('locks a device out although its release backs off', async () => {
    await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    await relay.settled(key);
    relay.okta.order({ fault: { kind: 'status', status: 503 }, operation: 'unsuspendDevice' });
    await relay.send(device.event({ complianceStatus: 'Compliant' }));
    const until = await backedOff();
    relay.okta.signIn(person.okta.id);

    await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    await relay.settled(key);

    expect(Date.now()).toBeLessThan(until);
    expect(relay.okta.device(device.okta.id).status).toBe('SUSPENDED');
    expect(relay.okta.sessions(person.okta.id)).toBe(0);
  });

  const count = (operation: string) => relay.okta.calls(operation).length;

  test('is not held by the back-off of an older one, although it comes while that is being tried', async () => {
    relay.okta.order({ fault: { kind: 'status', status: 503 }, operation: 'listDevices', times: 3 });
    relay.okta.order({ fault: { kind: 'delay', ms: 1_500 }, operation: 'listDevices', times: 1 });
    relay.okta.order({ fault: { kind: 'status', status: 503 }, operation: 'suspendDevice', times: 1 });
    await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    await relay.untilRun(key, 'has failed three times', ({ attempt }) => attempt === 3);
    await relay.okta.onRequest(({ operation }) => operation === 'listDevices' && count('listDevices') === 4);
    await relay.send(device.event({ complianceStatus: 'NonCompliant', compromisedStatus: 'Compromised' }));
    await relay.settled(key);
    const runs = await relay.runs(key);
    expect(runs.map(({ attempt, outcome }) => `${attempt} ${outcome}`)).toEqual(['2 done', '1 retry', '4 superseded', '3 retry', '2 retry', '1 retry']);
  });

  test('costs one more run, however many come while Okta is slow', async () => {
    relay.okta.order({ fault: { kind: 'delay', ms: 1_500 }, operation: 'listDevices', times: 1 });
    await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    await relay.okta.onRequest(({ operation }) => operation === 'listDevices');
    for (const complianceStatus of ['Compliant', 'NonCompliant', 'Compliant', 'NonCompliant', 'Compliant', 'NonCompliant']) {
      await relay.send(device.event({ complianceStatus }));
    }
    await relay.settled(key);
    await relay.eventually('no job is left', async () => (await clock.idle()) || null);

    const runs = await relay.runs(key);
    expect(runs.map(({ outcome }) => outcome)).toEqual(['done', 'superseded']);
    expect(relay.okta.device(device.okta.id).status).toBe('SUSPENDED');
    // What the first run has found out is known to the second.
    expect(relay.okta.calls('listDevices')).toHaveLength(1);
    expect(relay.okta.calls('suspendDevice')).toHaveLength(1);
    expect(relay.okta.calls('revokeUserSessions')).toHaveLength(1);
    expect(relay.entra.signInSessions(person.entra.id)).toHaveLength(1);
  });

  test('never makes two workers run for one device at a time', async () => {
    await relay.startWorkers();
    relay.okta.order({ fault: { kind: 'delay', ms: 120 }, operation: 'listDevices' });
    relay.okta.order({ fault: { kind: 'delay', ms: 60 }, operation: 'suspendDevice' });
    const words = Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? 'NonCompliant' : 'Compliant'));
    for (const complianceStatus of [...words, 'NonCompliant']) await relay.send(device.event({ complianceStatus }));
    await relay.settled(key);
    await relay.eventually('no job is left', async () => (await clock.idle()) || null);

    const runs = (await relay.runs(key)).toSorted((a, b) => a.startedAt - b.startedAt);
    const overlapping = runs.filter((run, i) => run.startedAt < (runs[i - 1]?.endedAt ?? 0));
    expect(runs.length).toBeGreaterThan(1);
    expect(overlapping).toEqual([]);
    expect(relay.okta.device(device.okta.id).status).toBe('SUSPENDED');
  });
});
