import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { epochMsOf } from '../../src/compliance/version.js';
import { createUemClient, type UemClient, type UemOptions } from '../../src/uem/client.js';
import type { InventoryPage } from '../../src/uem/record.js';
import type { UemApiDouble } from '../sandbox/uem-api/server.js';
import { failure } from '../upstreams/failures.js';
import { iphone, iphones, startClient } from './tenant.js';

let uem: UemApiDouble;
let options: UemOptions;
let client: UemClient;

beforeEach(async () => {
  ({ uem, options, client } = await startClient());
});
afterEach(async () => {
  await uem.close();
  if (uem.violations().length > 0) throw new Error(uem.violations().join('\n'));
});

const json = { 'content-type': 'application/json' };
const answering = (body: unknown, headers: Record<string, string> = json) => ({ kind: 'status' as const, status: 200, headers, body: JSON.stringify(body) });

const smallPage = (from: number) => answering({ Devices: iphones(100).map(({ deviceId }) => ({ Id: { Value: from + deviceId } })), PageSize: 100, Total: 300 });

const basic = (password: () => string): UemOptions => ({
  ...options,
  credentials: { kind: 'basic', username: uem.username, password },
  tenantCode: () => uem.tenantCode,
});

async function inventory(): Promise<InventoryPage[]> {
  const pages: InventoryPage[] = [];
  do pages.push((await client.searchDevices(pages.length)).value);
  while (pages.at(-1)?.last === false);
  return pages;
}

const ids = (pages: InventoryPage[]) => pages.flatMap(({ devices }) => devices.map(({ event }) => Number(event.enrolment)));

describe('the inventory', () => {
  test('comes in pages of 500 in the order of ids, and is over when its total has been seen: no call more', async () => {
    for (const device of iphones(1_200).toReversed()) uem.inventory.add(device);
    const pages = await inventory();
    expect(pages.map(({ devices, last, total, pageSize }) => [devices.length, last, total, pageSize])).toEqual([[500, false, 1_200, 500], [500, false, 1_200, 500], [200, true, 1_200, 500]]);
    expect(ids(pages)).toEqual(Array.from({ length: 1_200 }, (_, index) => index + 1));
    expect(uem.calls('searchDevices').map(({ path }) => path)[1]).toBe('/api/mdm/devices/search?page=1&pagesize=500&orderby=deviceid&sortorder=ASC');
    expect(uem.calls('searchDevices')).toHaveLength(3);
  });

  test('whose total is not to be believed ends with 204 and an empty body', async () => {
    for (const device of iphones(500)) uem.inventory.add(device);
    const [first] = await inventory();
    const devices = uem.inventory.slice(0, 500).map(({ deviceId }) => ({ Id: { Value: deviceId } }));
    for (const Total of [0, 499, undefined, 'many']) {
      uem.order({ operation: 'searchDevices', times: 1, fault: answering({ Devices: devices, Page: 0, PageSize: 500, Total }) });
      const pages = await inventory();
      expect(pages.map(({ total, last }) => ({ total, last }))).toEqual([{ total: null, last: false }, { total: null, last: true }]);
      expect(ids(pages)).toEqual(ids(first ? [first] : []));
    }
  });

  test('is read by the page size that UEM answers, not the one that was asked for', async () => {
    for (const from of [0, 100, 200]) uem.order({ operation: 'searchDevices', times: 1, fault: smallPage(from) });
    expect((await inventory()).map(({ pageSize, last }) => [pageSize, last])).toEqual([[100, false], [100, false], [100, true]]);
  });

  test('that is empty is a failure: that a device is absent is never acted on', async () => {
    expect(await failure(client.searchDevices(0))).toMatchObject({ kind: 'garbage', code: 'empty_inventory', status: 204 });
    uem.order({ operation: 'searchDevices', times: 1, fault: answering({ Devices: [], Page: 0, PageSize: 500, Total: 0 }) });
    expect(await failure(client.searchDevices(0))).toMatchObject({ kind: 'garbage', code: 'empty_inventory', status: 200 });
  });

  test.each([
    ['half a page', '{"Devices":[{"Id":{"Value":1}},{"Id":{"Va'],
    ['an empty body', ''],
    ['a list in another form', '[]'],
    ['a device without an id', '{"Devices":[{"Udid":"U-1"}],"Total":1}'],
    ['an id that lost its digits', '{"Devices":[{"Id":{"Value":9007199254740993}}],"Total":1}'],
  ])('of which UEM answers %s is garbage as a whole', async (_case, body) => {
    uem.order({ operation: 'searchDevices', fault: { kind: 'status', status: 200, headers: json, body } });
    expect(await failure(client.searchDevices(0))).toMatchObject({ kind: 'garbage', status: 200 });
  });
});

describe('a device', () => {
  test('is read by its id, as of half a minute before the answer', async () => {
    const checked = new Date('2026-03-04T07:27:40.487Z');
    uem.inventory.add(iphone({ deviceId: 8123, complianceStatus: 'NonCompliant', lastComplianceCheckOn: checked }));
    const before = Date.now();
    const { value } = await client.getDevice('8123');
    expect(value).toMatchObject({
      event: { enrolment: '8123', deviceClass: 'mobile', udid: '00008120-00008123', says: { compliance: 'noncompliant', compromised: 'healthy', enrolled: true } },
      checkedAt: '17726092604870000',
    });
    const asOf = epochMsOf(value.event.time ?? '');
    expect(asOf).toBeGreaterThanOrEqual(before - 31_000);
    expect(asOf).toBeLessThanOrEqual(Date.now() - 30_000);
  });

  test('that UEM does not have is not found; a page in place of UEM says nothing of the device', async () => {
    expect(await failure(client.getDevice('4711'))).toMatchObject({ kind: 'not_found', code: 'error_404' });
    uem.order({ operation: 'getDevice', times: 1, fault: { kind: 'status', status: 404, body: '<html>' } });
    expect(await failure(client.getDevice('4711'))).toMatchObject({ kind: 'garbage', status: 404 });
  });

  test('of another id than the one asked for is garbage', async () => {
    uem.order({ operation: 'getDevice', fault: answering({ Id: { Value: 2 } }) });
    expect(await failure(client.getDevice('1'))).toMatchObject({ kind: 'garbage', code: 'another_device' });
  });

  test.each(['0', '01', '-1', '1.5', 'search', '99999999999999999'])('with the id %p is not asked for', async (id) => {
    expect(await failure(client.getDevice(id))).toMatchObject({ kind: 'rejected', code: 'invalid_id' });
    expect(uem.requests).toEqual([]);
  });
});

describe('a caller', () => {
  test('with a user name and password sends the tenant code too, and needs no token', async () => {
    uem.inventory.add(iphone({ deviceId: 1 }));
    expect((await createUemClient(basic(() => uem.password)).searchDevices(0)).value.devices).toHaveLength(1);
    expect(uem.calls('token')).toEqual([]);
  });

  test('with a wrong password is refused at once; with one that has been rotated it is read again', async () => {
    uem.inventory.add(iphone({ deviceId: 1 }));
    expect(await failure(createUemClient(basic(() => 'wrong')).searchDevices(0))).toMatchObject({ kind: 'credentials', status: 401 });
    expect(uem.calls('searchDevices')).toHaveLength(1);
    const readings = ['old', uem.password];
    await createUemClient(basic(() => readings.shift() ?? uem.password)).searchDevices(0);
    expect(uem.calls('searchDevices')).toHaveLength(3);
  });

  test.each(['', '/', '/api', '/API/'])('may give the address with %p at its end', async (end) => {
    uem.inventory.add(iphone({ deviceId: 1 }));
    await createUemClient({ ...options, apiUrl: `${uem.url}${end}` }).getDevice('1');
    expect(uem.calls('getDevice').map(({ path }) => path)).toEqual(['/api/mdm/devices/1']);
  });

  test('keeps a token whose lifetime UEM gives as text', async () => {
    uem.inventory.add(iphone({ deviceId: 1 }));
    uem.order({ operation: 'token', times: 1, fault: answering({ access_token: 'unknown', expires_in: '3600' }) });
    await client.getDevice('1'); // the double does not know that token: the client renews it
    await client.getDevice('1');
    expect(uem.calls('token')).toHaveLength(2);
  });

  test.each([['no token', {}], ['an empty one', { access_token: '', expires_in: 3600 }], ['no lifetime', { access_token: 'x' }]])('that is issued %s is told that its credentials are of no use', async (_case, body) => {
    uem.order({ operation: 'token', fault: answering(body) });
    expect(await failure(client.getDevice('1'))).toMatchObject({ kind: 'credentials', operation: 'token', code: 'no_token' });
  });

  test('who has used up the calls of the day waits a quarter of an hour, not a day', async () => {
    const tenant = await startClient({ dailyCalls: 1 });
    tenant.uem.inventory.add(iphone({ deviceId: 1 }));
    await tenant.client.getDevice('1');
    expect(await failure(tenant.client.getDevice('1'))).toMatchObject({ kind: 'throttled', waitMs: 900_000 });
    await tenant.uem.close();
  });
});
