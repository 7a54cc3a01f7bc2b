import type { LedgerEntry } from './ledger.js';

/**
 * A change of a record's status as the directory's log has it: when by its clock (milliseconds since 1970), and by whom. `unsuspended`: by
 * whatever ended its suspension, deactivation included.
 */
export type StatusChange = { what: 'suspended' | 'unsuspended'; at: number; actor: string };

/** Milliseconds for which the log is given to show a call; then what it shows is all that there was. */
export const longestLagMs = 600_000;

/** Milliseconds within which the log shows a call as a rule. */
const usualLagMs = 60_000;

const clockSkewMs = 300_000;

/**
 * The change by which a record came to its present status; undefined where the log shows none. Whether Okta logs the suspension of a
 * record that is suspended already is not documented; such a repetition would be nobody's merit.
 */
export function lastTurn(newestFirst: StatusChange[]): StatusChange | undefined {
  const turn = newestFirst.findIndex(({ what }, i) => newestFirst[i + 1]?.what !== what);
  return newestFirst[turn];
}

/**
 * Who suspended a record that we had suspended on the fleet index's word: by the last turn of its status in the log, which may not show
 * our call yet. `self` is who we are there.
 */
export function suspendedBy(entry: LedgerEntry, turn: StatusChange | undefined, { self, nowMs }: { self: string; nowMs: number }): 'us' | 'others' | 'unknown' {
  const age = nowMs - entry.at;
  const suspended = turn?.what === 'suspended' ? turn : undefined;
  if (suspended?.actor === self && (suspended.at >= entry.at - clockSkewMs || age > longestLagMs)) return 'us';
  if (age > longestLagMs) return 'others';
  return suspended !== undefined && suspended.actor !== self && age > usualLagMs ? 'others' : 'unknown';
}
