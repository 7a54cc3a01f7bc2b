import type { DeviceStatus, OktaDevice, OktaUser, Org } from './org.js';

type Resource = { origin: string; org: Org };

/** A device as Okta shows it; `status` may be the one that a stale read still shows. */
export function deviceView(device: OktaDevice, status: DeviceStatus, origin: string) {
  const { id, created, lastUpdated, profile } = device;
  return {
    id,
    status,
    created,
    lastUpdated,
    profile,
    resourceType: 'UDDevice',
    resourceDisplayName: { value: profile.displayName, sensitive: false },
    resourceId: id,
    resourceAlternateId: null,
    _links: links(`${origin}/api/v1/devices/${id}`, status),
  };
}

/** What a status allows, as recorded. */
const lifecycleLinks: Record<DeviceStatus, string[]> = {
  CREATED: ['activate'],
  ACTIVE: ['suspend', 'deactivate'],
  SUSPENDED: ['unsuspend', 'deactivate'],
  DEACTIVATED: ['activate'],
};

function links(self: string, status: DeviceStatus): Record<string, unknown> {
  const lifecycle = lifecycleLinks[status].map((name) => [name, { href: `${self}/lifecycle/${name}`, hints: { allow: ['POST'] } }]);
  return {
    ...Object.fromEntries(lifecycle),
    self: { href: self, hints: { allow: ['GET', 'PATCH', 'PUT'] } },
    ...(status === 'DEACTIVATED' ? {} : { users: { href: `${self}/users`, hints: { allow: ['GET'] } } }),
  };
}

/** The users linked to a device, in full or as `expand=userSummary` has them. */
export function deviceUsers(device: OktaDevice, { org, origin }: Resource, form: 'full' | 'summary') {
  return device.users.flatMap((id) => {
    const user = org.users.get(id);
    if (!user) return [];
    const shown = form === 'full' ? userView(user, origin) : userSummary(user, origin);
    return [{ created: device.created, managementStatus: 'MANAGED', screenLockType: 'BIOMETRIC', user: shown }];
  });
}

function userSummary({ id, profile }: OktaUser, origin: string) {
  return { id, realmId: 'guo0sandboxRealm0000', profile, _links: { self: { href: `${origin}/api/v1/users/${id}` } } };
}

/** A user as Okta shows it. */
export function userView({ id, status, created, lastUpdated, profile }: OktaUser, origin: string) {
  return {
    id,
    status,
    created,
    activated: created,
    statusChanged: created,
    lastLogin: null,
    lastUpdated,
    passwordChanged: created,
    type: { id: 'oty0sandboxType00000' },
    profile: { ...profile, mobilePhone: null, secondEmail: null },
    credentials: { password: {}, provider: { type: 'OKTA', name: 'OKTA' } },
    _links: { self: { href: `${origin}/api/v1/users/${id}` } },
  };
}
