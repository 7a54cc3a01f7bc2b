import { randomUUID } from 'node:crypto';
import type { DoubleAnswer } from '../http-message.js';
import { notFound, oktaError } from './answers.js';
import type { Actor, DeviceStatus, OktaDevice, Org } from './org.js';
import { pathParam, type Call, type Route } from './route.js';

/** Today's documents call lifecycle operations idempotent; those until 2025-10 announced 400 `E0000001`. Neither was recorded for suspend. */
export type WrongState = 'idempotent' | 'E0000001';

type LifecycleOptions = {
  wrongState: WrongState;
  /** How many reads by id still show the old status after a lifecycle 204. */
  staleReads: number;
};

type Transition = { name: string; from: DeviceStatus[]; to: DeviceStatus };

const transitions: Record<'suspend' | 'unsuspend' | 'activate' | 'deactivate', Transition> = {
  suspend: { name: 'suspendDevice', from: ['ACTIVE'], to: 'SUSPENDED' },
  unsuspend: { name: 'unsuspendDevice', from: ['SUSPENDED'], to: 'ACTIVE' },
  activate: { name: 'activateDevice', from: ['CREATED', 'DEACTIVATED'], to: 'ACTIVE' },
  deactivate: { name: 'deactivateDevice', from: ['ACTIVE', 'SUSPENDED'], to: 'DEACTIVATED' },
};

/** The four lifecycle operations. */
export function deviceLifecycle(org: Org, options: LifecycleOptions): Route[] {
  return Object.entries(transitions).map(([verb, transition]) => ({
    name: transition.name,
    method: 'POST',
    path: `/api/v1/devices/{deviceId}/lifecycle/${verb}`,
    bucket: 'devices',
    scope: 'okta.devices.manage',
    answer: (call) => transit(call, transition, { org, options }),
  }));
}

function transit(call: Call, { from, to }: Transition, { org, options }: { org: Org; options: LifecycleOptions }): DoubleAnswer {
  const id = pathParam(call, 'deviceId');
  const device = org.devices.get(id);
  if (!device) return notFound(id, 'Device');
  if (device.status === to && options.wrongState === 'idempotent') {
    // Whether Okta logs a repetition is not documented; that it does is the worse for us.
    logChange(org, device, { eventType: eventTypes[to](from[0] ?? to), actor: call.actor });
    return { status: 204 };
  }
  if (!from.includes(device.status)) {
    return oktaError(400, 'E0000001', ['Api validation failed: device', `Device status ${device.status} does not allow this operation.`]);
  }
  if (options.staleReads > 0) org.stale.set(id, { status: device.status, readsLeft: options.staleReads });
  setStatus(org, device, { status: to, actor: call.actor });
  return { status: 204 };
}

const eventTypes: Record<DeviceStatus, (before: DeviceStatus) => string> = {
  SUSPENDED: () => 'device.lifecycle.suspend',
  ACTIVE: (before) => (before === 'SUSPENDED' ? 'device.lifecycle.unsuspend' : 'device.lifecycle.activate'),
  DEACTIVATED: () => 'device.lifecycle.deactivate',
  CREATED: () => 'device.enrollment.create',
};

/** Changes a device's true status and writes the System Log; deactivating drops its user links. */
export function setStatus(org: Org, device: OktaDevice, { status, actor }: { status: DeviceStatus; actor: Actor }): void {
  const eventType = eventTypes[status](device.status);
  device.status = status;
  if (status === 'DEACTIVATED') device.users = [];
  device.lastUpdated = logChange(org, device, { eventType, actor });
}

function logChange(org: Org, target: OktaDevice, { eventType, actor }: { eventType: string; actor: Actor }): string {
  const published = new Date().toISOString();
  org.log.push({ uuid: randomUUID(), published, eventType, displayMessage: eventType, actor, target });
  return published;
}
