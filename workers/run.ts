import type { DeviceKey } from '../src/compliance/device.js';
import type { Policy } from '../src/compliance/policy.js';
import type { Verdict } from '../src/compliance/verdict.js';
import type { EntraClient } from '../src/entra/client.js';
import type { Log } from '../src/log.js';
import type { OktaClient } from '../src/okta/client.js';
import type { DeviceState } from '../src/store/device.js';
import type { EnforcementStore } from '../src/store/enforcement.js';
import type { Incoming, Ingested } from '../src/store/ingest.js';
import type { FleetEntry, FleetIndex } from '../src/store/fleet-index.js';
import type { Pause } from '../src/store/pause.js';
import type { Safeguard } from '../src/store/safeguard.js';
import type { UemClient } from '../src/uem/client.js';
import type { Calls } from './calls.js';

/** What stays the same for all runs of a worker. */
export type Enforcement = {
  mode: 'enforce' | 'shadow';
  store: EnforcementStore;
  okta: OktaClient;
  /** Null: Entra actions are off. */
  entra: EntraClient | null;
  /** Null: nothing that a webhook says is confirmed. */
  uem: UemClient | null;
  /** Takes in what somebody other than a webhook says of a device, as one. */
  ingest: (incoming: Incoming) => Promise<Ingested>;
  /** Has another device enforced at once, which a run has given a reason to plan. */
  enqueue: (key: DeviceKey) => Promise<void>;
  fleet: FleetIndex;
  /** Who we are in Okta's System Log; null where we may not read it, or do not know yet. */
  logActor: () => string | null;
  /** The policy in force: the same for all workers. */
  readPolicy: () => Promise<Policy>;
  safeguard: Safeguard;
  readPause: () => Promise<Pause | null>;
  unsuspend: 'own' | 'any';
  maxUsers: number;
  log: Log;
  now: () => number;
};

/** What is remembered when a run begins. */
export type Known = {
  state: DeviceState;
  policy: Policy;
  /** The pause that holds now, if any: nothing is locked while it does. */
  pause: Pause | null;
  /** Of the device, in the fleet index. */
  entry: FleetEntry | undefined;
};

/** One attempt to bring one generation of one device to where its facts want it. */
export type Run = Known & {
  enforcement: Enforcement;
  calls: Calls;
  /** What went wrong so far; one problem does not keep the other steps from being tried. */
  problems: unknown[];
  /** What Redis is to be told of calls that were answered. */
  writes: Promise<unknown>[];
  notes: string[];
};

export type Free = Extract<Verdict, { posture: 'free' }>;
export type Contain = Extract<Verdict, { posture: 'contain' }>;

/** Tries something that may fail without stopping the run; undefined when it has failed. */
export async function attempt<T>(run: Run, what: () => Promise<T>): Promise<T | undefined> {
  try {
    return await what();
  } catch (problem) {
    run.problems.push(problem);
    return undefined;
  }
}

/**
 * Writes without keeping the run waiting; a failure is a problem of the run. Redis has it before any call is made that is asked for later,
 * because both go through one connection.
 */
export function write(run: Run, what: () => Promise<unknown>): void {
  run.writes.push(attempt(run, what));
}

/** Resolves when Redis has all that the run has to write so far. */
export async function finishWrites({ calls, writes }: Run): Promise<void> {
  calls.beIdle();
  await Promise.all(writes);
}
