import { z } from 'zod';
import { identitySchema, type DeviceRecord, type Identity } from './record.js';

/** Whom a lock-out signs out, and how each is known to the two directories. */
export const peopleSchema = z.object({
  /** Okta users, the enrolment user first. */
  okta: z.array(identitySchema),
  /** Addresses for Entra ID, in the order to try, for each person. */
  entra: z.array(z.tuple([z.string()], z.string())),
  /** More users than allowed: only the enrolment user is signed out. */
  shared: z.boolean(),
});

export type People = z.infer<typeof peopleSchema>;

/** The linked user who is the enrolment user, by login or e-mail; undefined: only a look-up can tell. */
export function linkedEnrolmentUser(records: DeviceRecord[], email: string | null): Identity | undefined {
  return linkedUsers(records).find((user) => isAt(user, email));
}

/**
 * The linked users of all records and the enrolment user; above `maxUsers` the device counts as shared and only the enrolment user is
 * taken. An enrolment user whom Okta does not know is still tried at Entra ID by e-mail.
 */
export function choosePeople(
  records: DeviceRecord[],
  enrolment: { email: string | null; user: Identity | null },
  maxUsers: number,
): People {
  const everybody = uniqueById([...(enrolment.user ? [enrolment.user] : []), ...linkedUsers(records)]);
  const shared = everybody.length > maxUsers;
  const okta = shared ? everybody.filter((user) => user.id === enrolment.user?.id) : everybody;
  const entra = okta.map(addressesOf);
  const { email } = enrolment;
  const known = entra.some((addresses) => addresses.some((address) => sameAddress(address, email)));
  return { okta, entra: email === null || known ? entra : [...entra, [email]], shared };
}

function linkedUsers(records: DeviceRecord[]): Identity[] {
  return uniqueById(records.filter((record) => record.status !== 'deactivated').flatMap((record) => record.users));
}

function uniqueById(users: Identity[]): Identity[] {
  return [...new Map(users.map((user) => [user.id, user])).values()];
}

function addressesOf({ login, email }: Identity): [string, ...string[]] {
  return email === null || sameAddress(login, email) ? [login] : [login, email];
}

function isAt(user: Identity, email: string | null): boolean {
  return sameAddress(user.login, email) || sameAddress(user.email, email);
}

function sameAddress(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && a.toLowerCase() === b.toLowerCase();
}
