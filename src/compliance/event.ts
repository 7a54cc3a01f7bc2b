import type { Version } from './version.js';

/** How a device is recognised in the directory: mobile devices by UDID, desktops by serial number. */
export type DeviceClass = 'mobile' | 'desktop';

export type Ended = 'unenrolled' | 'wiped' | 'deleted';

/** What an event says about each fact; an absent member says nothing (a neutral value never moves a fact). */
export type Statements = {
  compliance?: 'compliant' | 'noncompliant';
  compromised?: 'compromised' | 'healthy';
  /** A compromise literal that nobody has seen before: a human decides. */
  unrecognised?: string;
  enrolled?: true;
  ended?: Ended;
};

/** One notification about one device, in our own words. */
export type ComplianceEvent = {
  /** The MDM's own id of this enrolment; re-enrolling gives a device a new one. */
  enrolment: string | null;
  deviceClass: DeviceClass | null;
  udid: string | null;
  serialNumber: string | null;
  /** Null when the event carries no usable time. */
  time: Version | null;
  /** Who enrolled the device, as an e-mail address. */
  email: string | null;
  /** How the MDM calls that person; where it takes its users from a directory, often the user principal name. */
  userName?: string | null;
  name: string | null;
  platform: string | null;
  ownership: string | null;
  organizationGroup: string | null;
  eventType: string | null;
  says: Statements;
};
