import { randomUUID } from 'node:crypto';

export type EntraUser = {
  id: string;
  userPrincipalName: string;
  displayName: string;
  mail: string | null;
  proxyAddresses: string[];
  otherMails: string[];
  userType: 'Member' | 'Guest';
  accountEnabled: boolean;
  signInSessionsValidFromDateTime: string;
};

export type NewEntraUser = {
  userPrincipalName: string;
  mail?: string | null;
  proxyAddresses?: string[];
  otherMails?: string[];
  userType?: EntraUser['userType'];
};

/** What one tenant remembers. */
export type Directory = {
  users: Map<string, EntraUser>;
  /** When a user's sign-in sessions were revoked, milliseconds since the epoch, by user id. */
  revocations: Map<string, number[]>;
};

export function addUser(directory: Directory, fields: NewEntraUser): EntraUser {
  const { userPrincipalName, mail = null, proxyAddresses = [], otherMails = [], userType = 'Member' } = fields;
  const displayName = userPrincipalName.split('@')[0] ?? userPrincipalName;
  const signInSessionsValidFromDateTime = new Date().toISOString();
  const known = { userPrincipalName, displayName, mail, proxyAddresses, otherMails, userType };
  const user = { ...known, id: randomUUID(), accountEnabled: true, signInSessionsValidFromDateTime };
  directory.users.set(user.id, user);
  return user;
}

/** By object id or user principal name; a mail address that is not the UPN finds nobody. */
export function findUser(directory: Directory, idOrUserPrincipalName: string): EntraUser | null {
  const wanted = idOrUserPrincipalName.toLowerCase();
  const byName = [...directory.users.values()].find((user) => user.userPrincipalName.toLowerCase() === wanted);
  return directory.users.get(wanted) ?? byName ?? null;
}

/** Throws for an id that the tenant does not have. */
export function userById(directory: Directory, id: string): EntraUser {
  const user = directory.users.get(id);
  if (!user) throw new Error(`the sandbox has no ${id}`);
  return user;
}
