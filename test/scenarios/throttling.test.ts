import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Fault } from '../sandbox/http-double.js';
import { keyOf } from './device-key.js';
import { startScenario, type Scenario } from './relay.js';

/** The answer to a request above Okta's limit, whose window ends in so many seconds, and that moment in milliseconds since 1970. */
function usedUp(seconds: number): { fault: Fault; until: number } {
  const reset = Math.floor(Date.now() / 1000) + seconds;
  const headers = { 'x-rate-limit-limit': '50', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': String(reset) };
  return { fault: { kind: 'status', status: 429, headers }, until: reset * 1000 };
}

describe('when a rate limit is used up', () => {
  let relay: Scenario;

  beforeEach(async () => {
    relay = await startScenario();
  });

  afterEach(async () => {
    await relay.stop();
  });

  test('everybody waits it out without calling and without spending an attempt, then goes on', async () => {
    const [ada, alan] = [relay.company.person('ada.lovelace@example.com'), relay.company.person('alan.turing@example.com')];
    const devices = [ada.devices.iphone, alan.devices.iphone, alan.devices.mac];
    const [first] = devices;
    if (first === undefined) throw new Error('nobody has a device');
    const { fault, until } = usedUp(3);
    relay.okta.order({ fault, operation: 'listDevices', times: 1 });
    await relay.send(first.event({ complianceStatus: 'NonCompliant' }));
    await relay.untilRun(keyOf(first), 'waits', ({ outcome }) => outcome === 'waiting_upstream');
    const from = Date.now();
    for (const device of devices.slice(1)) await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    await Promise.all(devices.map((device) => relay.settled(keyOf(device))));

    expect(devices.map(({ okta }) => relay.okta.device(okta.id).status)).toEqual(['SUSPENDED', 'SUSPENDED', 'SUSPENDED']);
    const searches = relay.okta.calls('listDevices');
    expect(searches).toHaveLength(4);
    expect(searches.filter(({ at }) => at > from && at < until)).toEqual([]);
    const runs = (await Promise.all(devices.map((device) => relay.runs(keyOf(device))))).flat();
    expect(new Set(runs.map(({ attempt }) => attempt))).toEqual(new Set([1]));
    expect(new Set(runs.map(({ outcome }) => outcome))).toEqual(new Set(['waiting_upstream', 'done']));
  });

  test('at Okta for devices, their users are signed out of everything at once, and again after the late suspension', async () => {
    const person = relay.company.person('ada.lovelace@example.com');
    const device = person.devices.windows;
    relay.okta.order({ fault: usedUp(2).fault, operation: 'listDevices', times: 1 });
    await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    await relay.untilRun(keyOf(device), 'waits', ({ outcome }) => outcome === 'waiting_upstream');
    expect(relay.okta.sessions(person.okta.id)).toBe(0);
    expect(relay.entra.signInSessions(person.entra.id)).toHaveLength(1);

    await relay.settled(keyOf(device));
    expect(relay.okta.device(device.okta.id).status).toBe('SUSPENDED');
    expect(relay.okta.revocations(person.okta.id)).toHaveLength(2);
    expect(relay.entra.signInSessions(person.entra.id)).toHaveLength(2);
  });

  test('by too many requests at the same time, a second is waited for', async () => {
    const { devices } = relay.company.person('ada.lovelace@example.com');
    const headers = { 'x-rate-limit-limit': '0', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': String(Math.floor(Date.now() / 1000) + 60) };
    relay.okta.order({ fault: { kind: 'status', status: 429, headers }, operation: 'suspendDevice', times: 1 });
    await relay.send(devices.mac.event({ complianceStatus: 'NonCompliant' }));
    const sent = Date.now();
    await relay.settled(keyOf(devices.mac));
    expect(Date.now() - sent).toBeLessThan(10_000);
    const runs = await relay.runs(keyOf(devices.mac));
    expect(runs.map(({ outcome, attempt }) => ({ outcome, attempt }))).toEqual([
      { outcome: 'done', attempt: 1 },
      { outcome: 'waiting_upstream', attempt: 1 },
    ]);
    expect(relay.okta.device(devices.mac.okta.id).status).toBe('SUSPENDED');
  });

  test('at Entra ID, Okta goes on for every device', async () => {
    const person = relay.company.person('ada.lovelace@example.com');
    const { mac, iphone } = person.devices;
    const throttled = { kind: 'status', status: 429, headers: { 'retry-after': '2' } } as const;
    relay.entra.order({ fault: throttled, operation: 'revokeSignInSessions', times: 1 });
    await relay.send(mac.event({ complianceStatus: 'NonCompliant' }));
    await relay.untilRun(keyOf(mac), 'waits for Entra ID', ({ outcome }) => outcome === 'waiting_upstream');
    await relay.send(iphone.event({ complianceStatus: 'NonCompliant' }));
    await relay.untilRun(keyOf(iphone), 'waits for Entra ID', ({ outcome }) => outcome === 'waiting_upstream');
    expect([mac, iphone].map(({ okta }) => relay.okta.device(okta.id).status)).toEqual(['SUSPENDED', 'SUSPENDED']);
    expect(relay.entra.calls('revokeSignInSessions')).toHaveLength(1);

    await Promise.all([relay.settled(keyOf(mac)), relay.settled(keyOf(iphone))]);
    expect(relay.okta.calls('listDevices')).toHaveLength(2);
    expect(relay.entra.signInSessions(person.entra.id).length).toBeGreaterThan(0);
  });
});
