import { isOurs } from '../src/compliance/ledger.js';
import type { SafeguardKind } from '../src/store/safeguard.js';
import type { Conclusion } from './attempt.js';
import type { LockOut } from './lock-out.js';
import type { Run } from './run.js';

const lookAgainAfterMs = 60_000;

/** Why nothing is locked now; null when it is. */
export function pausedBy({ pause, enforcement }: Run): Conclusion | null {
  if (pause === null) return null;
  return { kind: 'waiting', word: 'paused', until: enforcement.now() + lookAgainAfterMs, detail: `Paused by ${pause.by}: ${pause.reason}` };
}

/**
 * Why the safeguard against mass lock-outs holds a device back whose facts ask for a lock-out; null when it does not. The run's calls wait
 * for that.
 */
export function refuse(lockOut: LockOut): Promise<Conclusion | null> {
  const { run, verdict } = lockOut;
  const { calls, enforcement: { safeguard, now } } = run;
  if (isNoPartOfMany(lockOut)) return Promise.resolve(null);
  const kind = verdict.causes.some((cause) => cause.kind === 'compromised') ? 'compromised' : 'ordinary';
  const refusal = askSafeguard(run, kind);
  calls.waitFor(refusal.then((why) => why === null), { kind, after: safeguard.countedAfter(now()) });
  return refusal;
}

/** What is locked already, or by the word of a human, is no part of a mass lock-out. */
function isNoPartOfMany({ run: { state }, verdict: { causes }, containment }: LockOut): boolean {
  const isLocked = Object.keys(state.containment?.contained ?? {}).length > 0 || Object.values(state.ledger).some(isOurs);
  const isByHuman = containment.releasedFrom.includes('held_mass') || causes.some((cause) => cause.kind === 'operator');
  return isLocked || isByHuman;
}

async function askSafeguard({ state, enforcement: { safeguard, log, now } }: Run, kind: SafeguardKind): Promise<Conclusion | null> {
  const admission = await safeguard.admit(kind, state.key, now());
  if (admission === 'admitted') return null;
  if (admission === 'tripped') log.error({ kind, alert: 'safeguard_tripped' }, 'mass lock-out: devices are held until a human releases them');
  return { kind: 'held', word: 'held_mass', detail: `The safeguard against mass lock-outs (${kind}) is tripped.` };
}
