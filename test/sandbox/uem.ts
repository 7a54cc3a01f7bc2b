import { deviceUuid, platforms, type UemDevice, type UemPlatform } from './uem-device.js';

/** A device and what an event says about it; absent: the values of an ordinary, healthy event. */
export type UemEvent = Partial<UemDevice> & {
  platform: UemPlatform;
  eventId?: number;
  eventType?: string;
  /** A Date is written with seven fractional digits, as UEM does; a text as it is. */
  eventTime?: Date | string;
  enrollmentStatus?: string;
  compromisedStatus?: string | null;
  complianceStatus?: string | null;
};

export type UemBody = Record<string, string | number | null>;

/**
 * The 26 keys that UEM sends today, in its order; `overrides` replace keys by name. The id 9999 of a compliance event is a placeholder: the
 * real one is not published.
 */
export function uemBody(event: UemEvent, overrides: UemBody = {}): UemBody {
  const { wire, os, ...identifiers } = platforms[event.platform];
  const { deviceId, udid, serialNumber } = { ...identifiers, ...event };
  const { email = 'jdoe@example.com', userName = 'jdoe', complianceStatus = 'Compliant', compromisedStatus = '' } = event;
  const { eventId = 9999, eventType = 'Compliance Status Changed', eventTime = new Date(), enrollmentStatus = 'Enrolled' } = event;
  return {
    EventId: eventId,
    EventType: eventType,
    DeviceId: deviceId,
    DeviceFriendlyName: `${userName} ${wire} ${os}`,
    EnrollmentEmailAddress: email,
    EnrollmentUserName: userName,
    EventTime: uemTime(eventTime),
    EnrollmentStatus: enrollmentStatus,
    CompromisedStatus: compromisedStatus,
    CompromisedTimeStamp: uemTime(eventTime),
    ComplianceStatus: complianceStatus,
    PhoneNumber: '',
    Udid: udid,
    SerialNumber: serialNumber,
    MACAddress: '000000000000',
    DeviceIMEI: '',
    EnrollmentUserId: 11866,
    AssetNumber: '',
    Platform: wire,
    OperatingSystem: os,
    Ownership: 'CorporateDedicated',
    SIMMCC: '',
    CurrentMCC: '',
    OrganizationGroupName: 'Corp ',
    DeviceUUID: deviceUuid(deviceId),
    EnrollmentUserUUID: '22345678-1234-4234-9234-123456789cba',
    ...overrides,
  };
}

function uemTime(time: Date | string): string {
  return typeof time === 'string' ? time : time.toISOString().replace('Z', '0000Z');
}

/** `Compromised` is a guess: a non-empty literal was never captured. */
export function compromisedBody(event: UemEvent): UemBody {
  return uemBody({ eventId: 178, eventType: 'Compromised Status Changed', compromisedStatus: 'Compromised', ...event });
}

/** A fresh enrolment: its compliance is not known yet. */
export function enrolmentBody(event: UemEvent): UemBody {
  return uemBody({ eventId: 148, eventType: 'MDM Enrollment Complete', complianceStatus: 'PendingComplianceCheck', ...event });
}

/** The body of a delete as captured: 24 keys, and null for platform, compliance and organisation group. */
export function deleteBody(event: UemEvent): UemBody {
  const nulls = `CompromisedStatus ComplianceStatus PhoneNumber MACAddress DeviceIMEI Platform OperatingSystem Ownership
    SIMMCC CurrentMCC OrganizationGroupName`;
  const body = uemBody({ eventId: 662, eventType: 'Delete Device Requested', enrollmentStatus: 'Unknown', ...event }, {
    DeviceFriendlyName: 'DELETE IN PROGRESS...',
    CompromisedTimeStamp: '0001-01-01T00:00:00',
    EnrollmentUserId: 0,
    ...Object.fromEntries(nulls.split(/\s+/).map((key) => [key, null])),
  });
  const { DeviceUUID: _device, EnrollmentUserUUID: _user, ...captured } = body;
  return captured;
}

/** The body of an unenrolment: e-mail and user are blank on the wire. */
export function unenrolBody(event: UemEvent): UemBody {
  const words = { eventId: 39, eventType: 'Break MDM Confirmed', enrollmentStatus: 'Unenrolled', complianceStatus: 'NotAvailable' };
  return uemBody({ ...words, ...event, email: '', userName: '' });
}

export function enterpriseWipeBody(event: UemEvent): UemBody {
  return uemBody({ eventId: 229, eventType: 'Device Enterprise Wipe Requested', enrollmentStatus: 'EnterpriseWipePending', ...event });
}

/** What the console's form holds; UEM sends it as HTTP Basic. */
export type UemCredentials = {
  username: string;
  password: string;
  /** UEM's own is not documented; default `application/json`. */
  contentType?: string;
};

/** `body` is parsed where it is JSON. */
export type RelayAnswer = { status: number; headers: Headers; body: unknown };

/** Posts one event as UEM does; `relayUrl` is the receiver's origin, a text is sent as it is (XML, malformed bodies). */
export async function sendWebhook(relayUrl: string, body: UemBody | string, credentials: UemCredentials): Promise<RelayAnswer> {
  const headers = { ...basic(credentials), 'content-type': credentials.contentType ?? 'application/json' };
  return exchange(relayUrl, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
}

/** The console's Test Connection: a GET on the target with the credentials. */
export async function testConnection(relayUrl: string, credentials: UemCredentials): Promise<RelayAnswer> {
  return exchange(relayUrl, { method: 'GET', headers: basic(credentials) });
}

function basic({ username, password }: UemCredentials): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

async function exchange(relayUrl: string, request: RequestInit): Promise<RelayAnswer> {
  const response = await fetch(new URL('/webhooks/uem', relayUrl), request);
  return { status: response.status, headers: response.headers, body: parsed(await response.text()) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
