import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import { startClock, type Clock } from './clock.js';
import { keyOf } from './device-key.js';
import { justBeforePutBack } from './put-back.js';
import { startScenario, type Scenario } from './relay.js';

describe('an upstream that refuses the relay', () => {
  let relay: Scenario;
  let clock: Clock;

  beforeEach(async () => {
    relay = await startScenario();
    clock = startClock(relay);
  });

  afterEach(async () => {
    await clock.stop();
    await relay.stop();
  });

  const alerts = (alert: string) => relay.logLines.filter((line) => line.includes(`"alert":"${alert}"`));
  const outcomeOf = async (device: CompanyDevice) => (await relay.runs(keyOf(device)))[0]?.outcome;
  const statusOf = ({ okta }: CompanyDevice) => relay.okta.device(okta.id).status;

  /** Lets the next call be the probe that is due once a minute. */
  async function letProbe(upstream: string) {
    await relay.client.del(`{relay}:probe:${upstream}`);
  }

  test('by an expired Okta key is one alert, costs no attempts, and ends by itself', async () => {
    const [probe, ...devices] = relay.company.devices;
    if (probe === undefined) throw new Error('nobody has a device');
    relay.okta.rejectCredentials(true);
    for (const device of devices) await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    for (const device of devices) await relay.untilRun(keyOf(device), 'waits', ({ outcome }) => outcome === 'waiting_credentials');

    expect(alerts('upstream_blocked')).toHaveLength(1);
    expect(relay.okta.calls('token').length).toBeLessThanOrEqual(4);
    expect(alerts('device_failed')).toEqual([]);
    const attempts = (await Promise.all(devices.map((device) => relay.runs(keyOf(device))))).flat().map(({ attempt }) => attempt);
    expect(new Set(attempts)).toEqual(new Set([1]));
    const signedOut = relay.company.people.map(({ entra }) => relay.entra.signInSessions(entra.id).length);
    expect(Math.min(...signedOut)).toBeGreaterThan(0);

    relay.okta.rejectCredentials(false);
    await letProbe('okta');
    await relay.send(probe.event({ complianceStatus: 'NonCompliant' }));
    await Promise.all(relay.company.devices.map((device) => relay.settled(keyOf(device))));
    expect(new Set(relay.company.devices.map(statusOf))).toEqual(new Set(['SUSPENDED']));
    expect(alerts('upstream_resumed')).toHaveLength(1);
  });

  test('by an expired secret at Entra ID does not keep Okta from locking devices', async () => {
    const { mac, iphone } = relay.company.person('grace.hopper@example.com').devices;
    relay.entra.rejectCredentials(true);
    for (const device of [mac, iphone]) {
      await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
      await relay.untilRun(keyOf(device), 'waits', ({ outcome }) => outcome === 'waiting_credentials');
    }
    expect([mac, iphone].map(statusOf)).toEqual(['SUSPENDED', 'SUSPENDED']);
    expect(alerts('upstream_blocked')).toHaveLength(1);
    await relay.send(mac.event({ complianceStatus: 'Compliant' }));
    await relay.settled(keyOf(mac));
    expect(statusOf(mac)).toBe('ACTIVE');
  });

  test('for one device is that device\'s trouble, for two it is a missing permission and everybody waits', async () => {
    const { mac, iphone, windows } = relay.company.person('grace.hopper@example.com').devices;
    relay.okta.order({ fault: { kind: 'status', status: 403 }, operation: 'suspendDevice' });
    await relay.send(mac.event({ complianceStatus: 'NonCompliant' }));
    await relay.untilRun(keyOf(mac), 'is tried again', ({ outcome, attempt }) => outcome === 'retry' && attempt === 2);
    expect(alerts('upstream_blocked')).toEqual([]);
    await relay.eventually('is not tried a third time meanwhile', () => clock.postpone(keyOf(mac)));

    await relay.send(iphone.event({ complianceStatus: 'NonCompliant' }));
    await relay.untilRun(keyOf(iphone), 'has been tried', () => true);
    expect(alerts('upstream_blocked')).toHaveLength(1);
    const refused = relay.okta.calls('suspendDevice').length;
    await relay.send(windows.event({ complianceStatus: 'NonCompliant' }));
    await relay.untilRun(keyOf(windows), 'waits', ({ outcome }) => outcome === 'waiting_permission');
    expect(relay.okta.calls('suspendDevice')).toHaveLength(refused);
    expect(await outcomeOf(windows)).toBe('waiting_permission');

    relay.okta.clearFaults();
    await letProbe('okta:suspendDevice');
    await relay.send(windows.event({ complianceStatus: 'Compliant' }));
    await relay.send(windows.event({ complianceStatus: 'NonCompliant' }));
    await Promise.all([mac, iphone, windows].map((device) => relay.settled(keyOf(device))));
    expect([mac, iphone, windows].map(statusOf)).toEqual(['SUSPENDED', 'SUSPENDED', 'SUSPENDED']);
  });

  test('but answers again just when a device begins to wait lets that device go on at once', async () => {
    const { mac, iphone } = relay.company.person('grace.hopper@example.com').devices;
    relay.okta.rejectCredentials(true);
    const answersAgain = justBeforePutBack(keyOf(mac), async () => {
      relay.okta.rejectCredentials(false);
      await letProbe('okta');
      await relay.send(iphone.event({ complianceStatus: 'NonCompliant' }));
      await relay.settled(keyOf(iphone));
    });
    await relay.send(mac.event({ complianceStatus: 'NonCompliant' }));
    await answersAgain;
    await relay.settled(keyOf(mac));
    expect(statusOf(mac)).toBe('SUSPENDED');
  });
});
