import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CompanyDevice, Person } from '../sandbox/fixtures/company.js';
import { startClock, type Clock } from './clock.js';
import { keyOf } from './device-key.js';
import { startScenario, type Scenario } from './relay.js';

const unavailable = { kind: 'status', status: 503 } as const;

describe('while an upstream is down', () => {
  let relay: Scenario;
  let clock: Clock;
  let person: Person;
  let device: CompanyDevice;
  let key: string;

  beforeEach(async () => {
    relay = await startScenario();
    clock = startClock(relay);
    person = relay.company.person('alan.turing@example.com');
    device = person.devices.iphone;
    key = keyOf(device);
  });

  afterEach(async () => {
    await clock.stop();
    await relay.stop();
  });

  const count = (operation: string) => relay.okta.calls(operation).length;
  const revoked = () => ({
    okta: relay.okta.revocations(person.okta.id).length,
    entra: relay.entra.signInSessions(person.entra.id).length,
  });

  test('Okta does not wait for Entra ID, and is not asked again when Entra ID is made up for', async () => {
    relay.entra.order({ fault: unavailable, operation: 'revokeSignInSessions', times: 3 });
    await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    const first = await relay.untilRun(key, 'has been tried', ({ attempt }) => attempt === 1);
    expect(first.outcome).toBe('retry');
    expect(relay.okta.device(device.okta.id).status).toBe('SUSPENDED');
    expect(revoked()).toEqual({ okta: 1, entra: 0 });

    await relay.settled(key);

    expect(revoked()).toEqual({ okta: 1, entra: 1 });
    expect({ list: count('listDevices'), get: count('getDevice'), suspend: count('suspendDevice') }).toEqual({ list: 1, get: 0, suspend: 1 });
    expect((await clock.rechecks(key)).every((delay) => delay >= 60_000)).toBe(true);
  });

  test('Entra ID waits a second for an Okta that does not answer, and is asked exactly once more after Okta', async () => {
    relay.okta.order({ fault: { kind: 'hang' }, operation: 'listDevices', times: 1 });
    await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    const asked = await relay.okta.onRequest(({ operation }) => operation === 'listDevices');
    const sent = await relay.entra.onRequest(({ operation }) => operation === 'revokeSignInSessions');
    expect(sent.at - asked.at).toBeLessThan(8_000); // Okta is given 10 s
    expect(revoked()).toEqual({ okta: 0, entra: 1 });

    await relay.settled(key);

    expect(relay.okta.device(device.okta.id).status).toBe('SUSPENDED');
    expect(revoked()).toEqual({ okta: 1, entra: 2 });
  });

  test('Entra ID is asked once while Okta fails, not once with every attempt', async () => {
    relay.okta.order({ fault: unavailable });
    await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    await relay.untilRun(key, 'has failed three times', ({ attempt }) => attempt === 3);
    expect(revoked()).toEqual({ okta: 0, entra: 1 });

    relay.okta.clearFaults();
    await relay.settled(key);
    expect(revoked()).toEqual({ okta: 1, entra: 2 });
  });

  test('a device that cannot be suspended yet has its sessions revoked at once, and once more after the suspension', async () => {
    relay.okta.order({ fault: unavailable, operation: 'suspendDevice', times: 2 });
    await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    await relay.untilRun(key, 'has been tried', ({ attempt, outcome }) => attempt === 1 && outcome === 'retry');
    expect(relay.okta.device(device.okta.id).status).toBe('ACTIVE');
    expect(revoked()).toEqual({ okta: 1, entra: 1 });

    await relay.settled(key);

    expect(relay.okta.device(device.okta.id).status).toBe('SUSPENDED');
    expect(count('suspendDevice')).toBe(3);
    expect(revoked()).toEqual({ okta: 2, entra: 2 });
  });

  test.each([
    ['suspendDevice', '<html>Not found</html>'],
    ['revokeUserSessions', JSON.stringify({ errorCode: 'E0000008', errorSummary: 'text' })],
  ])('a 404 of a proxy at %s is nobody\'s end: it is tried again', async (operation, body) => {
    relay.okta.signIn(person.okta.id);
    relay.okta.order({ fault: { kind: 'status', status: 404, body }, operation, times: 1 });
    await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    const first = await relay.untilRun(key, 'has been tried', ({ attempt }) => attempt === 1);
    expect(first).toMatchObject({ outcome: 'retry', notes: [] });
    await relay.settled(key);
    expect(relay.okta.device(device.okta.id).status).toBe('SUSPENDED');
    expect(relay.okta.sessions(person.okta.id)).toBe(0);
  });

  test('a suspension without an answer is made again, is on the ledger, and is undone when the device complies', async () => {
    relay.okta.order({ fault: { kind: 'reset_after' }, operation: 'suspendDevice', times: 1 });
    await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    await relay.settled(key);
    expect(relay.okta.device(device.okta.id).status).toBe('SUSPENDED');
    expect((await relay.state(key)).ledger[device.okta.id]).toMatchObject({ state: 'ours' });

    await relay.send(device.event({ complianceStatus: 'Compliant' }));
    await relay.settled(key);
    expect(relay.okta.device(device.okta.id).status).toBe('ACTIVE');
  });

  test.each([503, 408])('however often a suspension ends in %i, the device is looked at once fifteen seconds later, and goes on backing off', async (status) => {
    relay.okta.order({ fault: { kind: 'status', status }, operation: 'suspendDevice' });
    await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    await relay.untilRun(key, 'has failed three times', ({ attempt }) => attempt === 3);
    await relay.eventually('backs off', () => clock.postpone(key));
    const until = await clock.delayedUntil(key);
    expect(await clock.rechecks(key)).toEqual([15_000]);

    expect(await clock.recheckNow(key)).toBe(1);
    await relay.until(key, 'is to be looked at', ({ recheck, generation }) => recheck === generation);
    await relay.eventually('the look has been asked for', async () => ((await clock.rechecks(key)).length === 0) || null);
    expect(await clock.delayedUntil(key)).toBe(until);

    relay.okta.clearFaults();
    await clock.resume(key);
    await relay.settled(key);
    expect((await relay.runs(key))[0]).toMatchObject({ attempt: 4, outcome: 'done' });
    expect(relay.okta.device(device.okta.id).status).toBe('SUSPENDED');
  });

  test('a suspension without an answer is undone although the device complies before it is made again', async () => {
    relay.okta.order({ fault: unavailable, operation: 'suspendDevice' });
    await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    await relay.untilRun(key, 'backs off', ({ outcome }) => outcome === 'retry');
    relay.okta.clearFaults();

    await relay.send(device.event({ complianceStatus: 'Compliant' }));
    await relay.settled(key);
    relay.okta.setDeviceStatus(device.okta.id, 'SUSPENDED', relay.environment['OKTA_CLIENT_CLIENTID']); // what was sent takes effect late
    expect(await clock.recheckNow(key)).toBeGreaterThan(0);
    await relay.until(key, 'is let in', ({ ledger }) => Object.keys(ledger).length > 0 && relay.okta.device(device.okta.id).status === 'ACTIVE');
  });

  test('an unsuspension without an answer does not leave a device exposed that is non-compliant again', async () => {
    await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    await relay.settled(key);
    relay.okta.order({ fault: { kind: 'reset_after' }, operation: 'unsuspendDevice', times: 1 });
    relay.okta.order({ fault: unavailable, operation: 'unsuspendDevice' });
    await relay.send(device.event({ complianceStatus: 'Compliant' }));
    await relay.untilRun(key, 'release backs off', ({ posture, outcome }) => posture === 'free' && outcome === 'retry');

    await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    await relay.settled(key);
    expect(relay.okta.device(device.okta.id).status).toBe('SUSPENDED');

    relay.okta.setDeviceStatus(device.okta.id, 'ACTIVE'); // what was sent takes effect late
    expect(await clock.recheckNow(key)).toBeGreaterThan(0);
    await relay.until(key, 'is locked again', () => relay.okta.device(device.okta.id).status === 'SUSPENDED');
    await relay.settled(key);
    expect((await relay.state(key)).containment).toMatchObject({ letIn: [], complete: true });
  });
});
