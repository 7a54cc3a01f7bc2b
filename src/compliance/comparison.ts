import type { RecordStatus } from './record.js';

type Compared = { wanted: 'suspended' | 'active'; seen: RecordStatus | 'gone'; decidedAt: number; changedAt: number | null };

/** How another flow's work compares with the relay's decision. */
export type Agreement = { kind: 'agreed'; laterByMs: number | null } | { kind: 'missed' };

/**
 * Whether the other flow brought the record to where the relay would have, and by how much later than the relay's decision. A record out
 * of use counts as suspended. The lag is known only where the record changed after the decision.
 */
export function compareWithFlow({ wanted, seen, decidedAt, changedAt }: Compared): Agreement {
  const reached = wanted === 'active' ? seen === 'active' : seen !== 'active' && seen !== 'other';
  if (!reached) return { kind: 'missed' };
  return { kind: 'agreed', laterByMs: changedAt !== null && changedAt >= decidedAt ? changedAt - decidedAt : null };
}
