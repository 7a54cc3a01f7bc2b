import type { DoubleAnswer } from '../http-message.js';
import { invalidSearch, notFound } from './answers.js';
import { deviceUsers, deviceView } from './device-view.js';
import { identifiers } from './device-register.js';
import type { DeviceStatus, OktaDevice, Org } from './org.js';
import { listOf, page } from './pagination.js';
import { pathParam, type Call, type Route } from './route.js';
import { parseSearch, SearchSyntaxError } from './search.js';

/** Reads of devices: the search shows what the index knows, and neither read is read-your-writes. */
export function deviceReads(org: Org): Route[] {
  return [
    {
      name: 'listDevices',
      method: 'GET',
      path: '/api/v1/devices',
      bucket: 'devices',
      scope: 'okta.devices.read',
      answer: (call) => listDevices(call, org),
    },
    {
      name: 'getDevice',
      method: 'GET',
      path: '/api/v1/devices/{deviceId}',
      bucket: 'devices',
      scope: 'okta.devices.read',
      answer: (call) => {
        const id = pathParam(call, 'deviceId');
        const device = org.devices.get(id);
        return device ? { status: 200, body: deviceView(device, readStatus(device, org), call.request.origin) } : notFound(id, 'Device');
      },
    },
    {
      name: 'listDeviceUsers',
      method: 'GET',
      path: '/api/v1/devices/{deviceId}/users',
      bucket: 'deviceUsers',
      scope: 'okta.devices.read',
      answer: (call) => {
        const id = pathParam(call, 'deviceId');
        const device = org.devices.get(id);
        if (!device) return notFound(id, 'GenericUDObject');
        return { status: 200, body: deviceUsers(device, { org, origin: call.request.origin }, 'full') };
      },
    },
  ];
}

function listDevices({ request }: Call, org: Org): DoubleAnswer {
  const search = request.query.get('search');
  try {
    const after = search === null ? org.devices.after.bind(org.devices) : listOf(searchDevices(search, org));
    return page(request, { after, maximum: 200 }, (device) => listed(device, request.query.get('expand'), { org, origin: request.origin }));
  } catch (error) {
    if (error instanceof SearchSyntaxError) return invalidSearch(error.message);
    throw error;
  }
}

/** Where the search names identifiers, only their devices are looked at, and one more that tells an unknown attribute. */
function searchDevices(search: string, org: Org): OktaDevice[] {
  const { matches, anyOf } = parseSearch<OktaDevice>(search, (device, name) => attribute(device, name, org));
  const wanted = anyOf(identifiers);
  if (wanted === null) return org.devices.all().filter(matches);
  org.devices.after(null, 1)?.forEach(matches);
  return org.devices.withAny(wanted).filter(matches);
}

function listed(device: OktaDevice, expand: string | null, resource: { org: Org; origin: string }) {
  const view = deviceView(device, shownStatus(device, resource.org), resource.origin);
  if (expand === null) return view;
  return { ...view, _embedded: { users: deviceUsers(device, resource, expand === 'user' ? 'full' : 'summary') } };
}

const profileAttributes = new Set(
  (
    'diskEncryptionType displayName imei integrityJailbreak managed manufacturer meid model osVersion platform ' +
    'registered secureHardwarePresent serialNumber sid tpmPublicKeyHash udid'
  ).split(' '),
);

function attribute(device: OktaDevice, name: string, org: Org): string | null | undefined {
  if (name === 'id') return device.id;
  if (name === 'lastUpdated') return device.lastUpdated;
  if (name === 'status') return shownStatus(device, org);
  const key = name.startsWith('profile.') ? name.slice('profile.'.length) : '';
  if (!profileAttributes.has(key)) return undefined;
  const value = new Map(Object.entries(device.profile)).get(key);
  return value === undefined ? null : String(value);
}

function shownStatus(device: OktaDevice, org: Org): DeviceStatus {
  return org.stale.get(device.id)?.status ?? device.status;
}

/** A read by id uses up one stale read. */
function readStatus(device: OktaDevice, org: Org): DeviceStatus {
  const stale = org.stale.get(device.id);
  if (!stale) return device.status;
  stale.readsLeft -= 1;
  if (stale.readsLeft === 0) org.stale.delete(device.id);
  return stale.status;
}
