import { expect } from '@jest/globals';
import type { CompanyDevice, Person } from '../sandbox/fixtures/company.js';
import type { Relay } from './relay.js';

/** The device is suspended, and its user was signed out of Okta and then of Entra ID after that. */
export function expectLockedOut({ okta, entra }: Relay, person: Person, device: CompanyDevice): void {
  const { status, lastUpdated } = okta.device(device.okta.id);
  expect(status).toBe('SUSPENDED');
  expect([okta.sessions(person.okta.id), okta.tokens(person.okta.id)]).toEqual([0, 0]);
  const signedOutOfOkta = okta.revocations(person.okta.id).at(-1)?.at ?? 0;
  expect(signedOutOfOkta).toBeGreaterThanOrEqual(Date.parse(lastUpdated));
  expect(entra.signInSessions(person.entra.id).at(-1) ?? 0).toBeGreaterThanOrEqual(signedOutOfOkta);
}
