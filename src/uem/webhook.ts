import type { ComplianceEvent, Statements } from '../compliance/event.js';
import { pickFields, readEvent, type EventFields } from './event.js';

export type WebhookReading =
  | { kind: 'event'; event: ComplianceEvent; neutral?: 'neutral_status' | 'other_event'; fields: EventFields }
  | { kind: 'ignored'; reason: 'unknown_platform'; fields: EventFields }
  /** Nothing in the body is a field of UEM's notifications, or nothing identifies a device or an event. */
  | { kind: 'unusable'; detail: string };

/** What a webhook body says, in our words. Keys match case-insensitively, so the five-field body of Okta Workflows flows is read too. */
export function readWebhook(body: Record<string, unknown>): WebhookReading {
  const fields = pickFields(body);
  const event = readEvent(fields);
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

function neutralReason(says: Statements, fields: EventFields): 'neutral_status' | 'other_event' | undefined {
  const asks = says.compliance ?? says.ended ?? says.unrecognised ?? (says.compromised === 'compromised' || undefined);
  if (asks !== undefined) return undefined;
  return fields.ComplianceStatus || fields.CompromisedStatus !== undefined ? 'neutral_status' : 'other_event';
}
