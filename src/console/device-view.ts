import type { Redis } from 'ioredis';
import { builtInPolicy, judge } from '../compliance/policy.js';
import { causesOf } from '../compliance/facts.js';
import { normaliseIdentifier, type DeviceKey } from '../compliance/device.js';
import { standingOf, type Standing } from '../compliance/standing.js';
import { readDevice, type DeviceState } from '../store/device.js';
import { EnforcementStore } from '../store/enforcement.js';
import { eventsOf } from '../store/events.js';
import { redisKeys, type Prefix } from '../store/keys.js';
import { runsOf } from '../store/runs.js';

/** A device in one line: what it should be, where it stands, since when and why. */
export type DeviceSummary = {
  key: DeviceKey;
  standing: Standing;
  causes: string[];
  /** Milliseconds since 1970 of the reason for the newest plan. */
  since: number | null;
  name: string | null;
  platform: string | null;
  failure: string | null;
  enforced: boolean;
};

/** What is known about one device in one line. */
export function summarise(state: DeviceState): DeviceSummary {
  const verdict = judge(state.facts, builtInPolicy);
  return {
    key: state.key,
    standing: standingOf({ verdict, containment: state.containment, ledger: state.ledger, held: state.held !== null }),
    causes: causesOf(state.facts).map(({ what }) => what),
    since: state.because?.receivedAt ?? null,
    name: state.name,
    platform: state.platform,
    failure: state.failure ? `${state.failure.cause}: ${state.failure.detail}` : null,
    enforced: state.enforced >= state.generation,
  };
}

/** Everything that on-call asks about one device; null when nothing is known about it. */
export async function describeDevice(redis: Redis, prefix: Prefix, key: DeviceKey) {
  const state = await readDevice(redis, prefix, key);
  if (state === null) return null;
  const { facts, ledger, containment, held, failure, generation, enforced, because } = state;
  const { email, udid, serialNumber, enrolment, ownership, organizationGroup } = state;
  const [runs, events, dirtySince] = await Promise.all([
    runsOf(redis, prefix, key),
    eventsOf(redis, prefix, key),
    new EnforcementStore(redis, prefix).dirtySince(key),
  ]);
  const { compliance, compromised, ended, unrecognised } = facts;
  return {
    ...summarise(state),
    identity: { email, udid, serialNumber, enrolment, ownership, organizationGroup },
    facts: { compliance, compromised, ended, unrecognised },
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

/** The keys that a person may mean: a key, a UDID, a serial number, or an enrolment e-mail address. */
export async function findKeys(redis: Redis, prefix: Prefix, query: string): Promise<DeviceKey[]> {
  if (query.includes('@')) return await keysOfEmail(redis, prefix, query);
  const kind = /^(udid|serial):(.+)$/i.exec(query.trim());
  const wanted = kind ? [`${kind[1]?.toLowerCase()}:${normaliseIdentifier(kind[2] ?? '')}`] : ['udid', 'serial'].map((name) => `${name}:${normaliseIdentifier(query)}`);
  const known = await Promise.all(wanted.map((key) => redis.exists(redisKeys(prefix).device(key))));
  return wanted.filter((_key, i) => known[i] === 1);
}

/** Reads every device once: a person waits for that, no event does. */
async function keysOfEmail(redis: Redis, prefix: Prefix, email: string): Promise<DeviceKey[]> {
  const start = redisKeys(prefix).device('');
  const found: DeviceKey[] = [];
  for await (const batch of redis.scanStream({ match: `${start.replace(/[[\]{}*?\\]/g, '\\$&')}*`, count: 1000 }) as AsyncIterable<string[]>) {
    const emails = await Promise.all(batch.map((name) => redis.hget(name, 'email')));
    found.push(...batch.filter((_name, i) => emails[i]?.toLowerCase() === email.trim().toLowerCase()).map((name) => name.slice(start.length)));
  }
  return [...new Set(found)].toSorted();
}
