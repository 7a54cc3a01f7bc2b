import { afterEach, describe, expect, test } from '@jest/globals';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import { deleteBody } from '../sandbox/uem.js';
import { keyOf } from './device-key.js';
import { startSweepScenario, type SweepScenario } from './sweeps.js';

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

describe('a sweep', () => {
  let relay: SweepScenario;

  afterEach(async () => {
    await relay.stop();
  });

  const devices = () => relay.company.person('ada.lovelace@example.com').devices;
  const changes = () => relay.okta.requests.filter(({ method, operation }) => method !== 'GET' && operation !== 'token').map(({ operation }) => operation);

  /** An event of ten minutes ago that the relay has dealt with; what it did at Okta was an hour ago. */
  async function was(device: CompanyDevice, complianceStatus: string) {
    relay.silently(device, { complianceStatus });
    await relay.send(device.event({ complianceStatus, eventTime: minutesAgo(10) }));
    await relay.settled(keyOf(device));
    await ageLedger(relay, keyOf(device));
  }

  test('finds nothing where UEM and Okta agree, with as many calls as there are pages, and says how many devices can be found', async () => {
    relay = await startSweepScenario();
    const user = relay.company.people[0]?.okta.id ?? '';
    relay.okta.addDevice({ displayName: 'private phone', platform: 'IOS', users: [user] });
    const calls = () => ({ okta: relay.okta.calls('listDevices').length, uem: relay.uem.calls('searchDevices').length });
    const before = calls();
    const report = await relay.sweep();
    expect(report).toMatchObject({ ended: null, counts: { without_identifier: 1 }, repairs: {}, devices: { okta: 21, uem: 20, unusable: 0 }, calls: { okta: 1, uem: 1 }, by: 'grace@laptop' });
    expect(calls()).toEqual({ okta: before.okta + 1, uem: before.uem + 1 });
    const whole = { records: 5, identified: 5, percent: 100 };
    expect(report.coverage).toEqual([
      { platform: 'ANDROID', ...whole },
      { platform: 'IOS', records: 6, identified: 5, percent: 83 },
      { platform: 'MACOS', ...whole },
      { platform: 'WINDOWS', ...whole },
    ]);
    expect(changes()).toEqual([]);
  });

  test('locks out a device whose event was lost, and lets one in', async () => {
    relay = await startSweepScenario();
    const { iphone, mac } = devices();
    await was(mac, 'NonCompliant');
    expect(relay.status(mac)).toBe('SUSPENDED');
    relay.silently(mac, { complianceStatus: 'Compliant' });
    relay.silently(iphone, { complianceStatus: 'NonCompliant' });
    const report = await relay.sweep();
    expect(report.counts).toEqual({ exposed: 1, wrongly_locked: 1, facts_differ: 2 });
    expect(report.repairs).toEqual({ taken_in: 2 });
    expect(report.listed.exposed).toEqual([{ key: keyOf(iphone), deviceId: String(iphone.uem.deviceId), recordIds: [iphone.okta.id] }]);
    const { because } = await relay.settled(keyOf(iphone));
    await relay.settled(keyOf(mac));
    expect([relay.status(iphone), relay.status(mac)]).toEqual(['SUSPENDED', 'ACTIVE']);
    expect(because).toMatchObject({ why: 'sweep' });
    expect((await relay.desk.get(`devices/${keyOf(iphone)}`)).body).toMatchObject({ devices: [{ events: [{ result: 'queued', body: { EventType: 'Sweep' } }] }] });
    expect(relay.okta.sessions(relay.company.person('ada.lovelace@example.com').okta.id)).toBe(0);
  });

  test('that was ordered as a dry run changes nothing, with the same calls', async () => {
    relay = await startSweepScenario();
    const { iphone } = devices();
    relay.silently(iphone, { complianceStatus: 'NonCompliant' });
    const report = await relay.sweep({ dryRun: true });
    expect(report).toMatchObject({ dryRun: true, counts: { exposed: 1, facts_differ: 1 }, repairable: 1, repairs: {}, calls: { okta: 1, uem: 1 } });
    expect(relay.status(iphone)).toBe('ACTIVE');
    expect(await relay.client.exists(`{relay}:device:${keyOf(iphone)}`)).toBe(0);
  });

  test('suspends the record that a re-enrolment of Okta Verify has made, and lets in what we have suspended against the facts', async () => {
    relay = await startSweepScenario();
    const { iphone, windows } = devices();
    await was(iphone, 'NonCompliant');
    const anew = relay.okta.addDevice({ ...iphone.okta.profile, users: [...iphone.okta.users] });
    await was(windows, 'NonCompliant');
    const ledger = await relay.client.hgetall(`{relay}:ledger:${keyOf(windows)}`);
    await was(windows, 'NonCompliant');
    await relay.send(windows.event({ complianceStatus: 'Compliant', eventTime: minutesAgo(9) }));
    await relay.settled(keyOf(windows));
    relay.silently(windows, { complianceStatus: 'Compliant' });
    relay.okta.setDeviceStatus(windows.okta.id, 'SUSPENDED');
    await relay.client.hset(`{relay}:ledger:${keyOf(windows)}`, ledger);
    const report = await relay.sweep();
    expect(report).toMatchObject({ counts: { exposed: 1, wrongly_locked: 1 }, repairs: { planned_again: 2 } });
    await relay.settled(keyOf(iphone));
    await relay.settled(keyOf(windows));
    expect(relay.okta.device(anew.id).status).toBe('SUSPENDED');
    expect(relay.status(windows)).toBe('ACTIVE');
    expect((await relay.state(keyOf(iphone))).because).toMatchObject({ why: 'sweep' });
  });

  test('asks UEM about a device once more, and leaves it alone where the difference is gone', async () => {
    relay = await startSweepScenario();
    const { iphone } = devices();
    relay.silently(iphone, { complianceStatus: 'NonCompliant' });
    relay.uem.order({ operation: 'getDevice', fault: { kind: 'delay', ms: 300 }, times: 1 });
    const readAgain = relay.readsAgain();
    const swept = relay.sweep();
    await readAgain;
    relay.silently(iphone, { complianceStatus: 'Compliant' });
    expect(await swept).toMatchObject({ counts: { exposed: 1, facts_differ: 1 }, repairs: { settled_meanwhile: 1 } });
    expect(relay.status(iphone)).toBe('ACTIVE');
  });

  test('never undoes what a newer webhook did meanwhile', async () => {
    relay = await startSweepScenario();
    const { iphone, mac } = devices();
    await was(mac, 'NonCompliant');
    relay.silently(mac, { complianceStatus: 'Compliant' });
    relay.silently(iphone, { complianceStatus: 'NonCompliant' });
    relay.uem.order({ operation: 'getDevice', fault: { kind: 'delay', ms: 500 } });
    const readAgain = relay.readsAgain();
    const swept = relay.sweep();
    await readAgain;
    // UEM's REST API still says otherwise, as of half a minute ago.
    await relay.send(iphone.event({ complianceStatus: 'Compliant' }));
    await relay.send(mac.event({ complianceStatus: 'NonCompliant', compromisedStatus: 'Compromised' }));
    expect((await swept).repairs).toEqual({ settled_meanwhile: 2 });
    await relay.settled(keyOf(mac));
    expect([relay.status(iphone), relay.status(mac)]).toEqual(['ACTIVE', 'SUSPENDED']);
    expect((await relay.state(keyOf(iphone))).facts.compliance).toBe('compliant');
  });

  test('does not fight who has let a device in: it is looked at once, counts as exposed, and is theirs if they suspend it again', async () => {
    relay = await startSweepScenario();
    const { iphone } = devices();
    await was(iphone, 'NonCompliant');
    const before = changes();
    relay.okta.setDeviceStatus(iphone.okta.id, 'ACTIVE');
    expect(await relay.sweep()).toMatchObject({ counts: { let_in_by_others: 1 }, repairs: { planned_again: 1 } });
    expect(await relay.settled(keyOf(iphone))).toMatchObject({ ledger: {}, containment: { letIn: [iphone.okta.id] } });
    expect((await relay.desk.get(`devices/${keyOf(iphone)}`)).body).toMatchObject({ devices: [{ standing: 'exposed' }] });
    const looks = relay.okta.calls('getDevice').length;
    expect(looks).toBeGreaterThan(0);
    expect(await relay.sweep()).toMatchObject({ counts: { let_in_by_others: 1 }, repairable: 0, repairs: {} });
    expect(relay.okta.calls('getDevice')).toHaveLength(looks);
    expect(relay.status(iphone)).toBe('ACTIVE');
    relay.okta.setDeviceStatus(iphone.okta.id, 'SUSPENDED');
    await relay.send(iphone.event({ complianceStatus: 'Compliant' }));
    expect(await relay.settled(keyOf(iphone))).toMatchObject({ facts: { compliance: 'compliant' } });
    expect(relay.status(iphone)).toBe('SUSPENDED');
    expect(changes()).toEqual(before);
  });

  test('never acts on a device that is gone from UEM, nor on one that has no record in Okta', async () => {
    relay = await startSweepScenario();
    const { iphone, mac } = devices();
    await was(iphone, 'NonCompliant');
    relay.uem.inventory.remove(iphone.uem.deviceId);
    relay.okta.deleteDevice(mac.okta.id);
    const before = changes().length;
    const report = await relay.sweep();
    expect(report).toMatchObject({ counts: { gone_from_uem: 1, without_record: 1 }, repairable: 0, repairs: {} });
    expect(report.listed).toMatchObject({ gone_from_uem: [{ key: keyOf(iphone) }], without_record: [{ key: keyOf(mac), deviceId: String(mac.uem.deviceId) }] });
    expect(changes()).toHaveLength(before);
  });

  test('does not say of a device that Okta has no record of it where it has too many, and locks it out by a look-up', async () => {
    relay = await startSweepScenario();
    const { windows } = devices();
    for (let i = 0; i < 50; i++) relay.okta.addDevice({ ...windows.okta.profile, users: [...windows.okta.users] });
    expect((await relay.sweep({ dryRun: true })).counts).toEqual({});
    await relay.send(windows.event({ complianceStatus: 'NonCompliant' }));
    await relay.settled(keyOf(windows));
    expect(relay.okta.calls('suspendDevice')).toHaveLength(51);
  });

  test('believes of several enrolments of one device the newest that has not ended', async () => {
    relay = await startSweepScenario();
    const { windows, mac } = devices();
    relay.uem.inventory.add({ ...windows.uem, deviceId: 9_001, complianceStatus: 'NonCompliant', lastEnrolledOn: minutesAgo(2_880) });
    relay.uem.inventory.add({ ...windows.uem, deviceId: 9_002, enrollmentStatus: 'Unenrolled', complianceStatus: 'NotAvailable', lastEnrolledOn: minutesAgo(6) });
    relay.uem.inventory.add({ ...mac.uem, deviceId: 9_003, complianceStatus: 'NonCompliant', lastEnrolledOn: minutesAgo(6) });
    const report = await relay.sweep();
    expect(report).toMatchObject({ devices: { uem: 23 }, counts: { exposed: 1 }, listed: { exposed: [{ key: keyOf(mac), deviceId: '9003' }] } });
    await relay.settled(keyOf(mac));
    expect([relay.status(windows), relay.status(mac)]).toEqual(['ACTIVE', 'SUSPENDED']);
  });

  test('does not let in a device whose deletion UEM has announced while it is still listed', async () => {
    relay = await startSweepScenario();
    const { iphone } = devices();
    await was(iphone, 'Compliant');
    await relay.send(deleteBody({ ...iphone.uem, eventTime: minutesAgo(5) }));
    await relay.settled(keyOf(iphone));
    await ageLedger(relay, keyOf(iphone));
    expect(await relay.sweep()).toMatchObject({ counts: {}, repairs: {} });
    expect(relay.status(iphone)).toBe('SUSPENDED');
  });

  test('is held by the safeguard like everything else, and leaves to a human what a human holds or has discarded', async () => {
    relay = await startSweepScenario({ environment: { SAFEGUARD_MAX_DEVICES: '1' } });
    const { iphone, mac, windows } = devices();
    for (const device of [iphone, mac, windows]) relay.silently(device, { complianceStatus: 'NonCompliant' });
    expect((await relay.sweep()).repairs).toEqual({ taken_in: 3 });
    for (const device of [iphone, mac, windows]) await relay.settled(keyOf(device));
    const held = await relay.desk.held();
    expect(held).toHaveLength(2);
    await relay.desk.order('POST', 'held/discard', { keys: held.slice(0, 1) });
    await ageAllLedgers(relay);
    expect(await relay.sweep()).toMatchObject({ counts: { exposed: 2 }, repairs: { left_to_human: 2 } });
    expect(await relay.desk.held()).toEqual(held.slice(1));
    expect(relay.okta.calls('suspendDevice')).toHaveLength(1);
  });

  test('takes up again what was given up', async () => {
    relay = await startSweepScenario();
    const { iphone } = devices();
    const fault = { kind: 'status', status: 400, body: '{}' } as const;
    relay.okta.order({ operation: 'listDevices', object: iphone.uem.udid, fault });
    relay.okta.order({ operation: 'suspendDevice', object: iphone.okta.id, fault });
    await was(iphone, 'NonCompliant');
    expect(await relay.desk.failed()).toEqual([keyOf(iphone)]);
    relay.okta.clearFaults();
    expect(await relay.sweep()).toMatchObject({ counts: { exposed: 1 }, repairs: { planned_again: 1 } });
    await relay.until(keyOf(iphone), 'is enforced', ({ enforced, generation }) => enforced === generation);
    expect(relay.status(iphone)).toBe('SUSPENDED');
  });

  test('in shadow mode compares with what would have been done, and changes nothing', async () => {
    relay = await startSweepScenario({ environment: { MODE: 'shadow' } });
    const { iphone } = devices();
    relay.silently(iphone, { complianceStatus: 'NonCompliant' });
    expect((await relay.sweep()).repairs).toEqual({ taken_in: 1 });
    await relay.until(keyOf(iphone), 'is enforced', ({ enforced, generation }) => enforced === generation);
    const name = `{relay-shadow}:ledger:${keyOf(iphone)}`;
    for (const [id, text] of Object.entries(await relay.client.hgetall(name))) await relay.client.hset(name, id, aged(text));
    expect(await relay.sweep()).toMatchObject({ counts: {}, repairs: {} });
    expect(changes()).toEqual([]);
  });
});

/** A ledger's entry as it would be had it been written an hour ago: a read by now shows the truth. */
function aged(text: string): string {
  return JSON.stringify({ ...JSON.parse(text), at: Date.now() - 3_600_000 });
}

async function ageLedger({ client }: SweepScenario, key: string): Promise<void> {
  const ledger = await client.hgetall(`{relay}:ledger:${key}`);
  for (const [id, text] of Object.entries(ledger)) await client.hset(`{relay}:ledger:${key}`, id, aged(text));
}

async function ageAllLedgers(relay: SweepScenario): Promise<void> {
  for (const device of relay.company.devices) await ageLedger(relay, keyOf(device));
}
