import { afterEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { Report } from '../../src/store/reports.js';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import { keyOf } from './device-key.js';
import { startSweepScenario, type SweepScenario } from './sweeps.js';

/** The client of the flow that did this before the relay. */
const oldFlow = '0oaOldFlow1234567890';

describe('an adoption', () => {
  let relay: SweepScenario;

  afterEach(async () => {
    await relay.stop();
  });

  const devices = () => relay.company.person('ada.lovelace@example.com').devices;
  const ledger = async (device: CompanyDevice) => Object.keys(await relay.client.hgetall(`{relay}:ledger:${keyOf(device)}`));
  const changes = () => relay.okta.requests.filter(({ method, operation }) => method !== 'GET' && operation !== 'token').map(({ operation }) => operation);

  async function order(path: string, what: object = {}): Promise<Report> {
    const { body } = await relay.desk.order('POST', path, what);
    return await relay.reportOf(z.object({ id: z.string() }).parse(body).id);
  }

  /** What the old flow has suspended, what an administrator has, and what cannot be found. */
  async function start() {
    relay = await startSweepScenario({ workers: false });
    const { iphone, android, mac } = devices();
    relay.okta.setDeviceStatus(iphone.okta.id, 'SUSPENDED', oldFlow);
    relay.okta.setDeviceStatus(android.okta.id, 'SUSPENDED', oldFlow);
    relay.okta.setDeviceStatus(mac.okta.id, 'SUSPENDED', oldFlow);
    relay.okta.setDeviceStatus(mac.okta.id, 'ACTIVE', oldFlow);
    relay.okta.setDeviceStatus(mac.okta.id, 'SUSPENDED');
    const bare = relay.okta.addDevice({ displayName: 'bare', platform: 'IOS', users: [] });
    relay.okta.setDeviceStatus(bare.id, 'SUSPENDED', oldFlow);
    const ancient = relay.okta.addDevice({ displayName: 'ancient', platform: 'WINDOWS', serialNumber: 'ANCIENT-1', status: 'SUSPENDED', users: [] });
    await relay.startWorkers();
    await relay.eventually('the sweep of the start', async () => ((await relay.client.llen('{relay}:reports')) > 0 ? true : null));
    return { iphone, android, mac, bare, ancient };
  }

  test('takes over what that client was the last to suspend, and says of everything else why not', async () => {
    const { iphone, android, mac, bare, ancient } = await start();
    const report = await order('adopt', { actor: oldFlow });
    expect(report).toMatchObject({ name: 'adopt', ended: null, devices: { okta: 5 }, calls: { okta: 2 } });
    expect(report.repairs).toEqual({ adopted: 2, suspended_by_others: 1, without_identifier: 1, not_in_log: 1 });
    expect(report.listed).toMatchObject({ suspended_by_others: [{ key: keyOf(mac), recordIds: [mac.okta.id] }], without_identifier: [{ recordIds: [bare.id] }], not_in_log: [{ recordIds: [ancient.id] }] });
    expect([await ledger(iphone), await ledger(android), await ledger(mac)]).toEqual([[iphone.okta.id], [android.okta.id], []]);
    expect((await relay.desk.get('audit')).body).toMatchObject({ entries: [{ by: 'grace@laptop', what: 'adopt', target: `what ${oldFlow} has suspended`, reason: 'a test' }] });
    expect(changes()).toEqual([]);
    expect((await order('adopt', { actor: oldFlow })).repairs).toEqual({ already_ours: 2, suspended_by_others: 1, without_identifier: 1, not_in_log: 1 });
  });

  test('lets in at once whom the relay knows to comply, and with the next sweep whom it does not know; nobody else', async () => {
    const { iphone, android, mac } = await start();
    await relay.send(iphone.event({ complianceStatus: 'Compliant' }));
    await relay.settled(keyOf(iphone));
    expect(relay.status(iphone)).toBe('SUSPENDED');
    await order('adopt', { actor: oldFlow });
    await relay.until(keyOf(iphone), 'is let in', ({ enforced, generation }) => enforced === generation && generation > 1);
    expect([iphone, android, mac].map(relay.status)).toEqual(['ACTIVE', 'SUSPENDED', 'SUSPENDED']);
    expect(await relay.sweep()).toMatchObject({ counts: { wrongly_locked: 1 }, repairs: { taken_in: 1 } });
    await relay.settled(keyOf(android));
    expect([iphone, android, mac].map(relay.status)).toEqual(['ACTIVE', 'ACTIVE', 'SUSPENDED']);
  });

  test('does not take for that client\'s what was deactivated and activated since, and suspended by an administrator', async () => {
    relay = await startSweepScenario({ workers: false });
    const { id } = devices().windows.okta;
    relay.okta.setDeviceStatus(id, 'SUSPENDED', oldFlow);
    for (const status of ['DEACTIVATED', 'ACTIVE', 'SUSPENDED'] as const) relay.okta.setDeviceStatus(id, status);
    await relay.startWorkers();
    await relay.eventually('the sweep of the start', async () => ((await relay.client.llen('{relay}:reports')) > 0 ? true : null));
    expect(await order('adopt', { actor: oldFlow })).toMatchObject({ repairs: { suspended_by_others: 1 } });
    expect(await ledger(devices().windows)).toEqual([]);
  });

  test('goes on past a device of which Redis holds something unreadable', async () => {
    const { iphone, android } = await start();
    await relay.client.hset(`{relay}:device:${keyOf(iphone)}`, { v: '2' });
    const report = await order('adopt', { actor: oldFlow });
    expect(report).toMatchObject({ ended: null, repairs: { adopted: 1, unreadable: 1 }, listed: { unreadable: [{ key: keyOf(iphone) }] } });
    expect([await ledger(iphone), await ledger(android)]).toEqual([[], [android.okta.id]]);
  });

  test('keeps locked what does not comply, and signs nobody out once more', async () => {
    const { iphone } = await start();
    await relay.send(iphone.event({ complianceStatus: 'NonCompliant' }));
    await relay.settled(keyOf(iphone));
    const before = changes();
    await order('adopt', { actor: oldFlow });
    expect((await relay.state(keyOf(iphone))).generation).toBe(1);
    expect(changes()).toEqual(before);
    await relay.send(iphone.event({ complianceStatus: 'Compliant' }));
    await relay.until(keyOf(iphone), 'complies', ({ enforced, generation, facts }) => enforced === generation && facts.compliance === 'compliant');
    expect(relay.status(iphone)).toBe('ACTIVE');
  });

  test('that has to begin anew, because its cursor has expired, counts as adopted what it had adopted before', async () => {
    relay = await startSweepScenario({ headcount: 60, workers: false });
    for (const { okta: { id } } of relay.company.devices) relay.okta.setDeviceStatus(id, 'SUSPENDED', oldFlow);
    await relay.startWorkers();
    await relay.eventually('the sweep of the start', async () => ((await relay.client.llen('{relay}:reports')) > 0 ? true : null));
    const expired = { kind: 'status', status: 400, body: '{"errorCode":"E0000031","errorSummary":"Invalid search criteria."}' } as const;
    relay.okta.order({ operation: 'listDevices', object: 'after=', fault: expired, times: 1 });
    expect(await order('adopt', { actor: oldFlow })).toMatchObject({ ended: null, devices: { okta: 240 }, repairs: { adopted: 240 } });
  });

  test('that was ordered as a dry run says the same, with the same calls, and changes nothing', async () => {
    const { iphone } = await start();
    const report = await order('adopt', { actor: oldFlow, dryRun: true });
    expect(report).toMatchObject({ dryRun: true, repairs: { adopted: 2, suspended_by_others: 1 }, calls: { okta: 2 } });
    expect(await ledger(iphone)).toEqual([]);
  });

  test('of what the relay itself had suspended rebuilds the ledger after Redis has lost it, and no administrator\'s suspension comes into it', async () => {
    relay = await startSweepScenario();
    const { windows, mac } = devices();
    await relay.send(windows.event({ complianceStatus: 'NonCompliant' }));
    await relay.settled(keyOf(windows));
    relay.okta.setDeviceStatus(mac.okta.id, 'SUSPENDED');
    await relay.client.del(`{relay}:ledger:${keyOf(windows)}`, `{relay}:device:${keyOf(windows)}`, '{relay}:locked');
    expect(await order('ledger/rebuild')).toMatchObject({ ended: null, repairs: { adopted: 1, suspended_by_others: 1 } });
    expect(await ledger(windows)).toEqual([windows.okta.id]);
    await relay.send(windows.event({ complianceStatus: 'Compliant' }));
    await relay.settled(keyOf(windows));
    expect([relay.status(windows), relay.status(mac)]).toEqual(['ACTIVE', 'SUSPENDED']);
  });

  test('ends and says so where Okta refuses the log, where the answer is HTML or pages lead in a circle, and where the actor is no id', async () => {
    await start();
    const refused = { kind: 'status', status: 403, body: '{"errorCode":"E0000006","errorSummary":"You do not have permission."}' } as const;
    relay.okta.order({ operation: 'listLogEvents', fault: refused, times: 1 });
    expect(await order('adopt', { actor: oldFlow })).toMatchObject({ ended: { word: 'upstream_refused' }, repairs: {} });
    relay.okta.order({ operation: 'listLogEvents', fault: { kind: 'garbage' }, times: 1 });
    // An order like the one before would be that one, as long as its job has not quite ended.
    expect(await order('adopt', { actor: oldFlow, dryRun: true })).toMatchObject({ ended: { word: 'unreadable_inventory' }, repairs: {} });
    for (const [object, after] of [['after=two', 'one'], ['after=one', 'two'], ['since=', 'one']] as const) {
      const headers = { 'content-type': 'application/json', link: `<${relay.okta.url}/api/v1/logs?after=${after}>; rel="next"` };
      relay.okta.order({ operation: 'listLogEvents', object, fault: { kind: 'status', status: 200, headers, body: '[]' }, times: 2 });
    }
    expect(await order('adopt', { actor: oldFlow })).toMatchObject({ ended: { word: 'unreadable_inventory' }, repairs: {}, calls: { okta: 4 } });
    const answer = await relay.desk.order('POST', 'adopt', { actor: 'ada@example.com' });
    expect(answer).toMatchObject({ status: 400, body: { detail: 'actor: must be the id of an app (0oa...) or of a user (00u...).' } });
  });

  test('that is no dry run ends in shadow mode, whose ledger holds what would have been done', async () => {
    relay = await startSweepScenario({ environment: { MODE: 'shadow' } });
    expect((await order('adopt', { actor: oldFlow })).ended?.word).toBe('shadow_mode');
    expect(await order('adopt', { actor: oldFlow, dryRun: true })).toMatchObject({ ended: null, repairs: {} });
  });
});
