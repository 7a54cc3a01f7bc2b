import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { redisKeys } from '../../src/store/keys.js';
import type { CompanyDevice, Person } from '../sandbox/fixtures/company.js';
import type { Fault } from '../sandbox/http-double.js';
import { compromisedBody, unenrolBody, type UemBody } from '../sandbox/uem.js';
import type { InventoryDevice } from '../sandbox/uem-api/inventory.js';
import { startClock } from './clock.js';
import { keyOf } from './device-key.js';
import { startSweepScenario, type SweepScenario } from './sweeps.js';

/** A moment within the last minutes, to the millisecond. */
const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1_000);

let relay: SweepScenario;
let person: Person;
let device: CompanyDevice;
let key: string;

beforeEach(() => start());
afterEach(() => relay.stop());

/** The sweep of the start is over: only confirmations ask UEM about a device. What it put into the fleet index is forgotten, so that Okta is searched. */
async function start(environment: Record<string, string> = {}, { indexed }: { indexed?: true } = {}): Promise<void> {
  relay = await startSweepScenario({ environment });
  if (!indexed) await relay.client.del(redisKeys('{relay}').fleet);
  person = relay.company.person('grace.hopper@example.com');
  device = person.devices.iphone;
  key = keyOf(device);
}

/** What UEM's REST API says of the device from now on. */
const uemSays = (changes: Partial<InventoryDevice>) => relay.uem.inventory.change(device.uem.deviceId, changes);
const asked = () => relay.uem.calls('getDevice').length;
const status = () => relay.okta.device(device.okta.id).status;
const changes = () => [...relay.okta.requests, ...relay.entra.requests].filter(({ method, operation }) => method !== 'GET' && operation !== 'token');
const notes = async () => (await relay.runs(key)).flatMap((run) => run.notes);

async function say(body: UemBody): Promise<void> {
  await relay.send(body);
  await relay.settled(key);
}

const noncompliant = (eventTime: Date) => device.event({ complianceStatus: 'NonCompliant', eventTime });

describe('when UEM has found the device compliant since', () => {
  test.each([
    ['a second later', 29],
    ['at the very moment of the event', 30],
  ])('%s, nothing is locked and nobody is signed out', async (_title, checkedSecondsAgo) => {
    const moment = Date.now();
    const ago = (seconds: number) => new Date(moment - seconds * 1_000);
    uemSays({ complianceStatus: 'Compliant', lastComplianceCheckOn: ago(checkedSecondsAgo) });
    await say(noncompliant(ago(30)));

    expect(status()).toBe('ACTIVE');
    expect(changes()).toEqual([]);
    expect(await relay.state(key)).toMatchObject({ compliance: 'compliant', containment: null, because: { why: 'confirmation' } });
    const [freed, overtaken] = await relay.runs(key);
    expect(freed).toMatchObject({ outcome: 'unchanged', posture: 'free', steps: [] });
    expect(overtaken).toMatchObject({ outcome: 'superseded', posture: 'contain', notes: [`UEM found the device compliant at ${ago(checkedSecondsAgo).toISOString()}: nothing is locked`] });
    expect(overtaken?.steps).toContainEqual(expect.objectContaining({ upstream: 'uem', operation: 'getDevice', target: String(device.uem.deviceId), result: 'answered', status: 200 }));
  });

  test('that is a fact like any other: an older event changes nothing, a newer one locks, after UEM was asked again', async () => {
    uemSays({ complianceStatus: 'Compliant', lastComplianceCheckOn: secondsAgo(60) });
    await say(noncompliant(secondsAgo(90)));
    const { body } = await relay.send(noncompliant(secondsAgo(70)));
    expect(body).toMatchObject({ result: 'duplicate' });
    expect(await relay.state(key)).toMatchObject({ compliance: 'compliant' });
    await say(noncompliant(secondsAgo(30)));
    expect(status()).toBe('SUSPENDED');
    expect(asked()).toBe(2);
    expect(await notes()).toContainEqual('not confirmed: UEM says that the device complies, but has not checked it since');
  });

  test('a newer repetition of the event stands against it', async () => {
    relay.uem.order({ operation: 'getDevice', fault: { kind: 'delay', ms: 300 }, times: 1 });
    uemSays({ complianceStatus: 'Compliant', lastComplianceCheckOn: secondsAgo(60) });
    await relay.send(noncompliant(secondsAgo(90)));
    await relay.uem.onRequest(({ operation }) => operation === 'getDevice');
    await relay.send(noncompliant(secondsAgo(30)));
    await relay.settled(key);
    expect(status()).toBe('SUSPENDED');
  });

  test('it is no part of a mass lock-out: as many others as are allowed are locked', async () => {
    await relay.stop();
    await start({ SAFEGUARD_MAX_DEVICES: '1' });
    uemSays({ complianceStatus: 'Compliant', lastComplianceCheckOn: secondsAgo(10) });
    await say(noncompliant(secondsAgo(30)));
    expect(status()).toBe('ACTIVE');
    const { mac, windows } = person.devices;
    for (const other of [mac, windows]) {
      relay.uem.inventory.change(other.uem.deviceId, { complianceStatus: 'NonCompliant', lastComplianceCheckOn: new Date() });
      await relay.send(other.event({ complianceStatus: 'NonCompliant' }));
      await relay.settled(keyOf(other));
    }
    expect([mac, windows].map(({ okta }) => relay.okta.device(okta.id).status)).toEqual(['SUSPENDED', 'ACTIVE']);
    expect((await relay.state(keyOf(windows))).held?.word).toBe('held_mass');
  });

  test('in shadow mode nothing would have been locked either', async () => {
    await relay.stop();
    await start({ MODE: 'shadow' });
    uemSays({ complianceStatus: 'Compliant', lastComplianceCheckOn: secondsAgo(10) });
    await say(noncompliant(secondsAgo(30)));
    expect((await relay.runs(key)).map(({ outcome }) => outcome)).toEqual(['unchanged', 'superseded']);
    expect((await relay.runs(key)).flatMap(({ steps }) => steps.map(({ operation }) => operation)).toSorted()).toEqual(['getDevice', 'listDevices']);
  });
});

describe('UEM is asked', () => {
  test('while Okta is, and before anything is suspended', async () => {
    uemSays({ complianceStatus: 'NonCompliant', lastComplianceCheckOn: secondsAgo(20) });
    relay.uem.order({ operation: 'getDevice', fault: { kind: 'delay', ms: 500 } });
    const searchesBefore = relay.okta.calls('listDevices').length;
    await say(noncompliant(secondsAgo(30)));
    expect(status()).toBe('SUSPENDED');
    const [question] = relay.uem.calls('getDevice');
    const [search] = relay.okta.calls('listDevices').slice(searchesBefore);
    const [suspension] = relay.okta.calls('suspendDevice');
    const answeredAt = (question?.at ?? 0) + 500;
    expect(search?.at).toBeLessThan(answeredAt);
    expect(suspension?.at).toBeGreaterThanOrEqual(answeredAt - 1);
    expect(changes().every(({ at }) => at >= answeredAt - 1)).toBe(true);
    expect(await notes()).toEqual([]);
  });

  test('also before a suspension for which the fleet index spares the search of Okta', async () => {
    await relay.stop();
    await start({}, { indexed: true });
    const searchesBefore = relay.okta.calls('listDevices').length;
    uemSays({ complianceStatus: 'Compliant', lastComplianceCheckOn: secondsAgo(60) });
    await say(noncompliant(secondsAgo(90)));
    expect([status(), asked(), changes()]).toEqual(['ACTIVE', 1, []]);
    await say(noncompliant(secondsAgo(30)));
    expect([status(), asked()]).toEqual(['SUSPENDED', 2]);
    const [, question] = relay.uem.calls('getDevice');
    expect(relay.okta.calls('suspendDevice')[0]?.at).toBeGreaterThanOrEqual(question?.at ?? Infinity);
    expect(relay.okta.calls('listDevices')).toHaveLength(searchesBefore);
  });

  test('once for a lock-out: not when it is tried again, and not when the device is looked at again', async () => {
    const clock = startClock(relay);
    uemSays({ complianceStatus: 'NonCompliant', lastComplianceCheckOn: secondsAgo(20) });
    relay.okta.order({ operation: 'suspendDevice', times: 1, fault: { kind: 'status', status: 503 } });
    await say(noncompliant(secondsAgo(30)));
    expect((await relay.runs(key)).map(({ outcome }) => outcome)).toEqual(['done', 'retry']);
    expect(asked()).toBe(1);

    uemSays({ complianceStatus: 'Compliant', lastComplianceCheckOn: new Date() });
    const { generation } = await relay.state(key);
    const jobs = await clock.recheckNow(key);
    await relay.until(key, 'is looked at again', (state) => state.generation === generation + jobs && state.enforced === state.generation);
    expect([asked(), status()]).toEqual([1, 'SUSPENDED']);
    await clock.stop();
  });

  test('never about a compromised device or one whose enrolment has ended, nor against on-call\'s word', async () => {
    uemSays({ complianceStatus: 'Compliant', lastComplianceCheckOn: new Date() });
    await say(compromisedBody({ ...device.uem, complianceStatus: 'NonCompliant', eventTime: secondsAgo(30) }));
    expect(status()).toBe('SUSPENDED');

    const { mac, windows } = person.devices;
    await relay.send(unenrolBody({ ...mac.uem }));
    await relay.settled(keyOf(mac));
    expect(relay.okta.device(mac.okta.id).status).toBe('SUSPENDED');

    await relay.send(windows.event({ complianceStatus: 'Compliant' }));
    await relay.settled(keyOf(windows));
    await relay.desk.order('POST', `devices/${keyOf(windows)}/lock`, { forMinutes: 60 });
    await relay.settled(keyOf(windows));
    expect(relay.okta.device(windows.okta.id).status).toBe('SUSPENDED');
    expect(asked()).toBe(0);
  });
});

/** A full answer with this body. */
const answering = (body: string): Fault => ({ kind: 'status', status: 200, headers: { 'content-type': 'application/json' }, body });

describe('the event counts, and the run says why it was not confirmed,', () => {
  test.each([
    ['is down', { kind: 'status', status: 503 }, 'uem getDevice: transient, HTTP 503'],
    ['does not answer within two seconds', { kind: 'hang' }, 'uem getDevice: transient, timeout'],
    ['no longer has the device', { kind: 'status', status: 404, body: '{"errorCode":404}' }, 'uem getDevice: not_found, HTTP 404, error_404'],
    ['answers half an answer', answering('{"Id":{"Value"'), 'uem getDevice: garbage, HTTP 200'],
    ['is not what answers', { kind: 'garbage' }, 'uem getDevice: garbage, HTTP 200'],
    ['has used up its calls', { kind: 'status', status: 429 }, 'uem getDevice: throttled, HTTP 429'],
    ['refuses us', { kind: 'status', status: 403 }, 'uem getDevice: permission, HTTP 403'],
  ] as const)('when UEM %s', async (_title, fault, why) => {
    relay.uem.order({ operation: 'getDevice', fault });
    await say(noncompliant(secondsAgo(30)));
    expect(status()).toBe('SUSPENDED');
    expect(await notes()).toEqual([`not confirmed: ${why}`]);
    expect((await relay.runs(key))[0]).toMatchObject({ outcome: 'done', attempt: 1 });
  });

  test('when UEM refuses our credentials, which is told once; later lock-outs do not ask until it accepts them again', async () => {
    relay.uem.rejectCredentials(true);
    await say(noncompliant(secondsAgo(30)));
    const other = person.devices.mac;
    await relay.send(other.event({ complianceStatus: 'NonCompliant' }));
    await relay.settled(keyOf(other));
    expect([status(), relay.okta.device(other.okta.id).status]).toEqual(['SUSPENDED', 'SUSPENDED']);
    expect(relay.uem.calls('token').filter((exchange) => exchange.status === 400)).toHaveLength(1);
    expect(relay.logLines.filter((line) => line.includes('"alert":"upstream_blocked"'))).toHaveLength(1);
    expect((await relay.runs(keyOf(other)))[0]?.notes).toEqual(['not confirmed: uem is blocked: uem token: credentials, HTTP 400, invalid_client']);
  });

  test('when UEM has not told its id of the device', async () => {
    const { DeviceId: _id, ...body } = noncompliant(secondsAgo(30));
    await say(body);
    expect([status(), asked()]).toEqual(['SUSPENDED', 0]);
    expect(await notes()).toEqual(['not confirmed: UEM\'s id of the device is not known']);
  });

  test('when UEM has another device under that id', async () => {
    uemSays({ complianceStatus: 'Compliant', lastComplianceCheckOn: new Date(), udid: person.devices.android.uem.udid });
    await say(noncompliant(secondsAgo(30)));
    expect(status()).toBe('SUSPENDED');
    expect(await notes()).toEqual(['not confirmed: UEM has other identifiers under the device\'s id']);
  });

  test.each(['PendingComplianceCheck', 'NotAvailable', 'Unknown'])('unless UEM says that it complies: %s is no veto', async (complianceStatus) => {
    uemSays({ complianceStatus, lastComplianceCheckOn: new Date() });
    await say(noncompliant(secondsAgo(30)));
    expect(status()).toBe('SUSPENDED');
  });
});
