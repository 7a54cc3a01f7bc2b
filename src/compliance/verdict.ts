import { causesOf, type Cause, type Facts, type OperatorFact } from './facts.js';
import { exemptionOf, policyCauses, reactionTo, type Policy, type PolicyCause, type Reaction, type Subject } from './policy.js';
import { epochMsOf } from './version.js';

/** `untilMs`: when time alone makes another verdict of it (an expiry, the end of a grace), milliseconds since 1970; null: it does not. */
export type Verdict =
  | { posture: 'contain'; causes: [Cause, ...Cause[]]; reaction: Reaction; untilMs: number | null }
  /** It will be contained at `untilMs` if nothing changes. */
  | { posture: 'grace'; untilMs: number }
  | { posture: 'hold'; untilMs: number | null }
  | { posture: 'free'; because: 'compliant' | 'exempt' | 'unlocked'; detail: string; untilMs: number | null }
  /** UEM has not said yet whether the device complies: nothing is locked, and nothing locked is let back in. */
  | { posture: 'none' };

type Circumstances = {
  subject: Subject;
  nowMs: number;
  /** A human has released what was held. */
  permitted: boolean;
};

const fullLockOut: Reaction = { suspend: true, revokeOkta: true, revokeEntra: true, graceMs: 0 };

/**
 * What the facts ask for under a policy: on-call's word before exemptions, those before lifecycle, compromise and compliance. Only
 * explicit states act.
 */
export function judge(facts: Facts, policy: Policy, { subject, nowMs, permitted }: Circumstances): Verdict {
  const causes = causesOf(facts);
  const operator = facts.operator !== null && (facts.operator.untilMs === null || facts.operator.untilMs > nowMs) ? facts.operator : null;
  if (operator !== null) return byOperator(operator, causes);
  const exemption = exemptionOf(subject, policy, nowMs);
  if (exemption) {
    const { reason, ticket, untilMs } = exemption;
    return { posture: 'free', because: 'exempt', detail: `${reason} (${ticket})`, untilMs };
  }
  return byFacts(facts, causes.flatMap((cause) => acting(cause, subject, policy)), { nowMs, permitted });
}

function byOperator({ state, reason, since, untilMs }: OperatorFact, causes: Cause[]): Verdict {
  if (state === 'unlocked') return { posture: 'free', because: 'unlocked', detail: reason, untilMs };
  const cause: Cause = { kind: 'operator', what: 'locked by on-call', since };
  return { posture: 'contain', causes: [cause, ...causes], reaction: fullLockOut, untilMs };
}

type Acting = { cause: Cause; reaction: Reaction };

function byFacts(facts: Facts, acts: Acting[], { nowMs, permitted }: Pick<Circumstances, 'nowMs' | 'permitted'>): Verdict {
  const due = acts.filter((act) => graceEnd(act) <= nowMs);
  const untilMs = acts.map(graceEnd).filter((end) => end > nowMs).reduce<number | null>((first, end) => Math.min(first ?? end, end), null);
  const [first, ...rest] = due;
  if (first) {
    const causes: [Cause, ...Cause[]] = [first.cause, ...rest.map(({ cause }) => cause)];
    return { posture: 'contain', causes, reaction: due.map(({ reaction }) => reaction).reduce(strongest), untilMs };
  }
  if (facts.unrecognised !== null && permitted) {
    const cause: Cause = { kind: 'compromised', what: `released: ${facts.unrecognised}`, since: facts.unrecognisedSince ?? '' };
    return { posture: 'contain', causes: [cause], reaction: fullLockOut, untilMs };
  }
  if (facts.unrecognised !== null) return { posture: 'hold', untilMs };
  if (untilMs !== null) return { posture: 'grace', untilMs };
  return facts.compliance === null ? { posture: 'none' } : { posture: 'free', because: 'compliant', detail: '', untilMs: null };
}

function acting(cause: Cause, subject: Subject, policy: Policy): Acting[] {
  const name = isPolicyCause(cause.what) ? cause.what : null;
  const reaction = name === null ? null : reactionTo(name, subject, policy);
  return reaction === null ? [] : [{ cause, reaction }];
}

/** Without grace a cause is due at once, even where our clock is behind the one that gave its version. */
function graceEnd({ cause, reaction }: Acting): number {
  return cause.kind === 'compromised' || reaction.graceMs === 0 ? 0 : epochMsOf(cause.since) + reaction.graceMs;
}

function isPolicyCause(what: string): what is PolicyCause {
  return policyCauses.some((cause) => cause === what);
}

function strongest(a: Reaction, b: Reaction): Reaction {
  return {
    suspend: a.suspend || b.suspend,
    revokeOkta: a.revokeOkta || b.revokeOkta,
    revokeEntra: a.revokeEntra || b.revokeEntra,
    graceMs: 0,
  };
}
