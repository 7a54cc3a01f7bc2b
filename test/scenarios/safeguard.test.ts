import { afterEach, describe, expect, test } from '@jest/globals';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import { startDesk, type OnCall } from './desk.js';
import { keyOf } from './device-key.js';
import { startScenario, type Scenario, type ScenarioOptions } from './relay.js';

describe('the safeguard against mass lock-outs', () => {
  let relay: Scenario;
  let desk: OnCall;

  async function start(environment: Record<string, string>, options: ScenarioOptions = {}) {
    relay = await startScenario({ environment, ...options });
    desk = await startDesk(relay);
  }

  afterEach(async () => {
    await desk.stop();
    await relay.stop();
  });

  const suspended = (devices: CompanyDevice[]) => devices.filter(({ okta }) => relay.okta.device(okta.id).status === 'SUSPENDED');
  const stateOf = (device: CompanyDevice) => relay.state(keyOf(device));
  const settled = (devices: CompanyDevice[]) => Promise.all(devices.map((device) => relay.settled(keyOf(device))));
  const alerts = () => relay.logLines.filter((line) => line.includes('"alert":"safeguard_tripped"'));

  /** The devices that were counted so far are older than the window. */
  async function letWindowPass() {
    for (const key of await relay.client.zrange('{relay}:safeguard:ordinary', 0, '-1')) await relay.client.zadd('{relay}:safeguard:ordinary', 0, key);
  }

  async function say(devices: CompanyDevice[], event: Parameters<CompanyDevice['event']>[0]) {
    await Promise.all(devices.map((device) => relay.send(device.event(event))));
    await settled(devices);
  }

  test('lets exactly as many through as it is set to, over two processes, and holds the rest whole', async () => {
    await start({ SAFEGUARD_MAX_DEVICES: '5' }, { workers: false });
    const { devices } = relay.company;
    await Promise.all(devices.map((device) => relay.send(device.event({ complianceStatus: 'NonCompliant' }))));
    await Promise.all([relay.startWorkers(), relay.startWorkers()]);
    await settled(devices);

    const locked = suspended(devices);
    expect(locked).toHaveLength(5);
    const rest = devices.filter((device) => !locked.includes(device));
    expect((await desk.held()).toSorted()).toEqual(rest.map(keyOf).toSorted());
    const words = await Promise.all(rest.map(async (device) => (await stateOf(device)).held?.word));
    expect(new Set(words)).toEqual(new Set(['held_mass']));
    expect(relay.okta.calls('suspendDevice')).toHaveLength(5);
    const signedOut = new Set(locked.map(({ uem }) => uem.email));
    for (const { okta, entra, login } of relay.company.people) {
      expect([login, relay.okta.sessions(okta.id), relay.entra.signInSessions(entra.id).length > 0]).toEqual([login, signedOut.has(login) ? 0 : 1, signedOut.has(login)]);
    }
    expect(alerts()).toHaveLength(1);
    expect((await desk.get('status')).body).toMatchObject({ safeguard: { ordinary: { devices: 6, limit: 5 }, compromised: null } });
  });

  test('counts a share only of a known fleet of at least a hundred devices', async () => {
    await start({ SAFEGUARD_MAX_DEVICES: '50', SAFEGUARD_MAX_PERCENT: '3' }, { headcount: 26 });
    const [first, ...others] = relay.company.devices;
    if (first === undefined) throw new Error('nobody has a device');
    const small = others.splice(0, 9);
    await say([first, ...small], { complianceStatus: 'NonCompliant' });
    expect(await desk.held()).toEqual([]);

    await say(others, { complianceStatus: 'Compliant' });
    await desk.order('POST', 'held/reset');
    await say(others.slice(0, 10), { complianceStatus: 'NonCompliant' });
    expect(suspended(others)).toHaveLength(3);
    expect(await desk.held()).toHaveLength(7);
    expect((await desk.get('held')).body).toMatchObject({ safeguard: { ordinary: { limit: 3, fleet: 104 } } });
  });

  test('has another limit for compromised devices, which are locked while the ordinary one is tripped', async () => {
    await start({ SAFEGUARD_MAX_DEVICES: '1', SAFEGUARD_MAX_COMPROMISED: '2' });
    const [a, b, ...compromised] = relay.company.devices.slice(0, 5);
    if (!a || !b) throw new Error('nobody has a device');
    await say([a], { complianceStatus: 'NonCompliant' });
    await say([b], { complianceStatus: 'NonCompliant' });
    expect(await desk.held()).toEqual([keyOf(b)]);

    await say(compromised, { compromisedStatus: 'Compromised' });
    expect(suspended(compromised)).toHaveLength(2);
    expect(await desk.held()).toHaveLength(2);
    expect((await desk.get('status')).body).toMatchObject({ safeguard: { ordinary: { limit: 1 }, compromised: { limit: 2 } } });
  });

  test('counts the devices of its window only', async () => {
    await start({ SAFEGUARD_MAX_DEVICES: '1' });
    const [first, second] = relay.company.devices;
    if (!first || !second) throw new Error('nobody has a device');
    await say([first], { complianceStatus: 'NonCompliant' });
    await letWindowPass();
    await say([second], { complianceStatus: 'NonCompliant' });
    expect(suspended([first, second])).toEqual([first, second]);
  });

  test('is left by a device that turns compliant, and never keeps a locked one from being let in', async () => {
    await start({ SAFEGUARD_MAX_DEVICES: '1' });
    const [locked, held] = relay.company.devices;
    if (!locked || !held) throw new Error('nobody has a device');
    await say([locked], { complianceStatus: 'NonCompliant' });
    await say([held], { complianceStatus: 'NonCompliant' });
    expect(await desk.held()).toEqual([keyOf(held)]);

    await say([locked, held], { complianceStatus: 'Compliant' });
    expect(await desk.held()).toEqual([]);
    expect((await stateOf(held)).held).toBeNull();
    expect(suspended([locked, held])).toEqual([]);
  });

  test('locks exactly those that a human releases, and stays tripped until a human resets it', async () => {
    await start({ SAFEGUARD_MAX_DEVICES: '1' });
    const [first, second, third, fourth] = relay.company.devices;
    if (!first || !second || !third || !fourth) throw new Error('nobody has a device');
    await say([first], { complianceStatus: 'NonCompliant' });
    await say([second, third], { complianceStatus: 'NonCompliant' });

    const answer = await desk.order('POST', 'held/release', { keys: [keyOf(second), keyOf(first), 'udid:nobody'], reason: 'seen in UEM' });
    expect(answer).toEqual({ status: 200, body: { keys: [keyOf(second)] } });
    await relay.settled(keyOf(second));
    expect(suspended([first, second, third])).toEqual([first, second]);
    expect(await desk.held()).toEqual([keyOf(third)]);
    expect((await desk.get('audit')).body).toMatchObject({
      entries: [{ by: 'grace@laptop', what: 'held release', target: keyOf(second), keys: [keyOf(second)], reason: 'seen in UEM' }],
    });

    await letWindowPass();
    await say([fourth], { complianceStatus: 'NonCompliant' });
    expect(await desk.held()).toEqual([keyOf(third), keyOf(fourth)]);
    expect(await desk.order('POST', 'held/reset')).toEqual({ status: 200, body: { reset: ['ordinary'] } });
    expect(await desk.held()).toEqual([keyOf(third), keyOf(fourth)]);
    await say([fourth], { complianceStatus: 'NonCompliant' });
    expect(suspended([fourth])).toEqual([fourth]);
  });

  test('does not hold a device that is locked already when it is planned anew', async () => {
    await start({ SAFEGUARD_MAX_DEVICES: '1' });
    const [locked, second, third] = relay.company.devices.filter(({ uem }) => uem.platform === 'mac');
    if (!locked || !second || !third) throw new Error('nobody has a device');
    relay.entra.order({ fault: { kind: 'status', status: 400, body: '{}' }, operation: 'revokeSignInSessions', times: 1 });
    await say([locked], { complianceStatus: 'NonCompliant' });
    expect(await desk.failed()).toEqual([keyOf(locked)]);
    expect(suspended([locked])).toEqual([locked]);
    await desk.order('POST', 'held/reset');
    await say([second], { complianceStatus: 'NonCompliant' });
    await say([third], { complianceStatus: 'NonCompliant' });

    await desk.order('POST', 'failures/replay', { keys: [keyOf(locked)] });
    await settled([locked]);
    expect(await desk.held()).toEqual([keyOf(third)]);
    expect((await relay.runs(keyOf(locked)))[0]).toMatchObject({ outcome: 'done' });
  });

  test('leaves alone what a human discards until UEM says something new about it', async () => {
    await start({ SAFEGUARD_MAX_DEVICES: '1' });
    const [first, second] = relay.company.devices;
    if (!first || !second) throw new Error('nobody has a device');
    await say([first], { complianceStatus: 'NonCompliant' });
    await say([second], { complianceStatus: 'NonCompliant' });
    await desk.order('POST', 'held/discard', { keys: [keyOf(second)] });
    await desk.order('POST', 'held/reset');
    expect(await desk.held()).toEqual([]);

    expect(await relay.send(second.event({ complianceStatus: 'NonCompliant' }))).toMatchObject({ body: { result: 'duplicate' } });
    await say([first], { complianceStatus: 'Compliant' });
    expect(suspended([second])).toEqual([]);
    await say([second], { complianceStatus: 'Compliant' });
    await say([second], { complianceStatus: 'NonCompliant' });
    expect(suspended([second])).toEqual([second]);
  });
});
