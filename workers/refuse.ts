import { isOurs } from '../src/compliance/ledger.js';
import type { Conclusion } from './attempt.js';
import type { Contain, Run } from './run.js';

const lookAgainAfterMs = 60_000;

/** Whether a human has released exactly this generation from being held. */
export function isPermitted({ state }: Run): boolean {
  return state.permit === state.generation;
}

/** Why a device is not locked out now although its facts ask for it: a pause, or the safeguard against mass lock-outs; null when it may be. */
export async function refuse(run: Run, verdict: Contain): Promise<Conclusion | null> {
  const { enforcement, state } = run;
  const { safeguard, readPause, log, now } = enforcement;
  const pause = await readPause();
  if (pause !== null) {
    return { kind: 'waiting', word: 'paused', until: now() + lookAgainAfterMs, detail: `Paused by ${pause.by}: ${pause.reason}` };
  }
  const isLocked = Object.keys(state.containment?.contained ?? {}).length > 0 || Object.values(state.ledger).some(isOurs);
  const byOnCall = verdict.causes.some(({ kind }) => kind === 'operator');
  if (isLocked || byOnCall) return null;
  const kind = verdict.causes.some((cause) => cause.kind === 'compromised') ? 'compromised' : 'ordinary';
  const admission = await safeguard.admit(kind, state, now());
  if (admission === 'admitted') return null;
  if (admission === 'tripped') log.error({ kind, alert: 'safeguard_tripped' }, 'mass lock-out: devices are held until a human releases them');
  return { kind: 'held', word: 'held_mass', detail: `The safeguard against mass lock-outs (${kind}) is tripped.` };
}
