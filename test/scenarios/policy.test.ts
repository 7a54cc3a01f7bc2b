import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunningWorkers } from '../../workers/start.js';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import { startClock, type Clock } from './clock.js';
import { startDesk, type OnCall } from './desk.js';
import { keyOf } from './device-key.js';
import { startScenario, type Scenario } from './relay.js';

describe('the policy file', () => {
  let directory: string;
  let file: string;
  let relay: Scenario;
  let workers: RunningWorkers;
  let desk: OnCall;
  let clock: Clock;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'posture-relay-policy-'));
    file = join(directory, 'policy.yaml');
  });

  async function start(policy: string) {
    writeFileSync(file, policy);
    relay = await startScenario({ environment: { POLICY_FILE: file }, workers: false });
    workers = await relay.startWorkers();
    desk = await startDesk(relay);
    clock = startClock(relay);
    await adopted();
  }

  /** Starts the workers anew with another policy, as after an edit. */
  async function restart(policy: string) {
    await workers.stop();
    writeFileSync(file, policy);
    relay.logLines.length = 0;
    workers = await relay.startWorkers();
    await adopted();
  }

  const adopted = () => relay.eventually('the policy is adopted', async () => relay.logLines.find((line) => line.includes('policy adopted')) ?? null);

  afterEach(async () => {
    await clock.stop();
    await desk.stop();
    await relay.stop();
    rmSync(directory, { recursive: true });
  });

  const status = ({ okta }: CompanyDevice) => relay.okta.device(okta.id).status;
  const person = () => relay.company.person('linus.torvalds@example.com');
  const signOuts = () => ({ okta: relay.okta.revocations(person().okta.id).length, entra: relay.entra.signInSessions(person().entra.id).length });

  async function say(device: CompanyDevice, event: Parameters<CompanyDevice['event']>[0] = { complianceStatus: 'NonCompliant' }) {
    await relay.send(device.event(event));
    return await relay.settled(keyOf(device));
  }

  test('with none for a cause leaves devices alone for that cause only', async () => {
    await start('reactions: { noncompliant: none }');
    const { mac } = person().devices;
    await say(mac);
    expect(status(mac)).toBe('ACTIVE');
    expect((await desk.get('policy')).body).toMatchObject({ policy: { reactions: { noncompliant: null, compromised: { suspend: true } } } });
    expect((await desk.get(`devices/${keyOf(mac)}`)).body).toMatchObject({ devices: [{ standing: 'free' }] });
    await say(mac, { complianceStatus: 'NonCompliant', compromisedStatus: 'Compromised' });
    expect(status(mac)).toBe('SUSPENDED');
  });

  test('gives grace from when UEM says that the device fell out of compliance, and none to a compromised one', async () => {
    await start('reactions: { noncompliant: { grace: 30m } }');
    const { mac, iphone, android } = person().devices;
    const now = Date.now();
    await say(mac, { complianceStatus: 'NonCompliant', eventTime: new Date(now - 60_000) });
    expect(status(mac)).toBe('ACTIVE');
    expect((await relay.runs(keyOf(mac)))[0]).toMatchObject({ posture: 'grace', detail: `Grace until ${new Date(now + 29 * 60_000).toISOString()}.` });
    const [due] = await clock.rechecks(keyOf(mac));
    expect(due).toBeGreaterThan(28 * 60_000);
    expect(due).toBeLessThanOrEqual(29 * 60_000);

    await say(android, { complianceStatus: 'NonCompliant', compromisedStatus: 'Compromised' });
    expect(status(android)).toBe('SUSPENDED');

    // Four seconds of grace are left: it is planned when they are over, by itself.
    await say(iphone, { complianceStatus: 'NonCompliant', eventTime: new Date(Date.now() - 30 * 60_000 + 4_000) });
    expect(status(iphone)).toBe('ACTIVE');
    await relay.untilRun(keyOf(iphone), 'is locked', ({ outcome }) => outcome === 'done');
    expect(status(iphone)).toBe('SUSPENDED');
  });

  test('does what the first rule that speaks of the device says, and nothing more', async () => {
    await start(`
rules:
  - when: { platform: [appleosx], ownership: [CorporateDedicated] }
    reactions: { noncompliant: { revokeEntra: false } }
  - when: { platform: [AppleOsX, Android] }
    reactions: { noncompliant: { suspend: false } }
`);
    const { mac, android, windows } = person().devices;
    await say(mac);
    expect({ status: status(mac), ...signOuts() }).toEqual({ status: 'SUSPENDED', okta: 1, entra: 0 });
    await say(android);
    expect({ status: status(android), ...signOuts() }).toEqual({ status: 'ACTIVE', okta: 2, entra: 1 });
    expect((await desk.get('status')).body).toMatchObject({ exposed: [] });
    expect((await desk.get(`devices/${keyOf(android)}`)).body).toMatchObject({ devices: [{ standing: 'free', causes: ['noncompliant'] }] });
    await say(windows);
    expect({ status: status(windows), ...signOuts() }).toEqual({ status: 'SUSPENDED', okta: 3, entra: 2 });
  });

  test('that only signs out lets a device in that was suspended for something else, and signs nobody out again', async () => {
    await start('reactions: { noncompliant: { suspend: false } }');
    const { mac } = person().devices;
    await say(mac, { complianceStatus: 'NonCompliant', compromisedStatus: 'Compromised' });
    expect({ status: status(mac), ...signOuts() }).toEqual({ status: 'SUSPENDED', okta: 1, entra: 1 });
    await desk.order('PUT', 'pause');
    await relay.send(mac.event({ complianceStatus: 'NonCompliant', compromisedStatus: 'NotCompromised' }));
    await relay.untilRun(keyOf(mac), 'waits', ({ outcome }) => outcome === 'paused');
    expect(status(mac)).toBe('ACTIVE');
    await desk.order('DELETE', 'pause');
    await relay.settled(keyOf(mac));
    expect(signOuts()).toEqual({ okta: 1, entra: 1 });
    expect((await relay.runs(keyOf(mac)))[0]?.outcome).toBe('unchanged');
    expect(await relay.client.zscore('{relay}:locked', keyOf(mac))).toBeNull();
    expect((await desk.get(`devices/${keyOf(mac)}`)).body).toMatchObject({ devices: [{ standing: 'free' }] });
    expect((await relay.state(keyOf(mac))).containment).toMatchObject({ complete: true, letIn: [] });
    expect((await relay.state(keyOf(mac))).containment?.contained).toEqual({});
  });

  test('does nothing about devices that Okta has no record of, if it says so', async () => {
    await start('withoutRecord: nothing');
    const { mac } = person().devices;
    relay.okta.deleteDevice(mac.okta.id);
    await say(mac);
    expect((await relay.runs(keyOf(mac)))[0]).toMatchObject({ outcome: 'done_without_device' });
    expect(signOuts()).toEqual({ okta: 0, entra: 0 });
  });

  test('that exempts a user frees what we had suspended at the next start, and plans those alone again', async () => {
    await start('');
    const other = relay.company.person('ada.lovelace@example.com').devices.mac;
    const { mac, windows } = person().devices;
    for (const device of [mac, windows, other]) await say(device);
    relay.okta.setDeviceStatus(windows.okta.id, 'ACTIVE');
    relay.okta.setDeviceStatus(windows.okta.id, 'SUSPENDED');
    const { generation } = await relay.state(keyOf(other));

    await restart(`
exemptions:
  - { user: LINUS.torvalds@example.com, until: 2099-12-31, reason: a loaner, ticket: INC-1 }
`);
    expect(relay.logLines.find((line) => line.includes('policy adopted'))).toContain('"affected":2');
    await relay.settled(keyOf(mac));
    expect(status(mac)).toBe('ACTIVE');
    expect((await relay.state(keyOf(other))).generation).toBe(generation);
    expect(status(other)).toBe('SUSPENDED');
    expect((await relay.runs(keyOf(mac)))[0]).toMatchObject({ posture: 'free', detail: 'a loaner (INC-1)' });

    await say(mac, { complianceStatus: 'NonCompliant', compromisedStatus: 'Compromised' });
    expect(status(mac)).toBe('ACTIVE');
    expect((await relay.runs(keyOf(mac)))[0]).toMatchObject({ outcome: 'exempt', detail: 'a loaner (INC-1)' });
    const [end] = (await clock.rechecks(keyOf(mac))).toReversed();
    expect(Date.now() + (end ?? 0)).toBeGreaterThan(Date.parse('2099-12-31T23:00:00Z'));
  });

  test('that no longer exempts a device locks it at the next start', async () => {
    await start('');
    const { iphone } = person().devices;
    await restart(`exemptions: [{ device: ${iphone.uem.udid}, until: 2099-12-31, reason: x, ticket: y }]`);
    await say(iphone);
    expect(status(iphone)).toBe('ACTIVE');
    await restart('');
    await relay.settled(keyOf(iphone));
    expect(status(iphone)).toBe('SUSPENDED');
  });

  test('does not take up again what a human has discarded', async () => {
    await start('');
    const { mac, iphone } = person().devices;
    relay.okta.order({ fault: { kind: 'status', status: 400, body: '{}' }, operation: 'listDevices', times: 1 });
    const anHourAgo = { complianceStatus: 'NonCompliant', eventTime: new Date(Date.now() - 3_600_000) };
    expect((await say(mac, anHourAgo)).failure?.cause).toBe('rejected');
    await say(iphone, anHourAgo);
    await desk.order('POST', 'failures/discard', { keys: [keyOf(mac)] });
    await restart('reactions: { noncompliant: { grace: 30m } }');
    expect(relay.logLines.find((line) => line.includes('policy adopted'))).toContain('"affected":1');
    expect(await relay.state(keyOf(mac))).toMatchObject({ generation: 1, discarded: 1 });
    expect(status(mac)).toBe('ACTIVE');
  });

  test('exempts until the end of a day, and the device is locked when it is over', async () => {
    const real = Date.now;
    const day = new Date().toISOString().slice(0, 10);
    let ahead = Date.parse(`${day}T23:59:59Z`) - real() - 3_600_000;
    // The workers keep the clock that they find when they start.
    Date.now = () => real() + ahead;
    await start(`exemptions: [{ organizationGroup: corp, until: ${day}, reason: a fair, ticket: INC-2 }]`).finally(() => {
      Date.now = real;
    });
    const { android } = person().devices;
    await say(android);
    expect({ status: status(android), run: (await relay.runs(keyOf(android)))[0]?.outcome }).toEqual({ status: 'ACTIVE', run: 'exempt' });
    ahead += 3_600_000 + 60_000;
    expect(await clock.recheckNow(keyOf(android))).toBe(1);
    await relay.untilRun(keyOf(android), 'is locked', ({ outcome }) => outcome === 'done');
    expect(status(android)).toBe('SUSPENDED');
  });
});
