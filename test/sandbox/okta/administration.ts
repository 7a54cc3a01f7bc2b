import { administrator, appActor } from './authorization.js';
import { setStatus } from './lifecycle.js';
import { addDevice, addUser, type DeviceStatus, type NewDevice, type NewUser, type OktaDevice, type OktaUser, type Org, type Revocation } from './org.js';

/** What a test does to the org and sees of it without the API. */
export type Administration = {
  addUser: (user: NewUser) => OktaUser;
  addDevice: (device: NewDevice) => OktaDevice;
  /** The true state, whatever stale reads show. */
  device: (id: string) => OktaDevice;
  user: (id: string) => OktaUser;
  /** An administrator changes a device's status in the Admin Console, or the app of that id over the API. */
  setDeviceStatus: (id: string, status: DeviceStatus, appId?: string) => void;
  /** An administrator deletes a device, as support articles teach for re-enrolment. */
  deleteDevice: (id: string) => void;
  /** The System Log shows nothing newer from now on, or catches up. */
  delayLog: (delayed: boolean) => void;
  /** Opens a session, and gives one app an OAuth token. */
  signIn: (userId: string) => void;
  /** Open sessions; suspending a device leaves them alone. */
  sessions: (userId: string) => number;
  /** OAuth tokens that count. */
  tokens: (userId: string) => number;
  /** What was revoked so far, oldest first. */
  revocations: (userId: string) => Revocation[];
};

/** Throws for an id that the org does not have. */
export function createAdministration(org: Org): Administration {
  const device = (id: string) => found(org.devices, id);
  const user = (id: string) => found(org.users, id);
  return {
    addUser: (fields) => addUser(org, fields),
    addDevice: (fields) => addDevice(org, fields),
    device,
    user,
    setDeviceStatus: (id, status, appId) => {
      org.stale.delete(id);
      setStatus(org, device(id), { status, actor: appId === undefined ? administrator : appActor(appId) });
    },
    deleteDevice: (id) => org.devices.delete(device(id)),
    delayLog: (delayed) => {
      const shown = org.log.length;
      org.logged = () => (delayed ? shown : org.log.length);
    },
    signIn: (userId) => {
      const { id } = user(userId);
      org.sessions.set(id, (org.sessions.get(id) ?? 0) + 1);
      org.tokens.set(id, (org.tokens.get(id) ?? 0) + 1);
    },
    sessions: (userId) => org.sessions.get(user(userId).id) ?? 0,
    tokens: (userId) => org.tokens.get(user(userId).id) ?? 0,
    revocations: (userId) => org.revocations.filter((revocation) => revocation.userId === userId),
  };
}

function found<T>(all: { get: (id: string) => T | undefined }, id: string): T {
  const one = all.get(id);
  if (one === undefined) throw new Error(`the sandbox has no ${id}`);
  return one;
}
