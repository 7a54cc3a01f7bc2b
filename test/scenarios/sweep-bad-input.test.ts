import { afterEach, describe, expect, test } from '@jest/globals';
import type { Report } from '../../src/store/reports.js';
import { flatBody } from '../sandbox/uem-api/device-body.js';
import { keyOf } from './device-key.js';
import { startSweepScenario, type SweepScenario } from './sweeps.js';

/** So many positions from one on. */
const from = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);

describe('a sweep that is given', () => {
  let relay: SweepScenario;

  afterEach(async () => {
    await relay.stop();
  });

  /** A company in which one device is exposed: the sweep would have something to do. */
  async function start(options?: Parameters<typeof startSweepScenario>[0]) {
    relay = await startSweepScenario(options);
    const device = relay.company.person('ada.lovelace@example.com').devices.iphone;
    relay.silently(device, { complianceStatus: 'NonCompliant' });
    return device;
  }

  /** UEM answers a page with these devices of its inventory (by position), as one of pages of ten. */
  function answerPage(page: number, positions: number[], { times = 1, total = relay.uem.inventory.size() }: { times?: number; total?: number | null } = {}) {
    const devices = positions.flatMap((position) => relay.uem.inventory.slice(position, position + 1)).map(flatBody);
    const body = JSON.stringify({ Devices: devices, Page: page, PageSize: 10, ...(total !== null && { Total: total }) });
    relay.uem.order({ operation: 'searchDevices', object: `page=${page}&`, fault: { kind: 'status', status: 200, headers: { date: new Date().toUTCString() }, body }, times });
  }

  function expectNothingDone({ repairs }: Report) {
    expect(repairs).toEqual({});
    expect(relay.okta.requests.filter(({ method, operation }) => method !== 'GET' && operation !== 'token')).toEqual([]);
    expect(relay.uem.calls('getDevice')).toEqual([]);
  }

  test('half a page ends, says so, and has done nothing', async () => {
    await start();
    answerPage(0, from(0, 5));
    answerPage(1, from(10, 10));
    const report = await relay.sweep();
    expect(report.ended).toEqual({ word: 'partial_inventory', detail: 'UEM\'s page 0 is not full, and is not the last.' });
    expectNothingDone(report);
  });

  test('half an inventory ends, says so, and has done nothing', async () => {
    await start();
    answerPage(0, from(0, 10), { times: 2, total: 20 });
    relay.uem.order({ operation: 'searchDevices', object: 'page=1&', fault: { kind: 'status', status: 204 }, times: 2 });
    const report = await relay.sweep();
    expect(report.ended).toEqual({ word: 'partial_inventory', detail: 'UEM says that it has 20 devices, and lists 10.' });
    expect(report.counts).toEqual({ exposed: 1, facts_differ: 1 });
    expectNothingDone(report);
  });

  test('a page twice counts nothing twice, neither differences nor devices that cannot be looked for', async () => {
    await start();
    relay.uem.inventory.add({ platform: 'android', deviceId: 1, udid: '', serialNumber: '', email: 'x@example.com', userName: 'x' });
    answerPage(0, from(0, 10));
    answerPage(1, from(0, 10));
    answerPage(2, from(20, 1));
    expect(await relay.sweep({ dryRun: true })).toMatchObject({ ended: null, devices: { uem: 21, unusable: 1 }, counts: { exposed: 1, facts_differ: 1 } });
  });

  test('a page twice, or a device that changes page while the pages are read, lists once more and misses none', async () => {
    const device = await start();
    answerPage(0, from(0, 10));
    answerPage(1, [9, ...from(11, 9)]);
    const report = await relay.sweep();
    expect(report).toMatchObject({ ended: null, devices: { uem: 20 }, counts: { exposed: 1 }, repairs: { taken_in: 1 }, calls: { uem: 4 } });
    await relay.eventually('the device is locked', async () => (relay.status(device) === 'SUSPENDED' ? true : null));
    answerPage(0, from(0, 10));
    answerPage(1, from(0, 10));
    expect(await relay.sweep({ dryRun: true })).toMatchObject({ ended: null, devices: { uem: 20 } });
  });

  /** UEM answers two pages, between which the first device of its inventory is deleted: another moves to the page that was read already. */
  function shrinkMeanwhile(first: number[]) {
    answerPage(0, first);
    relay.uem.inventory.remove(relay.uem.inventory.slice(0, 1)[0]?.deviceId ?? 0);
    answerPage(1, from(10, relay.uem.inventory.size() - 10));
  }

  test('an inventory that shrinks while its pages are read lists once more and misses none', async () => {
    relay = await startSweepScenario();
    const [moved] = relay.uem.inventory.slice(10, 11);
    relay.uem.inventory.change(moved?.deviceId ?? 0, { complianceStatus: 'NonCompliant' });
    shrinkMeanwhile(from(0, 10));
    const report = await relay.sweep();
    expect(report).toMatchObject({ ended: null, listed: { exposed: [{ deviceId: String(moved?.deviceId) }] }, repairs: { taken_in: 1 }, calls: { uem: 4 } });
  });

  test('an inventory that shrinks whenever it is listed takes nobody for gone', async () => {
    relay = await startSweepScenario();
    const { deviceId } = relay.uem.inventory.slice(10, 11)[0] ?? { deviceId: 0 };
    const [device] = relay.company.devices.filter(({ uem }) => uem.deviceId === deviceId);
    if (device === undefined) throw new Error('nobody has the eleventh device');
    relay.silently(device, { complianceStatus: 'NonCompliant' });
    await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    await relay.settled(keyOf(device));
    shrinkMeanwhile(from(0, 10));
    shrinkMeanwhile([...from(0, 9), 10]);
    const report = await relay.sweep();
    expect(report).toMatchObject({ ended: null, devices: { uem: 19 }, calls: { uem: 4 } });
    expect(report.counts).toEqual({});
    expect(relay.status(device)).toBe('SUSPENDED');
  });

  test.each([null, 15])('pages that never end, and never anything new, ends and says so, if UEM says that it has %p devices', async (total) => {
    await start();
    for (const page of from(0, 14)) answerPage(page, from(0, 10), { total });
    for (const page of from(14, 6)) relay.uem.order({ operation: 'searchDevices', object: `page=${page}&`, fault: { kind: 'garbage' } });
    const report = await relay.sweep();
    expect(report.ended).toMatchObject({ word: 'unreadable_inventory', detail: expect.stringMatching(/^UEM's pages repeat: 10 devices on \d+ pages\.$/) });
    expectNothingDone(report);
  });

  test('an empty inventory ends, says so, and takes nobody for gone', async () => {
    await start();
    relay.uem.order({ operation: 'searchDevices', fault: { kind: 'status', status: 204 }, times: 1 });
    const report = await relay.sweep();
    expect(report.ended?.word).toBe('empty_inventory');
    expect(report.counts).toEqual({});
    expectNothingDone(report);
  });

  test.each([
    ['HTML', { kind: 'garbage' }],
    ['JSON of another shape', { kind: 'status', status: 200, body: '{"Items":[]}' }],
    ['devices without ids', { kind: 'status', status: 200, body: '{"Devices":[{"Udid":"x"}],"Page":0,"PageSize":500,"Total":1}' }],
    ['a redirect', { kind: 'status', status: 302, headers: { location: 'http://login.example' } }],
  ] as const)('%s by UEM ends, says so, and has done nothing', async (_what, fault) => {
    await start();
    relay.uem.order({ operation: 'searchDevices', fault, times: 1 });
    const report = await relay.sweep();
    expect(report.ended?.word).toBe('unreadable_inventory');
    expectNothingDone(report);
  });

  test('HTML by Okta, or a next link to another host, ends, says so, and never asks that host', async () => {
    await start();
    relay.okta.order({ operation: 'listDevices', fault: { kind: 'garbage' }, times: 1 });
    expect((await relay.sweep()).ended?.word).toBe('unreadable_inventory');
    const headers = { 'content-type': 'application/json', link: '<http://127.0.0.2:1/api/v1/devices?after=x>; rel="next"' };
    relay.okta.order({ operation: 'listDevices', fault: { kind: 'status', status: 200, headers, body: '[]' }, times: 1 });
    const report = await relay.sweep();
    expect(report.ended?.word).toBe('unreadable_inventory');
    expect(report.calls).toEqual({ okta: 1 });
    expectNothingDone(report);
  });

  test('pages by Okta that lead back to an earlier one ends and says so', async () => {
    await start();
    const leads = (object: string | undefined, after: string) => {
      const headers = { 'content-type': 'application/json', link: `<${relay.okta.url}/api/v1/devices?after=${after}>; rel="next"` };
      relay.okta.order({ operation: 'listDevices', ...(object !== undefined && { object }), fault: { kind: 'status', status: 200, headers, body: '[]' } });
    };
    leads('after=one', 'two');
    leads('after=two', 'three');
    leads('after=three', 'one');
    leads(undefined, 'one');
    const report = await relay.sweep();
    expect(report.ended).toEqual({ word: 'unreadable_inventory', detail: 'okta listDevices: a page leads back to an earlier one' });
    expect(report.calls).toEqual({ okta: 4 });
    expectNothingDone(report);
  });

  test('an Okta cursor that expires begins that listing once more; a second time it ends and says so', async () => {
    await start({ headcount: 60 });
    const expired = { kind: 'status', status: 400, body: '{"errorCode":"E0000031","errorSummary":"Invalid search criteria."}' } as const;
    relay.okta.order({ operation: 'listDevices', object: 'after=', fault: expired, times: 1 });
    const report = await relay.sweep({ dryRun: true });
    expect(report).toMatchObject({ ended: null, devices: { okta: 240 }, calls: { okta: 4 } });
    expect(report.coverage.reduce((sum, { records }) => sum + records, 0)).toBe(240);
    relay.okta.order({ operation: 'listDevices', object: 'after=', fault: expired, times: 2 });
    const second = await relay.sweep();
    expect(second.ended?.word).toBe('expired_cursor');
    expectNothingDone(second);
  });

  test('an inventory that has lost more than half of its devices ends and says so, unless a human says that it is right', async () => {
    await start();
    const kept = relay.uem.inventory.slice(0, 9).map(({ deviceId }) => deviceId);
    for (const { deviceId } of relay.uem.inventory.slice(0, 20)) if (!kept.includes(deviceId)) relay.uem.inventory.remove(deviceId);
    const report = await relay.sweep();
    expect(report.ended).toEqual({ word: 'shrunk_inventory', detail: 'UEM lists 9 devices; the last complete sweep saw 20.' });
    expectNothingDone(report);
    expect(await relay.sweep({ acceptShrunk: true, dryRun: true })).toMatchObject({ ended: null, devices: { uem: 9 } });
  });

  test('refused credentials ends and says so; a passing error does not matter', async () => {
    const device = await start();
    relay.uem.rejectCredentials(true);
    relay.uem.expireTokens();
    const report = await relay.sweep();
    expect(report.ended?.word).toBe('upstream_refused');
    expectNothingDone(report);
    relay.uem.rejectCredentials(false);
    await relay.client.del('{relay}:blocks');
    relay.uem.order({ operation: 'searchDevices', fault: { kind: 'status', status: 503 }, times: 1 });
    relay.okta.order({ operation: 'listDevices', fault: { kind: 'reset' }, times: 1 });
    expect(await relay.sweep()).toMatchObject({ ended: null, repairs: { taken_in: 1 } });
    await relay.eventually('the device is locked', async () => (relay.status(device) === 'SUSPENDED' ? true : null));
  });
});
