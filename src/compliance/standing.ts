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
  if (verdict.posture !== 'contain') return ours ? 'locked_by_us' : 'free';
  if (containment === null || !containment.complete) return 'exposed';
  // Where the policy only signs out, nothing has to be suspended.
  if (!verdict.reaction.suspend) return ours ? 'locked_by_us' : 'free';
  const contained = Object.keys(containment.contained).length > containment.letIn.length;
  if (!contained || containment.letIn.length > 0) return 'exposed';
  return ours ? 'locked_by_us' : 'locked_by_other';
}
