import type { Containment } from './containment.js';
import type { Statements } from './event.js';
import type { Cause } from './facts.js';
import { tickAfter, type Version } from './version.js';

/**
 * Since when the device has been non-compliant, if that alone is why it is to be locked and nothing of the lock-out has been done: then UEM is
 * asked whether it is still so. Null otherwise: a compromise, a lifecycle event and on-call's word need no confirmation.
 */
export function awaitsConfirmation(causes: Cause[], { confirmed, contained, oktaComplete }: Containment): Version | null {
  const [cause] = causes;
  if (cause === undefined || causes.some(({ kind }) => kind !== 'noncompliant')) return null;
  return confirmed === true || oktaComplete || Object.keys(contained).length > 0 ? null : cause.since;
}

/**
 * The version with which UEM's word that the device complies overrules that it has not since `since`; null when it does not: UEM says something else, or
 * checked the device before. Ties go to what locks, so an exact tie takes the next version.
 */
export function vetoVersion(says: Statements, checkedAt: Version | null, since: Version): Version | null {
  const healthy = says.compliance === 'compliant' && says.compromised !== 'compromised' && says.unrecognised === undefined && says.ended === undefined;
  if (!healthy || checkedAt === null || checkedAt < since) return null;
  return checkedAt === since ? tickAfter(since) : checkedAt;
}
