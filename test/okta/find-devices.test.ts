import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createOktaClient, type OktaClient } from '../../src/okta/client.js';
import { oktaContract } from '../sandbox/contract.js';
import { startHttpDouble } from '../sandbox/http-double.js';
import { startOkta, type OktaDouble } from '../sandbox/okta/server.js';
import { serviceApp } from '../upstreams/okta-subject.js';

let okta: OktaDouble;
let client: OktaClient;

beforeEach(async () => {
  okta = await startOkta({ credentials: serviceApp.registered, requireDpop: true, contract: oktaContract() });
  client = createOktaClient({ orgUrl: `${okta.url}/`, credentials: serviceApp.credentials, timeoutMs: 2_000 });
});
afterEach(() => okta.close());

const shown = (id: string, profile: Record<string, string>) => ({ id, status: 'ACTIVE', profile });

describe('findDevices', () => {
  test('finds every spelling in one call, with the users', async () => {
    const ada = okta.addUser({ login: 'ada@example.com' });
    const mac = okta.addDevice({ platform: 'MACOS', udid: 'AA-11', serialNumber: 'C02', users: [ada.id] });
    const phone = okta.addDevice({ platform: 'IOS', udid: 'AA11', status: 'SUSPENDED' });
    okta.addDevice({ platform: 'IOS', udid: 'BB22' });
    const { value, requestId } = await client.findDevices({ udid: ['aa-11', 'aa11'], serialNumber: ['c02'] });
    expect(value).toMatchObject([
      {
        id: mac.id,
        status: 'active',
        udid: 'AA-11',
        serialNumber: 'C02',
        tpmHash: null,
        users: [{ id: ada.id, login: 'ada@example.com', email: 'ada@example.com' }],
      },
      { id: phone.id, status: 'suspended', udid: 'AA11', serialNumber: null, tpmHash: null, users: [] },
    ]);
    expect(requestId).toBeTruthy();
    expect(okta.calls('listDevices')).toHaveLength(1);
    expect(okta.violations()).toEqual([]);
  });

  test('takes a value with quotes and backslashes literally', async () => {
    const odd = String.raw`a" or profile.udid sw "\b`;
    const device = okta.addDevice({ platform: 'IOS', udid: odd });
    okta.addDevice({ platform: 'IOS', udid: 'b' });
    const { value } = await client.findDevices({ udid: [odd], serialNumber: [] });
    expect(value.map(({ id }) => id)).toEqual([device.id]);
  });

  test('reads page after page', async () => {
    for (let count = 0; count < 201; count += 1) okta.addDevice({ platform: 'ANDROID', serialNumber: '0123456789' });
    const { value } = await client.findDevices({ udid: [], serialNumber: ['0123456789'] });
    expect(new Set(value.map(({ id }) => id)).size).toBe(201);
    expect(okta.calls('listDevices')).toHaveLength(2);
    expect(okta.violations()).toEqual([]);
  });

  test('never asks another host for the next page', async () => {
    const elsewhere = await startHttpDouble({ operationOf: () => 'any', answer: async () => ({ status: 200, body: [] }) });
    const link = `<${elsewhere.url}/api/v1/devices?after=c1>; rel="next"`;
    okta.order({ fault: { kind: 'status', status: 200, headers: { link }, body: '[]' }, operation: 'listDevices', times: 1 });
    await expect(client.findDevices({ udid: ['U1'], serialNumber: [] })).rejects.toMatchObject({ details: { kind: 'garbage' } });
    expect(elsewhere.requests).toEqual([]);
    expect(okta.calls('listDevices')).toHaveLength(1);
    await elsewhere.close();
  });

  test('gives up a list that does not end', async () => {
    const headers = { link: `<${okta.url}/api/v1/devices?after=c1>; rel="next"` };
    okta.order({ fault: { kind: 'status', status: 200, headers, body: '[]' }, operation: 'listDevices' });
    await expect(client.findDevices({ udid: ['U1'], serialNumber: [] })).rejects.toMatchObject({ details: { kind: 'garbage', code: 'endless_list' } });
    expect(okta.calls('listDevices')).toHaveLength(2);
  });

  test('without identifiers asks nothing, because Okta would list every device', async () => {
    await expect(client.findDevices({ udid: [], serialNumber: [] })).rejects.toMatchObject({ details: { code: 'no_identifier' } });
    expect(okta.requests).toEqual([]);
  });

  test('does not believe an answer with devices that were not asked for', async () => {
    const body = JSON.stringify([shown('guo1', { udid: 'U1' }), shown('guo2', { udid: 'other' })]);
    okta.order({ fault: { kind: 'status', status: 200, body }, operation: 'listDevices' });
    await expect(client.findDevices({ udid: ['U1'], serialNumber: [] })).rejects.toMatchObject({ details: { kind: 'garbage' } });
  });
});

describe('listDevicesPage', () => {
  test('goes through all devices by 200, with their users', async () => {
    const ada = okta.addUser({ login: 'ada@example.com' });
    for (let count = 0; count < 201; count += 1) okta.addDevice({ platform: 'WINDOWS', serialNumber: `S${count}`, users: [ada.id] });
    const first = (await client.listDevicesPage()).value;
    const second = (await client.listDevicesPage(first.next)).value;
    expect([first.records.length, second.records.length, second.next]).toEqual([200, 1, undefined]);
    expect(second.records[0]).toMatchObject({ deviceClass: 'desktop', platform: 'WINDOWS', serialNumber: 'S200', users: [{ id: ada.id }] });
    expect(okta.violations()).toEqual([]);
  });

  test('can ask for the suspended ones', async () => {
    okta.addDevice({ platform: 'IOS' });
    const { id } = okta.addDevice({ platform: 'IOS', status: 'SUSPENDED' });
    const { value } = await client.listDevicesPage(undefined, 'suspended');
    expect(value.records.map((record) => [record.id, record.status])).toEqual([[id, 'suspended']]);
  });

  test('says with which code Okta refuses a cursor that is too old', async () => {
    await expect(client.listDevicesPage('old')).rejects.toMatchObject({ details: { kind: 'rejected', code: 'E0000031' } });
  });
});
