import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { shadowReport } from '../../src/console/shadow-report.js';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import { startClock, type Clock } from './clock.js';
import { keyOf } from './device-key.js';
import { startScenario, type Scenario, type ScenarioOptions } from './relay.js';

describe('Shadow mode beside the flow that the team has', () => {
  let relay: Scenario;
  let clock: Clock;

  async function start({ environment, ...options }: ScenarioOptions = {}) {
    relay = await startScenario({ ...options, environment: { MODE: 'shadow', ...environment } });
    clock = startClock(relay, '{relay-shadow}');
  }

  afterEach(async () => {
    await clock.stop();
    await relay.stop();
  });

  const devices = () => relay.company.person('ada.lovelace@example.com').devices;
  const byFlow = ({ okta }: CompanyDevice, status: 'SUSPENDED' | 'ACTIVE') => relay.okta.setDeviceStatus(okta.id, status);

  async function say(device: CompanyDevice, complianceStatus: 'Compliant' | 'NonCompliant') {
    await relay.send(device.event({ complianceStatus }));
    await relay.settled(keyOf(device));
  }

  /** The report, as if five minutes had passed, once so many decisions are compared. */
  async function reportOf(decisions: number, ...about: CompanyDevice[]) {
    await Promise.all(about.map((device) => clock.compareNow(keyOf(device))));
    return await relay.eventually(`${decisions} decisions are compared`, async () => {
      const found = await shadowReport({ redis: relay.client, prefix: '{relay-shadow}' }, 0);
      return found.compared === decisions ? found : null;
    });
  }

  test('shows where the flow agreed, and what it missed', async () => {
    await start();
    const { iphone, windows } = devices();
    await say(iphone, 'NonCompliant');
    await say(windows, 'NonCompliant');
    byFlow(iphone, 'SUSPENDED');
    expect(await reportOf(2, iphone, windows)).toMatchObject({ agreed: 1, late: [], missed: [{ key: keyOf(windows), wanted: 'suspended', why: 'noncompliant', seen: 'active' }] });
  });

  test('compares every decision once, also those that were replaced within five minutes, and where the flow was faster', async () => {
    await start();
    const { iphone } = devices();
    byFlow(iphone, 'SUSPENDED');
    await say(iphone, 'NonCompliant');
    await say(iphone, 'Compliant');
    await say(iphone, 'NonCompliant');
    await clock.recheckNow(keyOf(iphone));
    await relay.settled(keyOf(iphone));
    expect(await reportOf(3, iphone)).toMatchObject({ agreed: 3, missed: [] });
  });

  test('compares a decision that an event overtook, or that took several attempts', async () => {
    await start();
    const { iphone, windows } = devices();
    relay.okta.order({ operation: 'listDevices', object: iphone.uem.udid, fault: { kind: 'delay', ms: 500 }, times: 1 });
    await relay.send(iphone.event({ complianceStatus: 'NonCompliant' }));
    await relay.okta.onRequest(({ operation }) => operation === 'listDevices');
    await say(iphone, 'Compliant');
    expect((await relay.runs(keyOf(iphone))).map(({ outcome }) => outcome)).toContain('superseded');
    relay.okta.order({ operation: 'listDevices', object: windows.uem.serialNumber, fault: { kind: 'status', status: 503 }, times: 1 });
    await say(windows, 'NonCompliant');
    expect((await relay.runs(keyOf(windows))).map(({ outcome }) => outcome)).toContain('retry');
    expect(await reportOf(3, iphone, windows)).toMatchObject({ agreed: 2, missed: [{ key: keyOf(windows) }] });
  });

  test('compares what it leaves alone: devices without a record, exempt ones, and those that a human has to release', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'posture-relay-shadow-'));
    const file = join(directory, 'policy.yaml');
    writeFileSync(file, 'exemptions: [{ user: linus.torvalds@example.com, until: 2099-12-31, reason: a loaner, ticket: INC-1 }]');
    await start({ environment: { POLICY_FILE: file, SAFEGUARD_MAX_DEVICES: '2' } });
    const { mac } = relay.company.person('linus.torvalds@example.com').devices;
    const { iphone, windows, android } = devices();
    relay.okta.deleteDevice(android.okta.id);
    for (const device of [android, windows, iphone, mac]) await say(device, 'NonCompliant');
    for (const device of [windows, iphone, mac]) byFlow(device, 'SUSPENDED');
    const { agreed, missed } = await reportOf(4, mac, iphone, windows, android);
    expect(agreed).toBe(2);
    expect(missed.map(({ key, wanted, why }) => ({ key, wanted, why })).toSorted((a, b) => a.wanted.localeCompare(b.wanted))).toEqual([
      { key: keyOf(mac), wanted: 'active', why: 'exempt: a loaner (INC-1)' },
      { key: keyOf(iphone), wanted: 'unchanged', why: 'noncompliant, held_mass' },
    ]);
    rmSync(directory, { recursive: true });
  });

  test('looks again where Okta did not answer', async () => {
    await start();
    const { iphone } = devices();
    await say(iphone, 'NonCompliant');
    relay.okta.order({ operation: 'listDevices', object: iphone.uem.udid, fault: { kind: 'status', status: 503 }, times: 1 });
    await clock.compareNow(keyOf(iphone));
    await relay.okta.onRequest(({ status }) => status === 503);
    await relay.eventually('it is to be looked at again', async () => (await clock.compareNow(keyOf(iphone))) || null);
    expect(await reportOf(1)).toMatchObject({ agreed: 0, unread: 0 });
  });

  test('pays for those looks out of a fifth of its share of Okta\'s limit, after all else, and waits for its turn', async () => {
    await start({ okta: { rateLimit: { devices: 20, windowMs: 4_000 } }, environment: { OKTA_RATE_SHARE: '1' } });
    const { iphone, windows, mac } = devices();
    for (const device of [iphone, windows, mac]) {
      await say(device, 'NonCompliant');
      byFlow(device, 'SUSPENDED');
    }
    expect(await reportOf(3, iphone, windows, mac)).toMatchObject({ agreed: 3 });
    const spent = relay.okta.rateWindows('devices').map(({ used }) => used);
    expect(Math.max(...spent)).toBeLessThanOrEqual(4);
    expect(relay.okta.requests.filter(({ status }) => status === 429)).toEqual([]);
  });

  test('does not search again while a record that it read as missed waits for its turn to be read by id', async () => {
    await start({ okta: { rateLimit: { devices: 15, windowMs: 3_000 } }, environment: { OKTA_RATE_SHARE: '1' } });
    const { iphone, windows, mac } = devices();
    for (const device of [iphone, windows, mac]) await say(device, 'NonCompliant');
    expect(await reportOf(3, iphone, windows, mac)).toMatchObject({ agreed: 0 });
    expect(relay.okta.calls('getDevice')).toHaveLength(3);
    expect(relay.okta.calls('listDevices').length).toBeLessThanOrEqual(6);
  });
});
