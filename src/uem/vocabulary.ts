import type { DeviceClass, Ended } from '../compliance/event.js';

/** UEM spells its words with and without spaces, dashes and capitals over the years: compared without them. */
export function folded(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** The Platform literals of REST, webhooks and help texts; anything else is unknown and changes nothing. */
export const deviceClassOfPlatform = new Map<string, DeviceClass>([
  ['apple', 'mobile'],
  ['ios', 'mobile'],
  ['appleios', 'mobile'],
  ['ipados', 'mobile'],
  ['android', 'mobile'],
  ['winrt', 'desktop'],
  ['windows', 'desktop'],
  ['windowspc', 'desktop'],
  ['windowsdesktop', 'desktop'],
  ['appleosx', 'desktop'],
  ['macos', 'desktop'],
]);

/** EventType (and, for servers that word it otherwise, EventId) of the events that end an enrolment. */
export const endedByEventType = new Map<string, Ended>([
  ['breakmdmconfirmed', 'unenrolled'],
  ['deviceunenrolled', 'unenrolled'],
  ['deviceenterprisewiperequested', 'wiped'],
  ['enterprisewiperequested', 'wiped'],
  ['devicewiperequested', 'wiped'],
  ['devicewipe', 'wiped'],
  ['wiperequest', 'wiped'],
  ['wipeconfirmed', 'wiped'],
  ['deletedevicerequested', 'deleted'],
]);

export const endedByEventId = new Map<string, Ended>([
  ['39', 'unenrolled'],
  ['229', 'wiped'],
  ['25', 'wiped'],
  ['662', 'deleted'],
]);

export const endedByEnrollmentStatus = new Map<string, Ended>([
  ['unenrolled', 'unenrolled'],
  ['enterprisewipepending', 'wiped'],
  ['devicewipepending', 'wiped'],
  ['wipepending', 'wiped'],
]);

export const complianceByStatus = new Map<string, 'compliant' | 'noncompliant'>([
  ['compliant', 'compliant'],
  ['noncompliant', 'noncompliant'],
]);

export const compromisedByStatus = new Map<string, 'compromised' | 'healthy' | 'neutral'>([
  ['compromised', 'compromised'],
  ['true', 'compromised'],
  ['yes', 'compromised'],
  ['1', 'compromised'],
  ['', 'healthy'],
  ['notcompromised', 'healthy'],
  ['false', 'healthy'],
  ['no', 'healthy'],
  ['0', 'healthy'],
  ['unknown', 'neutral'],
]);

/** What UEM sends in place of an identifier that it does not know; so are zeros alone. */
export const identifierPlaceholders = new Set(['', 'systembyte', 'tobefilledbyoem', 'defaultstring', 'none', 'na', 'null', 'true', 'false', 'unknown', 'notavailable', 'notspecified', 'systemserialnumber']);
