import { afterEach, describe, expect, test } from '@jest/globals';
import { failureCauses } from '../../src/compliance/outcome.js';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import { startClock } from './clock.js';
import { keysIn, startDesk, type OnCall } from './desk.js';
import { keyOf } from './device-key.js';
import { watchStandstills } from '../standstill.js';
import { startScenario, type Scenario, type ScenarioOptions } from './relay.js';

const refused = { kind: 'status', status: 400, body: '{"errorCode":"E0000001","errorSummary":"Api validation failed"}' } as const;

/** Whether a search is, perhaps among others, for the device. */
function isLookedUp({ uem }: CompanyDevice, path: string): boolean {
  const identifier = keyOf({ uem }).startsWith('udid') ? uem.udid : uem.serialNumber;
  return decodeURIComponent(path).includes(JSON.stringify(identifier));
}

describe('devices that were given up', () => {
  let relay: Scenario;
  let desk: OnCall;

  async function start(options: ScenarioOptions = {}) {
    relay = await startScenario({ environment: { SAFEGUARD_MAX_DEVICES: '5000', SAFEGUARD_MAX_PERCENT: '100' }, ...options });
    desk = await startDesk(relay);
  }

  afterEach(async () => {
    await desk.stop();
    await relay.stop();
  });

  const status = ({ okta }: CompanyDevice) => relay.okta.device(okta.id).status;
  const revocations = ({ uem }: CompanyDevice) => {
    const { okta, entra } = relay.company.person(uem.email);
    return { okta: relay.okta.revocations(okta.id).length, entra: relay.entra.signInSessions(entra.id).length };
  };

  /** Has Okta refuse to look the devices up, for good. */
  async function giveUp(...devices: CompanyDevice[]) {
    for (const device of devices) {
      relay.okta.order({ fault: refused, operation: 'listDevices', object: keyOf(device).startsWith('udid') ? device.uem.udid : device.uem.serialNumber });
      await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
      expect((await relay.settled(keyOf(device))).failure?.cause).toBe('rejected');
    }
  }

  test('are listed by cause, time, device and user, with what a replay would do now', async () => {
    await start();
    const [first, second] = [relay.company.person('ada.lovelace@example.com').devices.mac, relay.company.person('alan.turing@example.com').devices.iphone];
    await giveUp(first, second);
    const { failure } = await relay.state(keyOf(second));
    const at = failure?.at ?? 0;
    expect((await desk.get('failures')).body).toMatchObject({
      failures: [
        { key: keyOf(first), email: 'ada.lovelace@example.com', cause: 'rejected', detail: expect.stringContaining('E0000001'), wouldNow: 'lock_out', retryAt: expect.any(Number) },
        { key: keyOf(second), email: 'alan.turing@example.com', cause: 'rejected', wouldNow: 'lock_out', at, retryAt: at + 3_600_000 },
      ],
      cut: false,
    });
    expect(await desk.failed(`after=${at}`)).toEqual([keyOf(second)]);
    expect(await desk.failed(`before=${at}`)).toEqual([keyOf(first)]);
    expect(await desk.failed('cause=expired')).toEqual([]);
    expect(await desk.failed('user=ADA.lovelace@example.com')).toEqual([keyOf(first)]);
    expect(await desk.failed(`device=${second.uem.udid}`)).toEqual([keyOf(second)]);

    // What would happen now depends on what holds now.
    await desk.order('POST', `devices/${keyOf(first)}/unlock`, { forMinutes: 60 });
    await relay.settled(keyOf(first));
    expect(await desk.failed('')).toEqual([keyOf(second)]);
  });

  test('are listed also where what Redis holds about one cannot be read', async () => {
    await start();
    const [first, second] = relay.company.devices;
    if (!first || !second) throw new Error('nobody has a device');
    await giveUp(first, second);
    await relay.client.hset(`{relay}:device:${keyOf(first)}`, 'compromised', 'perhaps');
    expect((await desk.get('failures?cause=state_unreadable')).body).toMatchObject({ failures: [{ key: keyOf(first), wouldNow: 'nothing', detail: expect.stringContaining('compromised') }] });
    expect(await desk.failed()).toEqual([keyOf(first), keyOf(second)]);
  });

  test('are planned anew by a replay: everything is done once more', async () => {
    await start();
    const device = relay.company.person('ada.lovelace@example.com').devices.mac;
    relay.entra.order({ fault: { kind: 'status', status: 400, body: '{}' }, operation: 'revokeSignInSessions', times: 1 });
    await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    expect((await relay.settled(keyOf(device))).failure?.cause).toBe('rejected');
    expect({ status: status(device), ...revocations(device) }).toEqual({ status: 'SUSPENDED', okta: 1, entra: 0 });

    expect(await desk.order('POST', 'failures/replay', { keys: [keyOf(device), 'udid:nobody'], reason: 'Entra is well again' })).toEqual({ status: 200, body: { keys: [keyOf(device)] } });
    const { failure } = await relay.settled(keyOf(device));
    expect(failure).toBeNull();
    expect({ status: status(device), ...revocations(device) }).toEqual({ status: 'SUSPENDED', okta: 2, entra: 1 });
    expect((await relay.runs(keyOf(device)))[0]?.steps.map(({ operation }) => operation)).toEqual(['listDevices', 'revokeUserSessions', 'revokeSignInSessions']);
    expect(await desk.order('POST', 'failures/replay', { keys: [keyOf(device)] })).toEqual({ status: 200, body: { keys: [] } });
    expect((await desk.get('audit')).body).toMatchObject({ entries: [{ what: 'failed replay', by: 'grace@laptop', reason: 'Entra is well again', target: keyOf(device) }] });
  });

  test('are forgotten by a discard until UEM says something new about them', async () => {
    await start();
    const device = relay.company.person('ada.lovelace@example.com').devices.mac;
    await giveUp(device);
    relay.okta.clearFaults();
    expect(await desk.order('POST', 'failures/discard', { keys: [keyOf(device)] })).toEqual({ status: 200, body: { keys: [keyOf(device)] } });
    expect(await desk.failed()).toEqual([]);
    expect(await relay.send(device.event({ complianceStatus: 'NonCompliant' }))).toMatchObject({ body: { result: 'duplicate' } });
    expect(status(device)).toBe('ACTIVE');
    expect((await desk.get('devices?state=exposed')).body).toMatchObject({ devices: [{ key: keyOf(device) }], cut: false });

    await relay.send(device.event({ complianceStatus: 'NonCompliant', compromisedStatus: 'Compromised' }));
    await relay.settled(keyOf(device));
    expect(status(device)).toBe('SUSPENDED');
  });

  test('stay discarded when they are looked at again by the clock', async () => {
    await start();
    const device = relay.company.person('ada.lovelace@example.com').devices.mac;
    relay.entra.order({ fault: { kind: 'status', status: 400, body: '{}' }, operation: 'revokeSignInSessions', times: 1 });
    await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    expect((await relay.settled(keyOf(device))).failure?.cause).toBe('rejected');
    await desk.order('POST', 'failures/discard', { keys: [keyOf(device)] });
    const clock = startClock(relay);
    expect(await clock.recheckNow(keyOf(device))).toBe(3);
    await relay.eventually('it has been looked at', async () => ((await clock.rechecks(keyOf(device))).length === 0 ? true : null));
    await clock.upkeepNow();
    const other = relay.company.person('alan.turing@example.com').devices.iphone;
    await relay.send(other.event({ complianceStatus: 'NonCompliant' }));
    await relay.settled(keyOf(other));
    await clock.stop();
    expect(await relay.state(keyOf(device))).toMatchObject({ generation: 1, discarded: 1, failure: null });
    expect(revocations(device)).toEqual({ okta: 1, entra: 0 });
  });

  test('are never run twice at a time by a thousand replays over two processes', async () => {
    await start({ environment: { SAFEGUARD_MAX_DEVICES: '5000', SAFEGUARD_MAX_PERCENT: '100', AZURE_TENANT_ID: '', AZURE_CLIENT_ID: '' }, headcount: 25 });
    await relay.startWorkers();
    const { devices } = relay.company;
    const keys = devices.map(keyOf);
    const inFlight = new Map<string, number>();
    let overlaps = 0;
    void relay.okta.onRequest(({ operation, path, status: answered }) => {
      if (operation !== 'listDevices') return false;
      for (const { uem } of devices.filter((device) => isLookedUp(device, path))) {
        const running = (inFlight.get(uem.udid) ?? 0) + (answered === null ? 1 : -1);
        inFlight.set(uem.udid, running);
        if (running > 1) overlaps++;
      }
      return false;
    });
    relay.okta.order({ fault: refused, operation: 'listDevices' });
    await Promise.all(devices.map((device) => relay.send(device.event({ complianceStatus: 'NonCompliant' }))));
    await Promise.all(keys.map((key) => relay.settled(key)));

    const standstills = watchStandstills();
    for (let replays = 0; replays < 1_000; ) {
      const answers = await Promise.all([keys, keys.toReversed(), keys].map((chunk) => desk.order('POST', 'failures/replay', { keys: chunk })));
      replays += answers.filter(({ status: answered }) => answered !== 503 || standstills.lostMs() === 0).flatMap(keysIn).length;
    }
    standstills.stop();
    await Promise.all(keys.map((key) => relay.settled(key)));
    const runs = (await Promise.all(keys.map((key) => relay.runs(key)))).map((kept) => kept.toSorted((a, b) => a.startedAt - b.startedAt));
    expect(runs.flat().length).toBeGreaterThan(keys.length * 5);
    expect(runs.flatMap((kept) => kept.filter((run, i) => run.startedAt < (kept[i - 1]?.endedAt ?? 0)))).toEqual([]);
    expect({ overlaps, devices: inFlight.size }).toEqual({ overlaps: 0, devices: keys.length });

    relay.okta.clearFaults();
    await desk.order('POST', 'failures/replay', { keys });
    await Promise.all(keys.map((key) => relay.settled(key)));
    expect(devices.filter((device) => status(device) !== 'SUSPENDED')).toEqual([]);
  }, 240_000);

  test('can be asked for by every cause', async () => {
    await start({ workers: false });
    for (const cause of failureCauses) expect(await desk.get(`failures?cause=${cause}`)).toEqual({ status: 200, body: { failures: [], cut: false } });
    expect(await desk.get('failures?cause=bad_luck')).toMatchObject({ status: 400, body: { detail: expect.stringMatching(/^cause: must be one of device_deactivated/) } });
    expect(await desk.get('failures?sinse=1')).toMatchObject({ status: 400, body: { detail: expect.stringContaining('sinse') } });
  });
});
