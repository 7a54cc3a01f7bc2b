import type { Containment } from './containment.js';
import type { Facts } from './facts.js';
import type { Policy, Subject } from './policy.js';
import { judge, type Verdict } from './verdict.js';

/** `staysAsItIs`: a human has left it so, or is to decide whether it is locked. */
type Planned = Subject & { facts: Facts; containment: Containment | null; staysAsItIs: boolean };

/** Whether another policy asks for something else of a device; of one that stays as it is, for something else to be done. */
export function isAffected(device: Planned, { before, after }: { before: Policy; after: Policy }, nowMs: number): boolean {
  const by = (policy: Policy) => judge(device.facts, policy, { subject: device, nowMs, permitted: false });
  const [was, is] = [by(before), by(after)];
  if (before.withoutRecord !== after.withoutRecord && is.posture === 'contain' && isWithoutRecord(device)) return true;
  return device.staysAsItIs ? askedFor(was) !== askedFor(is) : JSON.stringify(was) !== JSON.stringify(is);
}

/** Its lock-out has found nothing to lock. */
function isWithoutRecord({ containment }: Planned): boolean {
  return containment !== null && Object.keys(containment.contained).length === 0;
}

/** What is to be done about a device, whatever the reason and however long. */
function askedFor(verdict: Verdict): string {
  if (verdict.posture !== 'contain') return verdict.posture;
  const { suspend, revokeOkta, revokeEntra } = verdict.reaction;
  return JSON.stringify([verdict.posture, suspend, revokeOkta, revokeEntra, verdict.causes.map(({ kind, since }) => [kind, since])]);
}
