import { isOurs } from '../src/compliance/ledger.js';
import type { Admission, SafeguardKind } from '../src/store/safeguard.js';
import type { Conclusion } from './attempt.js';
import type { Contain, Run } from './run.js';

const lookAgainAfterMs = 60_000;

/** Whether a human has released exactly this generation from being held. */
export function isPermitted({ state }: Run): boolean {
  return state.permit === state.generation;
}

/** Why a device is not locked out now although its facts ask for it: a pause, or the safeguard against mass lock-outs; null when it may be. */
export async function refuse(run: Run, verdict: Contain): Promise<Conclusion | null> {
  const { readPause, log, now } = run.enforcement;
  const kind = verdict.causes.some((cause) => cause.kind === 'compromised') ? 'compromised' : 'ordinary';
  const [pause, admission] = await Promise.all([readPause(), admit(run, verdict, kind)]);
  if (admission === 'tripped') log.error({ kind, alert: 'safeguard_tripped' }, 'mass lock-out: devices are held until a human releases them');
  if (pause !== null) {
    return { kind: 'waiting', word: 'paused', until: now() + lookAgainAfterMs, detail: `Paused by ${pause.by}: ${pause.reason}` };
  }
  if (admission === 'admitted') return null;
  return { kind: 'held', word: 'held_mass', detail: `The safeguard against mass lock-outs (${kind}) is tripped.` };
}

/** What is locked already, or locked by on-call, is no part of a mass lock-out. */
async function admit({ enforcement, state }: Run, { causes }: Contain, kind: SafeguardKind): Promise<Admission> {
  const isLocked = Object.keys(state.containment?.contained ?? {}).length > 0 || Object.values(state.ledger).some(isOurs);
  const byOnCall = causes.some((cause) => cause.kind === 'operator');
  return isLocked || byOnCall ? 'admitted' : await enforcement.safeguard.admit(kind, state, enforcement.now());
}
