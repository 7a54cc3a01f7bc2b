import type { Containment } from './containment.js';
import { isOurs, type Ledger } from './ledger.js';
import type { Verdict } from './verdict.js';

/** Where a device stands. Exposed: should be locked and is not. Wrongly locked: should be free and is not. */
export type Standing = 'free' | 'locked_by_us' | 'locked_by_other' | 'exposed' | 'wrongly_locked' | 'held';

type Seen = { verdict: Verdict; containment: Containment | null; ledger: Ledger; held: boolean };

/** Where a device stands as far as we know: by what it should be, and what we and the directory's answers say of its records. */
export function standingOf({ verdict, containment, ledger, held }: Seen): Standing {
  if (held) return 'held';
  const ours = Object.values(ledger).some(isOurs);
  if (verdict.posture === 'free') return ours ? 'wrongly_locked' : 'free';
  if (verdict.posture === 'contain' && !verdict.reaction.suspend) return ours ? 'wrongly_locked' : signedOut(containment);
  const contained = containment !== null && Object.keys(containment.contained).length > containment.letIn.length;
  if (verdict.posture === 'contain') {
    if (!contained || !containment.complete || containment.letIn.length > 0) return 'exposed';
    return ours ? 'locked_by_us' : 'locked_by_other';
  }
  return ours ? 'locked_by_us' : 'free';
}

/** Of a device that the policy does not have suspended, only its users' sessions can be exposed. */
function signedOut(containment: Containment | null): Standing {
  return containment?.complete ? 'free' : 'exposed';
}
