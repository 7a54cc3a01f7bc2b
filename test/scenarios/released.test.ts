import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import { startClock, type Clock } from './clock.js';
import { startDesk, type OnCall } from './desk.js';
import { keyOf } from './device-key.js';
import { startScenario, type Scenario } from './relay.js';

describe('what a human releases', () => {
  let relay: Scenario;
  let desk: OnCall;
  let clock: Clock;
  let windows: CompanyDevice;

  beforeEach(async () => {
    relay = await startScenario({ environment: { SAFEGUARD_MAX_DEVICES: '1' } });
    ({ windows } = relay.company.person('ada.lovelace@example.com').devices);
    desk = await startDesk(relay);
    clock = startClock(relay);
  });

  afterEach(async () => {
    await clock.stop();
    await desk.stop();
    await relay.stop();
  });

  /** Has the device looked at again after 1, 5 and 15 minutes, now. */
  async function lookAgain(key: string) {
    const { generation } = await relay.state(key);
    expect(await clock.recheckNow(key)).toBe(3);
    return await relay.until(key, 'has been looked at again', (state) => state.generation >= generation + 3 && state.enforced === state.generation);
  }

  test('stays locked when it is looked at again: a literal that nobody had seen before, until UEM sends another one', async () => {
    const device = relay.company.person('ada.lovelace@example.com').devices.iphone;
    const key = keyOf(device);
    const status = () => relay.okta.device(device.okta.id).status;
    await relay.send(device.event({ compromisedStatus: 'Rooted' }));
    expect((await relay.settled(key)).held?.word).toBe('held_unknown_status');
    expect(await alerted('held_unknown_status')).toContain(key);
    await desk.order('POST', 'held/release', { keys: [key] });
    expect((await relay.settled(key)).held).toBeNull();
    expect(status()).toBe('SUSPENDED');
    expect((await lookAgain(key)).held).toBeNull();
    expect(status()).toBe('SUSPENDED');

    await relay.send(device.event({ compromisedStatus: 'Jailbroken' }));
    expect((await relay.settled(key)).held?.detail).toContain('Jailbroken');
  });

  /** What the log says with an alert. */
  async function alerted(word: string) {
    const said = `"word":"${word}"`;
    await relay.logged(said);
    return relay.logLines.find((line) => line.includes('"alert":"device_held"') && line.includes(said));
  }

  /** Has Okta know a stranger's device by the serial number of Ada's; tells the status of both. */
  function addTwin() {
    const stranger = relay.okta.addUser({ login: 'stranger@example.com' });
    relay.entra.addUser({ userPrincipalName: 'stranger@example.com', mail: 'stranger@example.com', proxyAddresses: [] });
    const twin = relay.okta.addDevice({ platform: 'WINDOWS', serialNumber: windows.uem.serialNumber, udid: 'ffffffff-0000-0000-0000-000000000000', users: [stranger.id] });
    return () => [windows.okta.id, twin.id].map((id) => relay.okta.device(id).status);
  }

  /** Has UEM say that devices do not comply, one after the other. */
  async function say(...devices: CompanyDevice[]) {
    for (const device of devices) {
      await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
      await relay.settled(keyOf(device));
    }
  }

  /** Two more devices than the safeguard allows do not comply. */
  async function trip() {
    const { iphone, android } = relay.company.person('alan.turing@example.com').devices;
    await say(iphone, android);
    expect((await relay.state(keyOf(android))).held?.word).toBe('held_mass');
  }

  async function release(device: CompanyDevice) {
    expect(await desk.order('POST', 'held/release', { keys: [keyOf(device)] })).toMatchObject({ body: { keys: [keyOf(device)] } });
    return await relay.settled(keyOf(device));
  }

  test('stays locked when it is looked at again: records that may be different devices', async () => {
    const key = keyOf(windows);
    const statuses = addTwin();
    await say(windows);
    expect((await relay.state(key)).held?.word).toBe('held_ambiguous');
    expect(await alerted('held_ambiguous')).toContain(key);
    expect(relay.okta.calls('suspendDevice')).toEqual([]);

    await release(windows);
    expect(statuses()).toEqual(['SUSPENDED', 'SUSPENDED']);

    expect((await lookAgain(key)).held).toBeNull();
    expect(statuses()).toEqual(['SUSPENDED', 'SUSPENDED']);
  });

  test('as records of one device is still a part of a mass lock-out', async () => {
    const statuses = addTwin();
    await say(windows);
    await desk.order('POST', 'held/reset');
    await trip();
    expect((await release(windows)).held?.word).toBe('held_mass');
    expect(statuses()).toEqual(['ACTIVE', 'ACTIVE']);

    expect((await release(windows)).held).toBeNull();
    expect(statuses()).toEqual(['SUSPENDED', 'SUSPENDED']);
  });

  test('from a mass lock-out has not said which of several records is the device', async () => {
    const statuses = addTwin();
    await trip();
    await say(windows);
    expect((await relay.state(keyOf(windows))).held?.word).toBe('held_mass');
    expect((await release(windows)).held?.word).toBe('held_ambiguous');
    expect(statuses()).toEqual(['ACTIVE', 'ACTIVE']);
  });

  test('from a mass lock-out is not held in it again: without a record in Okta', async () => {
    relay.okta.deleteDevice(windows.okta.id);
    await trip();
    await say(windows);
    await release(windows);
    expect((await relay.runs(keyOf(windows)))[0]).toMatchObject({ outcome: 'done_without_device' });
    expect((await lookAgain(keyOf(windows))).held).toBeNull();
  });

  test('from a mass lock-out is not held in it again: given up, and tried again by the hour', async () => {
    await trip();
    await say(windows);
    relay.okta.order({ fault: { kind: 'status', status: 400, body: '{}' }, operation: 'listDevices', times: 1 });
    expect((await release(windows)).failure?.cause).toBe('rejected');
    await relay.client.zadd('{relay}:failed', 0, keyOf(windows));
    await clock.upkeepNow();
    await relay.untilRun(keyOf(windows), 'is locked', ({ outcome }) => outcome === 'done');
    expect(relay.okta.device(windows.okta.id).status).toBe('SUSPENDED');
  });
});
