import type { Ended } from './event.js';
import type { Version } from './version.js';

/** What holds for a device now, newest statement per fact; `…Since` is the version with which the fact came to hold. */
export type Facts = {
  compliance: 'compliant' | 'noncompliant' | null;
  complianceSince: Version | null;
  compromised: boolean;
  compromisedSince: Version | null;
  /** A compromise literal that nobody has seen before, newer than any that we understand. */
  unrecognised: string | null;
  unrecognisedSince: Version | null;
  /** Null while the device is enrolled (or nothing else is known). */
  ended: Ended | null;
  endedSince: Version | null;
  /** On-call's word; it holds until it expires or is taken back. */
  operator: OperatorFact | null;
};

export type OperatorFact = { state: 'locked' | 'unlocked'; since: Version; untilMs: number | null; reason: string; by: string };

/** The facts that can ask for containment, strongest first. */
export const causeKinds = ['operator', 'ended', 'compromised', 'noncompliant'] as const;
type CauseKind = (typeof causeKinds)[number];

/** Why a device is to be locked, and since which version: the identity of one containment. */
export type Cause = { kind: CauseKind; what: string; since: Version };

/** Every reason that UEM's facts hold against a device, strongest first. */
export function causesOf(facts: Facts): Cause[] {
  const causes: Cause[] = [];
  if (facts.ended && facts.endedSince) causes.push({ kind: 'ended', what: facts.ended, since: facts.endedSince });
  if (facts.compromised && facts.compromisedSince) {
    causes.push({ kind: 'compromised', what: 'compromised', since: facts.compromisedSince });
  }
  if (facts.compliance === 'noncompliant' && facts.complianceSince) {
    causes.push({ kind: 'noncompliant', what: 'noncompliant', since: facts.complianceSince });
  }
  return causes;
}
