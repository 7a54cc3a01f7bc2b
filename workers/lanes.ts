import type { Verdict } from '../src/compliance/verdict.js';
import type { Lane } from '../src/store/budget.js';
import type { DeviceState } from '../src/store/device.js';

/** Where a run waits for the budget: with what only reads, and with what changes something. */
export type Lanes = { looking: Lane; acting: Lane };

/** Compromised devices and on-call's own locks go first, what a sweep asks for last; looking once more at what is suspended already can wait. */
export function lanesOf(state: Pick<DeviceState, 'containment' | 'recheck' | 'enforced' | 'because'>, verdict: Verdict): Lanes {
  const acting = actingLane(state, verdict);
  const verifies = verdict.posture === 'contain' && state.containment?.recordsComplete === true && state.recheck > state.enforced;
  return { acting, looking: verifies ? 'verify' : acting };
}

function actingLane({ because }: Pick<DeviceState, 'because'>, verdict: Verdict): Lane {
  const urgent = verdict.posture === 'contain' && verdict.causes.some(({ kind }) => kind === 'compromised' || kind === 'operator');
  if (urgent) return 'compromised';
  const unlocked = verdict.posture === 'free' && verdict.because === 'unlocked';
  if (because?.why === 'sweep' && !unlocked) return 'sweep';
  return verdict.posture === 'contain' ? 'suspend' : 'unsuspend';
}
