import type { DoubleAnswer, DoubleRequest } from '../http-message.js';
import { deviceUuid } from '../uem-device.js';
import { uemError } from './access.js';
import { flatBody, nestedBody } from './device-body.js';
import type { Inventory, InventoryDevice } from './inventory.js';

const mostPerPage = 500;
const known = new Set(['page', 'pagesize', 'orderby', 'sortorder']);

/** `GET devices/search` over the whole inventory: what lies behind its end is 204 without a body. */
export function searchDevices({ query }: DoubleRequest, inventory: Inventory): DoubleAnswer {
  const page = Number(query.get('page') ?? 0);
  const asked = Number(query.get('pagesize') ?? mostPerPage);
  const unknown = [...query.keys()].filter((name) => !known.has(name));
  if (unknown.length > 0 || !Number.isInteger(page) || page < 0 || !Number.isInteger(asked) || asked < 1) return uemError(400, 400, `Invalid: ${query}`);
  if ((query.get('orderby') ?? 'deviceid') !== 'deviceid') return uemError(400, 400, 'The double orders by deviceid only.');
  const size = Math.min(asked, mostPerPage);
  const total = inventory.size();
  const descending = query.get('sortorder') === 'DESC';
  const first = descending ? total - (page + 1) * size : page * size;
  const found = inventory.slice(Math.max(0, first), Math.max(0, first + size));
  if (found.length === 0) return { status: 204 };
  const ordered = descending ? found.toReversed() : found;
  return { status: 200, body: { Devices: ordered.map(flatBody), Page: page, PageSize: size, Total: total } };
}

/** `GET devices/{id}`: by numeric id, or by UUID in another shape. */
export function getDevice(id: string, inventory: Inventory): DoubleAnswer {
  const numeric = /^\d+$/.test(id);
  const device = inventory.find(numeric ? Number(id) : idOf(id));
  if (device === undefined || (!numeric && deviceUuid(device.deviceId) !== id)) return uemError(404, 404, `Device not found: ${id}`);
  return { status: 200, body: bodyOf(device, numeric) };
}

function bodyOf(device: InventoryDevice, numeric: boolean): Record<string, unknown> {
  return numeric ? flatBody(device) : nestedBody(device);
}

function idOf(uuid: string): number {
  return Number(uuid.slice(uuid.lastIndexOf('-') + 1));
}
