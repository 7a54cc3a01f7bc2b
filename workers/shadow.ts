import type { LedgerEntry } from '../src/compliance/ledger.js';
import type { DeviceRecord } from '../src/compliance/record.js';
import type { EntraClient } from '../src/entra/client.js';
import type { Answered } from '../src/http-call.js';
import type { OktaClient } from '../src/okta/client.js';

/** A record as it would be, had what was only recorded been sent. */
export function asSimulated(record: DeviceRecord, entry: LedgerEntry | undefined): DeviceRecord {
  if (entry?.state === 'ours' && record.status === 'active') return { ...record, status: 'suspended' };
  if (entry?.state === 'released' && record.status === 'suspended') return { ...record, status: 'active' };
  return record;
}

const unsent = <T>(value: T): Promise<Answered<T>> => Promise.resolve({ value, status: 0, requestId: null });

/** Okta for shadow mode: everything is read, nothing is changed. What would have been sent is recorded with HTTP status 0. */
export function shadowOkta(okta: OktaClient): OktaClient {
  return {
    ...okta,
    suspendDevice: () => unsent('suspended' as const),
    unsuspendDevice: () => unsent('active' as const),
    revokeUserSessions: () => unsent('revoked' as const),
  };
}

/** Entra ID for shadow mode: nothing is sent. */
export function shadowEntra(): EntraClient {
  return { revokeSignInSessions: () => unsent('revoked' as const) };
}
