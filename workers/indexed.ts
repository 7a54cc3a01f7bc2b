import { staleReadMs, statusNow } from '../src/compliance/ledger.js';
import { matchRecords } from '../src/compliance/match.js';
import type { DeviceRecord } from '../src/compliance/record.js';
import type { Indexed, LockOut } from './lock-out.js';
import type { Run } from './run.js';

/** A sweep sees every device each half hour; what none has seen for so long is not relied on. */
const oldestMs = 24 * 3_600_000;

/**
 * The records on which a lock-out may begin, or go on, without a look-up; null where it must look. They are one device, and each is
 * active as far as we know, or was suspended in this lock-out. When they were not seen just now, only Okta's System Log can tell that the
 * suspension is ours: without it nothing is suspended on the index's word.
 */
export function indexedRecords({ run, containment }: Omit<LockOut, 'indexed'>): Indexed | null {
  const { state, entry } = run;
  const { now, logActor, mode } = run.enforcement;
  const mustLook = state.class === null || state.recheck > state.enforced || mode === 'shadow';
  if (mustLook || entry === undefined || now() - entry.seenAt > oldestMs) return null;
  const unproven = now() - entry.seenAt > staleReadMs;
  if (unproven && logActor() === null) return null;
  const records = entry.records.filter((record) => record.status !== 'deactivated');
  if (matchRecords(records, containment.releasedFrom.includes('held_ambiguous')).kind !== 'one') return null;
  const asExpected = ({ id }: DeviceRecord) => (id in containment.contained ? isSuspendedByUs : isActive);
  return records.every((record) => asExpected(record)(run, record)) ? { records, unproven } : null;
}

function isActive({ state, enforcement }: Run, record: DeviceRecord): boolean {
  const entry = state.ledger[record.id];
  return (entry === undefined || entry.state === 'released') && statusNow(record, entry, enforcement.now()) === 'active';
}

function isSuspendedByUs({ state }: Run, { id, status }: DeviceRecord): boolean {
  return status === 'suspended' && state.ledger[id]?.state === 'ours';
}
