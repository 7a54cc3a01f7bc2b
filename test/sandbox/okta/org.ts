import { randomInt } from 'node:crypto';
import { DeviceRegister } from './device-register.js';

/** `CREATED` is missing in Okta's schema but shown in its examples and in its Admin Console. */
export type DeviceStatus = 'CREATED' | 'ACTIVE' | 'SUSPENDED' | 'DEACTIVATED';
type DevicePlatform = 'ANDROID' | 'IOS' | 'MACOS' | 'WINDOWS';

export type OktaUser = {
  id: string;
  status: 'ACTIVE' | 'DEPROVISIONED' | 'LOCKED_OUT' | 'PASSWORD_EXPIRED' | 'PROVISIONED' | 'RECOVERY' | 'STAGED' | 'SUSPENDED';
  created: string;
  lastUpdated: string;
  profile: { login: string; email: string; firstName: string; lastName: string };
};

type DeviceProfile = {
  displayName: string;
  platform: DevicePlatform;
  udid?: string;
  serialNumber?: string;
  tpmPublicKeyHash?: string;
  manufacturer?: string;
  model?: string;
  osVersion?: string;
  registered: boolean;
  secureHardwarePresent: boolean;
};

export type OktaDevice = {
  id: string;
  status: DeviceStatus;
  created: string;
  lastUpdated: string;
  profile: DeviceProfile;
  users: string[];
};

/** Who did something, as the System Log names them. */
export type Actor = { id: string; type: 'User' | 'PublicClientApp'; alternateId: string; displayName: string };

export type LogEvent = { uuid: string; published: string; eventType: string; displayMessage: string; actor: Actor; target: OktaDevice };

export type Revocation = { at: number; userId: string; oauthTokens: boolean; forgetDevices: boolean };

/** What one Okta org remembers. */
export type Org = {
  users: Map<string, OktaUser>;
  devices: DeviceRegister;
  /** Open sessions and OAuth tokens by user. */
  sessions: Map<string, number>;
  tokens: Map<string, number>;
  revocations: Revocation[];
  log: LogEvent[];
  /** How many events the System Log shows already: it lags behind. */
  logged: () => number;
  /** Old statuses that reads still show, by device id. */
  stale: Map<string, { status: DeviceStatus; readsLeft: number }>;
};

export function emptyOrg(): Org {
  const log: LogEvent[] = [];
  const logged = () => log.length;
  return { users: new Map(), devices: new DeviceRegister(), sessions: new Map(), tokens: new Map(), revocations: [], log, logged, stale: new Map() };
}

export type NewUser = { login: string; email?: string; status?: OktaUser['status'] };
export type NewDevice = Omit<Partial<DeviceProfile>, 'platform'> & {
  platform: DevicePlatform;
  status?: DeviceStatus;
  users?: string[];
};

export function addUser(org: Org, { login, email = login, status = 'ACTIVE' }: NewUser): OktaUser {
  const [firstName = login, lastName = 'Example'] = (login.split('@')[0] ?? login).split('.');
  const now = new Date().toISOString();
  const user = { id: newId('00u'), status, created: now, lastUpdated: now, profile: { login, email, firstName, lastName } };
  org.users.set(user.id, user);
  return user;
}

export function addDevice(org: Org, { status = 'ACTIVE', users = [], ...profile }: NewDevice): OktaDevice {
  const now = new Date().toISOString();
  const displayName = `${profile.platform} ${org.devices.size + 1}`;
  const device = {
    id: newId('guo'),
    status,
    created: now,
    lastUpdated: now,
    profile: { displayName, registered: true, secureHardwarePresent: true, ...profile },
    users: [...users],
  };
  org.devices.add(device);
  return device;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** An id as Okta makes them: three characters for the kind, 17 more. */
export function newId(prefix: string): string {
  return prefix + Array.from({ length: 17 }, () => alphabet[randomInt(alphabet.length)]).join('');
}
