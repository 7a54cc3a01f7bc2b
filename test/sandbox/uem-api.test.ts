import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { iphone, iphones } from '../uem/tenant.js';
import { send } from './caller.js';
import { startUemApi, type UemApiDouble } from './uem-api/server.js';
import { deviceUuid } from './uem-device.js';

let uem: UemApiDouble;
beforeEach(async () => {
  uem = await startUemApi();
});
afterEach(() => uem.close());

const issued = z.object({ access_token: z.string() });

async function exchange(fields: Record<string, string> = {}) {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: uem.clientId, client_secret: uem.clientSecret, ...fields });
  return await send(uem.tokenUrl, { method: 'POST', body });
}

async function get(path: string) {
  const { access_token } = issued.parse((await exchange()).body);
  return await send(`${uem.url}/api/mdm/${path}`, { headers: { authorization: `Bearer ${access_token}` } });
}

const pageOf = (body: unknown) => z.object({ Devices: z.array(z.object({ Id: z.object({ Value: z.number() }) })), Page: z.number(), PageSize: z.number(), Total: z.number() }).parse(body);

describe('UEM\'s token endpoint', () => {
  test('issues a token for the client\'s secret and refuses everything else', async () => {
    expect((await exchange()).body).toEqual({ access_token: expect.any(String), expires_in: 3_600, token_type: 'Bearer' });
    expect(await exchange({ client_secret: 'wrong' })).toMatchObject({ status: 400, body: { error: 'invalid_client' } });
    expect(await exchange({ grant_type: 'password' })).toMatchObject({ status: 400, body: { error: 'unsupported_grant_type' } });
  });
});

describe('UEM\'s API', () => {
  test('lists 100,000 devices page by page, in any order of ids, and ends with 204 and no body', async () => {
    for (const device of iphones(100_000).toReversed()) uem.inventory.add(device);
    const { Devices, ...page } = pageOf((await get('devices/search?page=199')).body);
    expect(page).toEqual({ Page: 199, PageSize: 500, Total: 100_000 });
    expect([Devices.length, Devices[0]?.Id.Value, Devices.at(-1)?.Id.Value]).toEqual([500, 99_501, 100_000]);
    expect(await get('devices/search?page=200')).toMatchObject({ status: 204, body: null });
  });

  test('lists backwards, in pages of the wanted size up to 500', async () => {
    for (const device of iphones(700)) uem.inventory.add(device);
    expect(pageOf((await get('devices/search?pagesize=30000')).body).Devices).toHaveLength(500);
    const newest = pageOf((await get('devices/search?pagesize=2&sortorder=DESC')).body);
    expect(newest.Devices.map(({ Id }) => Id.Value)).toEqual([700, 699]);
    expect(pageOf((await get('devices/search?page=1&sortorder=DESC')).body).Devices).toHaveLength(200);
  });

  test.each(['page=-1', 'pagesize=0', 'size=5', 'orderby=lastseen'])('refuses the search %s', async (query) => {
    expect((await get(`devices/search?${query}`)).status).toBe(400);
  });

  test('shows a device by its id with dates without a zone, and by its UUID in another form', async () => {
    uem.inventory.add(iphone({ deviceId: 8123, complianceStatus: 'NonCompliant', lastComplianceCheckOn: new Date('2026-03-04T07:27:40.487Z'), lastEnrolledOn: null }));
    expect((await get('devices/8123')).body).toMatchObject({
      ComplianceStatus: 'NonCompliant', CompromisedStatus: false, LastComplianceCheckOn: '2026-03-04T07:27:40.487', LastEnrolledOn: '0001-01-01T00:00:00.000', Id: { Value: 8123 },
    });
    expect((await get(`devices/${deviceUuid(8123)}`)).body).toMatchObject({ EnrollmentInfo: { Compliant: false, EnrollmentStatus: 'ENROLLED' } });
    expect(await get('devices/8124')).toMatchObject({ status: 404, body: { errorCode: 404 } });
  });

  test('forgets a device that is removed, and shows what was changed', async () => {
    for (const device of iphones(2)) uem.inventory.add(device);
    uem.inventory.remove(1);
    uem.inventory.change(2, { complianceStatus: 'NonCompliant', compromised: true });
    expect((await get('devices/1')).status).toBe(404);
    expect((await get('devices/search')).body).toMatchObject({ Total: 1, Devices: [{ ComplianceStatus: 'NonCompliant', CompromisedStatus: true }] });
  });

  test('lets in an administrator with the tenant code only, and nobody once all are refused', async () => {
    uem.inventory.add(iphone({ deviceId: 1 }));
    const authorization = `Basic ${Buffer.from(`${uem.username}:${uem.password}`).toString('base64')}`;
    const ask = async (headers: Record<string, string>) => (await send(`${uem.url}/API/mdm/devices/1`, { headers })).status;
    expect(await ask({ authorization, 'aw-tenant-code': uem.tenantCode })).toBe(200);
    expect(await ask({ authorization })).toBe(401);
    expect(await ask({ authorization: 'Bearer unknown' })).toBe(401);
    uem.rejectCredentials(true);
    expect(await ask({ authorization, 'aw-tenant-code': uem.tenantCode })).toBe(401);
  });

  test('counts the calls of the day', async () => {
    const small = await startUemApi({ dailyCalls: 1 });
    const first = await send(`${small.url}/api/mdm/devices/1`);
    const second = await send(`${small.url}/api/mdm/devices/1`);
    expect([first.status, second.status]).toEqual([401, 429]);
    expect(first.headers.get('x-ratelimit-remaining')).toBe('0');
    expect(Number(second.headers.get('x-ratelimit-reset'))).toBeGreaterThan(Date.now() / 1_000 + 86_000);
    await small.close();
  });

  test('knows nothing that would change a device', async () => {
    await send(`${uem.url}/api/mdm/devices/bulk`, { method: 'POST' });
    expect(uem.violations()).toEqual(['POST /api/mdm/devices/bulk: no such operation']);
  });
});
