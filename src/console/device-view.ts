import { causesOf, type Cause, type Facts } from '../compliance/facts.js';
import type { DeviceKey } from '../compliance/device.js';
import { isOurs } from '../compliance/ledger.js';
import { standingOf, type Standing } from '../compliance/standing.js';
import { epochMsOf } from '../compliance/version.js';
import { readDevice, type DeviceState } from '../store/device.js';
import { eventsOf } from '../store/events.js';
import { modeOf } from '../store/keys.js';
import { runsOf } from '../store/runs.js';
import { verdictOn, yardstickOf, type Desk, type Yardstick } from './desk.js';

/** A device in one line: what it should be, where it stands, since when and why. */
export type DeviceSummary = {
  key: DeviceKey;
  standing: Standing;
  causes: string[];
  /** Since when it stands there, milliseconds since 1970; null where nobody knows. */
  since: number | null;
  name: string | null;
  platform: string | null;
  failure: string | null;
  enforced: boolean;
};

/** What is known about one device in one line, as the policy in force sees it. */
export function summarise(state: DeviceState, yardstick: Yardstick): DeviceSummary {
  const verdict = verdictOn(state, yardstick);
  const standing = standingOf({ verdict, containment: state.containment, ledger: state.ledger, held: state.held !== null });
  const causes = verdict.posture === 'contain' ? verdict.causes : causesOf(state.facts);
  return {
    key: state.key,
    standing,
    causes: causes.map(({ what }) => what),
    since: standsSince(state, standing, causes),
    name: state.name,
    platform: state.platform,
    failure: state.failure ? `${state.failure.cause}: ${state.failure.detail}` : null,
    enforced: state.enforced >= state.generation,
  };
}

/** A lock holds since it was acknowledged to us; what a device should be instead holds since UEM said so. */
function standsSince({ facts, ledger, containment, held }: DeviceState, standing: Standing, causes: Cause[]): number | null {
  switch (standing) {
    case 'held':
      return held?.since ?? null;
    case 'exposed':
      return first(causes.map(({ since }) => momentOf(since)));
    case 'locked_by_us':
      return first(Object.values(ledger).filter(isOurs).map(({ at }) => at));
    case 'locked_by_other':
      return containment?.openedAt ?? null;
    case 'wrongly_locked':
    case 'free':
      return latest([facts.complianceSince, facts.compromisedSince, facts.endedSince, facts.operator?.since ?? null].map(momentOf));
  }
}

function first(moments: (number | null)[]): number | null {
  const known = moments.filter((moment) => moment !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function latest(moments: (number | null)[]): number | null {
  const known = moments.filter((moment) => moment !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function momentOf(version: string | null): number | null {
  return version ? epochMsOf(version) : null;
}

/** Everything that on-call asks about one device; null when nothing is known about it. */
export async function describeDevice(desk: Desk, key: DeviceKey) {
  const { redis, prefix, store } = desk;
  const state = await readDevice(redis, prefix, key);
  if (state === null) return null;
  const { facts, ledger, containment, held, failure, generation, enforced, because } = state;
  const { email, udid, serialNumber, enrolment, ownership, organizationGroup } = state;
  const [runs, events, dirtySince, yardstick] = await Promise.all([
    runsOf(redis, prefix, key),
    eventsOf(redis, prefix, key),
    store.dirtySince(key),
    yardstickOf(desk),
  ]);
  return {
    ...summarise(state, yardstick),
    mode: modeOf(prefix),
    identity: { email, udid, serialNumber, enrolment, ownership, organizationGroup },
    facts: describeFacts(facts),
    generation,
    enforcedGeneration: enforced,
    dirtySince,
    because: because ?? null,
    ledger,
    containment,
    held,
    failed: failure,
    runs,
    events,
  };
}

function describeFacts({ compliance, compromised, ended, unrecognised, operator, ...since }: Facts) {
  return {
    compliance,
    complianceSince: momentOf(since.complianceSince),
    compromised,
    compromisedSince: momentOf(since.compromisedSince),
    ended,
    endedSince: momentOf(since.endedSince),
    unrecognised,
    operator: operator && { ...operator, since: momentOf(operator.since) },
  };
}
