import { z } from 'zod';
import type { ComplianceEvent, DeviceClass, Statements } from '../compliance/event.js';
import { readUemTime } from './time.js';
import {
  complianceByStatus,
  compromisedByStatus,
  deviceClassOfPlatform,
  endedByEnrollmentStatus,
  endedByEventId,
  endedByEventType,
  folded,
  identifierPlaceholders,
} from './vocabulary.js';

/** Every field is optional and nullable; a value of a wrong type says nothing. Unknown fields are dropped at this border. */
const fieldNames = [
  'EventId', 'EventType', 'EventTime', 'DeviceId', 'DeviceFriendlyName', 'EnrollmentEmailAddress', 'EnrollmentUserName',
  'EnrollmentStatus', 'CompromisedStatus', 'ComplianceStatus', 'Udid', 'SerialNumber', 'Platform', 'OperatingSystem',
  'Ownership', 'OrganizationGroupName', 'DeviceUUID', 'EnrollmentUserUUID',
] as const;
type FieldName = (typeof fieldNames)[number];
export type WebhookFields = Partial<Record<FieldName, string | null>>;

/** A number beyond 2^53 has lost digits: as an identifier it would name another device. */
const scalar = z.union([z.string(), z.int(), z.boolean()]).transform(String).nullable().catch(null);
const canonicalName = new Map(fieldNames.map((name) => [name.toLowerCase(), name]));
const longestField = 512;

export type WebhookReading =
  | { kind: 'event'; event: ComplianceEvent; neutral?: 'neutral_status' | 'other_event'; fields: WebhookFields }
  | { kind: 'ignored'; reason: 'unknown_platform'; fields: WebhookFields }
  /** Nothing in the body is a field of UEM's notifications, or nothing identifies a device or an event. */
  | { kind: 'unusable'; detail: string };

/** What a webhook body says, in our words. Keys match case-insensitively, so the five-field body of Okta Workflows flows is read too. */
export function readWebhook(body: Record<string, unknown>): WebhookReading {
  const fields = pickFields(body);
  const event = toEvent(fields);
  if (Object.keys(fields).length === 0) {
    return { kind: 'unusable', detail: 'The body has none of the fields of a UEM event notification, e.g. "ComplianceStatus", "Udid", "SerialNumber".' };
  }
  const identified = event.udid !== null || event.serialNumber !== null;
  if (!identified && !fields.EventType && !fields.DeviceId) {
    return { kind: 'unusable', detail: 'The body has no usable "Udid" or "SerialNumber", and neither "EventType" nor "DeviceId".' };
  }
  if (event.deviceClass === null && event.platform !== null) return { kind: 'ignored', reason: 'unknown_platform', fields };
  const neutral = neutralReason(event.says, fields);
  return { kind: 'event', event, fields, ...(neutral ? { neutral } : {}) };
}

function pickFields(body: Record<string, unknown>): WebhookFields {
  const fields: WebhookFields = {};
  for (const [key, value] of Object.entries(body)) {
    const name = canonicalName.get(key.trim().toLowerCase());
    if (name === undefined) continue;
    const text = scalar.parse(value)?.trim() ?? null;
    // Of two spellings of one key the one that says something counts.
    fields[name] = (text && cut(text, longestField)) || (fields[name] ?? text);
  }
  return fields;
}

/** Half a surrogate pair, whether sent or made by cutting, is replaced: Redis' JSON reader refuses it. */
function cut(text: string, longest: number): string {
  return text.slice(0, longest).replaceAll(/\p{Cs}/gu, '\uFFFD');
}

function toEvent(fields: WebhookFields): ComplianceEvent {
  const platform = fields.Platform || null;
  const name = fields.DeviceFriendlyName;
  return {
    enrolment: identifier(fields.DeviceId),
    deviceClass: platform === null ? null : classOf(platform),
    udid: identifier(fields.Udid),
    serialNumber: identifier(fields.SerialNumber),
    time: readUemTime(fields.EventTime ?? null),
    email: fields.EnrollmentEmailAddress || null,
    name: name && !name.startsWith('DELETE IN PROGRESS') ? name : null,
    platform,
    ownership: fields.Ownership || null,
    organizationGroup: fields.OrganizationGroupName || null,
    eventType: fields.EventType || null,
    says: statements(fields),
  };
}

function classOf(platform: string): DeviceClass | null {
  return deviceClassOfPlatform.get(folded(platform)) ?? null;
}

/** Identifiers become keys and search strings: placeholders and anything with control characters is no identifier. */
function identifier(text: string | null | undefined): string | null {
  if (text === null || text === undefined || text.length > 200) return null;
  return identifierPlaceholders.has(folded(text)) || /\p{Cc}/u.test(text) || /^[0-]+$/.test(text) ? null : text;
}

function statements(fields: WebhookFields): Statements {
  const compliance = complianceByStatus.get(folded(fields.ComplianceStatus ?? ''));
  const status = folded(fields.EnrollmentStatus ?? '');
  const ended =
    endedByEventType.get(folded(fields.EventType ?? '')) ?? endedByEventId.get(fields.EventId ?? '') ?? endedByEnrollmentStatus.get(status);
  return {
    ...(compliance ? { compliance } : {}),
    ...compromise(fields.CompromisedStatus),
    ...(ended ? { ended } : {}),
    ...(!ended && status === 'enrolled' ? { enrolled: true } : {}),
  };
}

/** Empty is what every healthy device sends; null (on delete) and an absent key say nothing. */
function compromise(literal: string | null | undefined): Pick<Statements, 'compromised' | 'unrecognised'> {
  if (literal === null || literal === undefined) return {};
  const compromised = compromisedByStatus.get(folded(literal) || literal);
  if (compromised === undefined) return { unrecognised: cut(literal, 64) };
  return compromised === 'neutral' ? {} : { compromised };
}

function neutralReason(says: Statements, fields: WebhookFields): 'neutral_status' | 'other_event' | undefined {
  const asks = says.compliance ?? says.ended ?? says.unrecognised ?? (says.compromised === 'compromised' || undefined);
  if (asks !== undefined) return undefined;
  return fields.ComplianceStatus || fields.CompromisedStatus !== undefined ? 'neutral_status' : 'other_event';
}
