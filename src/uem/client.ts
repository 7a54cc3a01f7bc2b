import { UpstreamFailure } from '../failure.js';
import type { Answered, HttpAnswer, OnAnswer } from '../http-call.js';
import { createTokenSource } from '../token-source.js';
import { answerTime, failureOf, garbage, readBody } from './answer.js';
import { withAccessToken, withPassword, type SendAuthorized } from './authorization.js';
import { device, devicePage, recordOf } from './device.js';
import type { InventoryPage, UemRecord } from './record.js';
import { exchangeToken } from './token-endpoint.js';

/** `oauth`: a client of UEM's OAuth Client Management. `basic`: an administrator. */
export type UemCredentials =
  | { kind: 'oauth'; tokenUrl: string; clientId: string; clientSecret: () => string }
  | { kind: 'basic'; username: string; password: () => string };

/**
 * `apiUrl` with or without `/api`. `tenantCode` is the REST API key (`aw-tenant-code`), without which an administrator is not let in. `timeoutMs`
 * is the deadline of one request. `onAnswer` sees each answer of the API.
 */
export type UemOptions = {
  apiUrl: string;
  credentials: UemCredentials;
  tenantCode?: (() => string) | undefined;
  timeoutMs: number;
  onAnswer?: OnAnswer | undefined;
};

/** The operations of UEM's REST API that we use. All of them read; they throw `UpstreamFailure`. */
export type UemClient = {
  /**
   * A page of the inventory, from 0, ordered by device id. An empty inventory is a failure, `garbage` `empty_inventory`: that a device is absent
   * is never acted on.
   */
  searchDevices(page: number): Promise<Answered<InventoryPage>>;
  /** One device by its numeric id; `not_found` when UEM no longer has it. */
  getDevice(deviceId: string): Promise<Answered<UemRecord>>;
};

/** UEM's own default, and the most that is documented. */
const askedPageSize = 500;

/** A client of one UEM; it asks for its first token with its first call. */
export function createUemClient(options: UemOptions): UemClient {
  const get = createGet(options);
  return { searchDevices: (page) => searchDevices(get, page), getDevice: (deviceId) => getDevice(get, deviceId) };
}

type Get = (operation: string, path: string) => Promise<HttpAnswer>;

function createGet({ apiUrl, credentials, tenantCode, timeoutMs, onAnswer }: UemOptions): Get {
  const base = `${apiUrl.replace(/\/+$/, '').replace(/\/api$/i, '')}/api/mdm`;
  const send = authorization(credentials, timeoutMs);
  return async (operation, path) => {
    const headers = {
      accept: 'application/json;version=1',
      'user-agent': 'posture-relay',
      ...(tenantCode && { 'aw-tenant-code': tenantCode() }),
    };
    const answer = await send({ upstream: 'uem', operation, method: 'GET', url: `${base}/${path}`, headers });
    onAnswer?.(operation, answer);
    const failure = failureOf(operation, answer);
    if (failure !== null) throw failure;
    return answer;
  };
}

function authorization(credentials: UemCredentials, timeoutMs: number): SendAuthorized {
  if (credentials.kind === 'basic') return withPassword(credentials, timeoutMs);
  return withAccessToken(createTokenSource(() => exchangeToken({ ...credentials, timeoutMs })), timeoutMs);
}

async function searchDevices(get: Get, page: number): Promise<Answered<InventoryPage>> {
  const operation = 'searchDevices';
  const query = new URLSearchParams({ page: String(page), pagesize: String(askedPageSize), orderby: 'deviceid', sortorder: 'ASC' });
  const answer = await get(operation, `devices/search?${query}`);
  const { devices, total, pageSize } = readPage(operation, answer);
  if (devices.length === 0 && page === 0) throw garbage(operation, answer, 'empty_inventory');
  const seen = page * pageSize + devices.length;
  const believed = total !== null && total >= seen ? total : null;
  return { value: { devices, total: believed, pageSize, last: devices.length === 0 || believed === seen }, status: answer.status, requestId: null };
}

/** UEM ends a list with 204 and no body. */
function readPage(operation: string, answer: HttpAnswer): Omit<InventoryPage, 'last'> {
  if (answer.status === 204) return { devices: [], total: null, pageSize: askedPageSize };
  const { Devices, Total, PageSize } = readBody(operation, answer, devicePage);
  const time = answerTime(operation, answer);
  return { devices: Devices.map((item) => recordOf(item, time)), total: Total ?? null, pageSize: PageSize ?? askedPageSize };
}

async function getDevice(get: Get, deviceId: string): Promise<Answered<UemRecord>> {
  const operation = 'getDevice';
  if (!/^[1-9]\d{0,15}$/.test(deviceId)) throw new UpstreamFailure({ upstream: 'uem', operation, kind: 'rejected', code: 'invalid_id' });
  const answer = await get(operation, `devices/${deviceId}`);
  const found = readBody(operation, answer, device);
  if (found.id !== null && found.id !== deviceId) throw garbage(operation, answer, 'another_device');
  return { value: recordOf({ ...found, id: deviceId }, answerTime(operation, answer)), status: answer.status, requestId: null };
}
