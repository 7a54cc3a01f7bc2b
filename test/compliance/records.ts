import { builtInPolicy, type Subject } from '../../src/compliance/policy.js';
import type { DeviceRecord, Identity } from '../../src/compliance/record.js';
import type { Facts } from '../../src/compliance/facts.js';
import { judge, type Verdict } from '../../src/compliance/verdict.js';

export function user(id: string, fields: Partial<Identity> = {}): Identity {
  return { id, login: `${id}@example.com`, email: `${id}@example.com`, ...fields };
}

export function record(id: string, fields: Partial<DeviceRecord> = {}): DeviceRecord {
  return { id, status: 'active', deviceClass: null, udid: null, serialNumber: null, tpmHash: null, users: [], ...fields };
}

export const subject: Subject = {
  key: 'serial:c02xyz',
  udid: null,
  serialNumber: 'C02XYZ',
  email: 'jdoe@example.com',
  platform: 'AppleOsX',
  ownership: 'CorporateDedicated',
  organizationGroup: 'Corp',
};

export function facts(fields: Partial<Facts> = {}): Facts {
  const nothing = { compliance: null, complianceSince: null, compromised: false, compromisedSince: null, unrecognised: null };
  return { ...nothing, unrecognisedSince: null, ended: null, endedSince: null, operator: null, ...fields };
}

export const noncompliant = (since: string) => facts({ compliance: 'noncompliant', complianceSince: since });

/** The verdict on facts that ask for a lock-out. */
export function lockOutFor(given: Facts): Extract<Verdict, { posture: 'contain' }> {
  const verdict = judge(given, builtInPolicy, { subject, nowMs: 0, permitted: false });
  if (verdict.posture !== 'contain') throw new Error(`these facts ask for ${verdict.posture}`);
  return verdict;
}
