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

/** What we read of a device or an event, by the names of UEM's notifications. Phone, IMEI and MAC are not among them: they stop here. */
const fieldNames = [
  'EventId', 'EventType', 'EventTime', 'DeviceId', 'DeviceFriendlyName', 'EnrollmentEmailAddress', 'EnrollmentUserName',
  'EnrollmentStatus', 'CompromisedStatus', 'ComplianceStatus', 'Udid', 'SerialNumber', 'Platform', 'OperatingSystem',
  'Ownership', 'OrganizationGroupName', 'DeviceUUID', 'EnrollmentUserUUID',
] as const;

/** Every field is optional and nullable. */
export type EventFields = Partial<Record<(typeof fieldNames)[number], string | null>>;

/** A value of a wrong type says nothing. A number beyond 2^53 has lost digits: as an identifier it would name another device. */
const scalar = z.union([z.int(), z.boolean()]).transform(String).nullable().catch(null);
const canonicalName = new Map(fieldNames.map((name) => [name.toLowerCase(), name]));
const longestField = 512;

/** The fields that we read of what UEM sent, trimmed. Keys match case-insensitively; unknown ones are dropped at this border. */
export function pickFields(body: Record<string, unknown>): EventFields {
  const fields: EventFields = {};
  for (const [key, value] of Object.entries(body)) {
    const name = canonicalName.get(key.trim().toLowerCase());
    if (name === undefined) continue;
    const text = (typeof value === 'string' ? value : scalar.parse(value))?.trim() ?? null;
    // Of two spellings of one key the one that says something counts.
    fields[name] = (text && cut(text, longestField)) || (fields[name] ?? text);
  }
  return fields;
}

/** What UEM's words say, in ours. */
export function readEvent(fields: EventFields): ComplianceEvent {
  const platform = fields.Platform || null;
  const name = fields.DeviceFriendlyName;
  return {
    enrolment: identifier(fields.DeviceId),
    deviceClass: platform === null ? null : classOf(platform),
    udid: identifier(fields.Udid),
    serialNumber: identifier(fields.SerialNumber),
    time: readUemTime(fields.EventTime ?? null),
    email: fields.EnrollmentEmailAddress || null,
    userName: fields.EnrollmentUserName || null,
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

function statements(fields: EventFields): Statements {
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

/** Half a surrogate pair, whether sent or made by cutting, is replaced: Redis' JSON reader refuses it. */
function cut(text: string, longest: number): string {
  return text.slice(0, longest).replaceAll(/\p{Cs}/gu, '\uFFFD');
}
