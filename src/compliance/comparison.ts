import type { Facts } from './facts.js';
import type { DeviceRecord, RecordStatus } from './record.js';
import type { Verdict } from './verdict.js';

export const wishes = ['suspended', 'active', 'unchanged'] as const;
/** `unchanged`: the device is left as it is, whatever that is, e.g. until a human has decided. */
type Wish = (typeof wishes)[number];

/** What the relay would make of a device's records, and why in words. Two decisions with one id are the same. */
export type Decision = { wanted: Wish; why: string; id: string };

/** What has been decided about a device; null: nothing. `left`: the word for why nothing is done about it now, although the facts ask for something. */
export function decisionOf(verdict: Verdict, left: string | null, facts: Facts): Decision | null {
  if (verdict.posture === 'none') return null;
  const wanted = left === null ? wishOf(verdict) : 'unchanged';
  const why = [reasonOf(verdict), left].filter(Boolean).join(', ');
  const { complianceSince, compromisedSince, unrecognisedSince, endedSince, operator } = facts;
  const versions = [complianceSince, compromisedSince, unrecognisedSince, endedSince, operator?.since];
  return { wanted, why, id: [wanted, why, ...versions].join(' ') };
}

function wishOf(verdict: Exclude<Verdict, { posture: 'none' }>): Wish {
  if (verdict.posture === 'free') return 'active';
  return verdict.posture === 'contain' && verdict.reaction.suspend ? 'suspended' : 'unchanged';
}

function reasonOf(verdict: Exclude<Verdict, { posture: 'none' }>): string {
  switch (verdict.posture) {
    case 'contain':
      return verdict.causes.map(({ what }) => what).join(' and ');
    case 'free':
      return [verdict.because, verdict.detail].filter(Boolean).join(': ');
    case 'grace':
      return 'in grace';
    case 'hold':
      return '';
  }
}

/** What was seen of a device: the record that tells; `gone`: there is none. */
export type Sight = { recordId: string; seen: RecordStatus | 'gone'; changedAt: number | null };

/** Of a device's records the one that is not as wanted, or else the one that became so last. Those that are out of use tell only where no other does. */
export function sightOf(records: DeviceRecord[], wanted: Wish): Sight {
  const live = records.filter(({ status }) => status !== 'deactivated');
  const sights = (live.length > 0 ? live : records).map(({ id, status, changedAt }): Sight => ({ recordId: id, seen: status, changedAt: changedAt ?? null }));
  const newestFirst = sights.toSorted((a, b) => (b.changedAt ?? 0) - (a.changedAt ?? 0));
  return newestFirst.find(({ seen }) => !isWanted(seen, wanted)) ?? newestFirst[0] ?? { recordId: '', seen: 'gone', changedAt: null };
}

/** A record out of use is as good as suspended, and nobody is kept out by it who was not before. */
export function isWanted(seen: Sight['seen'], wanted: Wish): boolean {
  return wanted === 'suspended' ? seen !== 'active' && seen !== 'other' : seen !== 'suspended';
}

type Compared = Pick<Sight, 'seen' | 'changedAt'> & {
  wanted: Wish;
  decidedAt: number;
  /** Since when the flow can have known what the relay decided on. */
  knownAt: number;
  /** The relay had nothing to do: it found the device as it wanted it. */
  already: boolean;
  /** When the relay wanted something else; null: it had not, when the device was looked at. */
  replacedAt: number | null;
};

/** How another flow's work compares with the relay's decision. */
type Agreement = { kind: 'agreed'; laterByMs: number | null } | { kind: 'missed' };

/** A flow that needs longer than this lets a user work on for noticeably longer than the relay would. */
export const lateAfterMs = 60_000;

/**
 * Whether the other flow brought the device to where the relay would have, and by how much later than the relay's decision: that is known only
 * where the record changed after it.
 */
export function compareWithFlow(compared: Compared): Agreement {
  const { decidedAt, changedAt, already, replacedAt } = compared;
  if (!asWanted(compared)) return { kind: 'missed' };
  const known = changedAt !== null && changedAt >= decidedAt && !already && replacedAt === null;
  return { kind: 'agreed', laterByMs: known ? changedAt - decidedAt : null };
}

/**
 * Whether the device was as wanted at that time. Where something else was wanted by the time of the look, a record that has changed since tells
 * that the flow did both; nobody is to blame for what was wanted for a moment only.
 */
function asWanted({ wanted, seen, decidedAt, knownAt, changedAt, replacedAt }: Compared): boolean {
  if (isWanted(seen, wanted) || (wanted === 'unchanged' && (changedAt ?? 0) < knownAt)) return true;
  return replacedAt !== null && (changedAt === null || changedAt >= decidedAt || replacedAt - decidedAt <= lateAfterMs);
}
