import { z } from 'zod';
import { causeKinds, type Cause } from './facts.js';
import { heldWords } from './outcome.js';
import { peopleSchema } from './people.js';

/**
 * How far one lock-out of a device has come. Every acknowledged step and every sent revocation takes the next `tick`, so that their
 * order is known without trusting the clocks of several workers.
 */
export const containmentSchema = z.object({
  openedAt: z.number(),
  tick: z.number(),
  /** Per kind of cause the version since which it held when this lock-out was opened. */
  covers: z.partialRecord(z.enum(causeKinds), z.string()),
  /** Directory records known to be suspended (by whomever) or out of use in this lock-out, with the tick at which we knew. */
  contained: z.record(z.string(), z.number()),
  /** Okta user id -> tick at which a session revocation that was later acknowledged had been sent. */
  oktaRevocations: z.record(z.string(), z.number()),
  /** Login -> what Entra ID answered to the newest revocation, and the tick at which it had been sent. */
  entraRevocations: z.record(z.string(), z.object({ tick: z.number(), result: z.string() })),
  /** The tick at which the newest Okta session revocation was acknowledged. */
  oktaAnsweredAt: z.number(),
  /** Whom it signs out; null until the directory has been asked. */
  people: peopleSchema.nullable(),
  /** Records that were active again at the last look although we had contained them: let in by somebody else. */
  letIn: z.array(z.string()),
  /** From which holds a human has released it: that question is not asked again, any other is. */
  releasedFrom: z.array(z.enum(heldWords)).default([]),
  /** UEM has been asked, and has answered, whether the device is still what the event said: it is not asked again. */
  confirmed: z.boolean().optional(),
  /** True once every record that a look-up found is contained, and everybody known: then only people are signed out, without another look-up. */
  recordsComplete: z.boolean().optional(),
  /** True once nothing is left to do at Okta: then only Entra's steps are repeated, without another look-up. */
  oktaComplete: z.boolean(),
  /** True once nothing of it is left to do. */
  complete: z.boolean(),
});

export type Containment = z.infer<typeof containmentSchema>;

/** A lock-out that has done nothing yet. */
export function openContainment(causes: Cause[], nowMs: number): Containment {
  const covers = Object.fromEntries(causes.map(({ kind, since }) => [kind, since]));
  return {
    openedAt: nowMs,
    tick: 0,
    covers,
    contained: {},
    oktaRevocations: {},
    entraRevocations: {},
    oktaAnsweredAt: 0,
    people: null,
    letIn: [],
    releasedFrom: [],
    oktaComplete: false,
    complete: false,
  };
}

/** Whether a cause has arisen (or arisen anew) since the lock-out was opened: then everything is done once more. */
export function isNewCause(containment: Containment, causes: Cause[]): boolean {
  return causes.some(({ kind, since }) => containment.covers[kind] !== since);
}

/** A revocation counts only if it was sent after the last suspension had been acknowledged. */
export function oktaRevocationCounts(containment: Containment, userId: string): boolean {
  const sent = containment.oktaRevocations[userId];
  return sent !== undefined && Object.values(containment.contained).every((known) => known < sent);
}

const settled = new Set(['revoked', 'skipped_external']);

/** A live Okta session would sign the user straight back in: Entra's revocation counts only after Okta's. */
export function entraRevocationCounts(containment: Containment, login: string): boolean {
  const newest = containment.entraRevocations[login];
  if (newest === undefined || !settled.has(newest.result)) return false;
  return [containment.oktaAnsweredAt, ...Object.values(containment.contained)].every((known) => known < newest.tick);
}
