import { isOurs, type LedgerEntry } from '../src/compliance/ledger.js';
import { longestLagMs, suspendedBy, type StatusChange } from '../src/compliance/proof.js';
import { UpstreamFailure } from '../src/failure.js';
import type { Run } from './run.js';
import { lastTurns, type ReadLog } from './status-changes.js';

/** The System Log does not show a call of ours yet: it lags behind, so it is to be asked again. */
export function notLoggedYet(): UpstreamFailure {
  return new UpstreamFailure({ upstream: 'okta', operation: 'listLogEvents', kind: 'transient', code: 'not_logged_yet' });
}

/**
 * Has Okta's System Log say who suspended those of the records that we suspended on the fleet index's word, and notes it in the ledger.
 * Returns the records of which it does not say so yet. Throws what the call throws.
 */
export async function proveSuspensions(run: Run, recordIds: string[]): Promise<string[]> {
  const { ledger } = run.state;
  const unproven = recordIds.filter((id) => ledger[id]?.unproven === true);
  if (unproven.length === 0) return [];
  const read: ReadLog = (query) => {
    const call = { upstream: 'okta', operation: 'listLogEvents', target: run.state.key, changes: false } as const;
    return run.calls.make(call, () => run.enforcement.okta.listLogEvents(query));
  };
  const turns = await lastTurns(read, unproven, run.enforcement.now());
  const self = run.enforcement.logActor() ?? (await run.enforcement.okta.logActor());
  if (self === null) throw notLoggedYet();
  const open: string[] = [];
  for (const id of unproven) {
    const entry = ledger[id];
    if (entry !== undefined && !(await settle(run, { id, entry, turn: turns.get(id), self }))) open.push(id);
  }
  return open;
}

type Suspension = { id: string; entry: LedgerEntry; turn: StatusChange | undefined; self: string };

/** False: the log does not say so yet. */
async function settle(run: Run, { id, entry, turn, self }: Suspension): Promise<boolean> {
  const { state, enforcement, notes } = run;
  const by = suspendedBy(entry, turn, { self, nowMs: enforcement.now() });
  if (by === 'unknown') {
    notes.push(`the System Log does not show yet who suspended record ${id}`);
    return false;
  }
  if (by === 'others') notes.push(`record ${id} was suspended by somebody else before: ${turn?.what === 'suspended' ? 'so the System Log says' : `the System Log shows nothing of ours within ${longestLagMs / 60_000} minutes`}`);
  const settled: LedgerEntry = { ...entry, unproven: false, statusSeen: by === 'us' ? entry.statusSeen : 'suspended' };
  state.ledger[id] = settled;
  await enforcement.store.saveLedgerEntry(state.key, id, settled);
  if (!Object.values(state.ledger).some(isOurs)) await enforcement.store.markUnlocked(state.key);
  return true;
}
