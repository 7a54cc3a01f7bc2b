import { z } from 'zod';
import type { DeviceRecord } from '../compliance/record.js';
import { UpstreamFailure } from '../failure.js';
import type { Answered, HttpAnswer } from '../http-call.js';
import { garbage, readBody, requestId } from './answer.js';
import { device, deviceFilter, equals, isSpelled, type Spellings } from './device.js';
import { changeStatus } from './lifecycle.js';
import { allPages, nextCursor } from './paging.js';
import { pathSegment } from './path-segment.js';
import type { Okta } from './transport.js';

const operation = 'listDevices';
/** Okta's maximum, and more than any one device has. */
const pageSize = 200;

/** `listDevices` with a search and `expand=userSummary`, page by page. */
export async function findDevices(okta: Okta, spellings: Spellings): Promise<Answered<DeviceRecord[]>> {
  const search = deviceFilter(spellings);
  // Without a search Okta lists every device of the org.
  if (search === '') throw new UpstreamFailure({ upstream: 'okta', operation, kind: 'rejected', code: 'no_identifier' });
  return await allPages(operation, async (after) => {
    const answer = await requestPage(okta, { search, after });
    const { records, next } = readPage(okta, answer);
    if (!records.every((record) => isSpelled(record, spellings))) throw garbage(answer, operation);
    return { items: records, next, answer };
  });
}

/** `next`: the cursor of the next page; undefined on the last. */
export type DevicesPage = { records: DeviceRecord[]; next: string | undefined };

/** `listDevices`, one page: all devices, or only those that are suspended. */
export async function listDevicesPage(okta: Okta, after?: string, only?: 'suspended'): Promise<Answered<DevicesPage>> {
  const answer = await requestPage(okta, { search: only && equals('status', 'SUSPENDED'), after });
  return { value: readPage(okta, answer), status: answer.status, requestId: requestId(answer) };
}

type PageQuery = { search: string | undefined; after: string | undefined };

async function requestPage({ sdk, transport }: Okta, { search, after }: PageQuery): Promise<HttpAnswer> {
  const given = { ...(search !== undefined && { search }), ...(after !== undefined && { after }) };
  const query = { limit: pageSize, expand: 'userSummary' as const, ...given };
  return await transport.answerOf(operation, async () => (await sdk.deviceApi.listDevices(query)).getNextPage());
}

function readPage({ origin }: Okta, answer: HttpAnswer): DevicesPage {
  return { records: readBody(answer, z.array(device), operation), next: nextCursor(answer, { operation, origin }) };
}

/** `getDevice`. */
export async function getDevice({ sdk, transport }: Okta, id: string): Promise<Answered<DeviceRecord>> {
  const deviceId = pathSegment(id, 'getDevice');
  const answer = await transport.answerOf('getDevice', () => sdk.deviceApi.getDevice({ deviceId }));
  return { value: readBody(answer, device, 'getDevice'), status: answer.status, requestId: requestId(answer) };
}

/** `suspendDevice`, confirmed where Okta does not acknowledge it. */
export async function suspendDevice(okta: Okta, id: string): Promise<Answered<'suspended' | 'deactivated'>> {
  const deviceId = pathSegment(id, 'suspendDevice');
  return await changeStatus({
    operation: 'suspendDevice',
    target: 'suspended',
    send: () => okta.transport.answerOf('suspendDevice', () => okta.sdk.deviceApi.suspendDevice({ deviceId })),
    read: () => getDevice(okta, id),
  });
}

/** `unsuspendDevice`, confirmed where Okta does not acknowledge it. */
export async function unsuspendDevice(okta: Okta, id: string): Promise<Answered<'active' | 'deactivated'>> {
  const deviceId = pathSegment(id, 'unsuspendDevice');
  return await changeStatus({
    operation: 'unsuspendDevice',
    target: 'active',
    send: () => okta.transport.answerOf('unsuspendDevice', () => okta.sdk.deviceApi.unsuspendDevice({ deviceId })),
    read: () => getDevice(okta, id),
  });
}
