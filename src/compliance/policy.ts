import { causesOf, type Cause, type Facts } from './facts.js';

/** What one cause leads to. */
export type Reaction = { suspend: boolean; revokeOkta: boolean; revokeEntra: boolean };

/** Which cause leads to what; a cause without a reaction is not acted on. */
export type Policy = Record<'unenrolled' | 'wiped' | 'deleted' | 'compromised' | 'noncompliant', Reaction | null>;

const lockOut: Reaction = { suspend: true, revokeOkta: true, revokeEntra: true };

/** The policy of a relay without a policy file: every cause locks the device out and signs its users out. */
export const builtInPolicy: Policy = {
  unenrolled: lockOut,
  wiped: lockOut,
  deleted: lockOut,
  compromised: lockOut,
  noncompliant: lockOut,
};

export type Verdict =
  | { posture: 'contain'; causes: [Cause, ...Cause[]]; reaction: Reaction }
  | { posture: 'hold' }
  | { posture: 'free' }
  /** UEM has not said yet whether the device complies: nothing is locked, and nothing locked is let back in. */
  | { posture: 'none' };

/** What the facts ask for under a policy: lifecycle before compromise before compliance; only explicit states act. */
export function judge(facts: Facts, policy: Policy): Verdict {
  const acting = causesOf(facts).flatMap((cause) => reactionTo(cause, policy));
  const [first, ...rest] = acting;
  if (first) {
    return {
      posture: 'contain',
      causes: [first.cause, ...rest.map(({ cause }) => cause)],
      reaction: acting.map(({ reaction }) => reaction).reduce(strongest),
    };
  }
  if (facts.unrecognised !== null) return { posture: 'hold' };
  return { posture: facts.compliance === null ? 'none' : 'free' };
}

function reactionTo(cause: Cause, policy: Policy): { cause: Cause; reaction: Reaction }[] {
  const key = cause.kind === 'ended' ? cause.what : cause.kind;
  const reaction = isPolicyKey(key) ? policy[key] : null;
  return reaction === null ? [] : [{ cause, reaction }];
}

function isPolicyKey(key: string): key is keyof Policy {
  return Object.hasOwn(builtInPolicy, key);
}

function strongest(a: Reaction, b: Reaction): Reaction {
  return {
    suspend: a.suspend || b.suspend,
    revokeOkta: a.revokeOkta || b.revokeOkta,
    revokeEntra: a.revokeEntra || b.revokeEntra,
  };
}
