import type { Redis } from 'ioredis';
import type { Policy } from '../../src/compliance/policy.js';
import type { SweepEnding } from '../../src/compliance/outcome.js';
import type { Log } from '../../src/log.js';
import type { OktaClient } from '../../src/okta/client.js';
import type { EnforcementQueue } from '../../src/queue/enforcement-queue.js';
import type { EnforcementStore } from '../../src/store/enforcement.js';
import type { FleetIndex } from '../../src/store/fleet-index.js';
import type { Prefix } from '../../src/store/keys.js';
import type { Progress } from '../../src/store/reports.js';
import type { SweepMemory } from '../../src/store/sweep-memory.js';
import type { UemClient } from '../../src/uem/client.js';
import type { Limits } from '../enforce.js';

/** What sweeps of a worker work with. */
export type Sweeping = Limits & {
  redis: Redis;
  prefix: Prefix;
  historyMs: number;
  okta: OktaClient;
  /** Null: UEM's REST API is not configured. */
  uem: UemClient | null;
  index: FleetIndex;
  memory: SweepMemory;
  store: EnforcementStore;
  queue: EnforcementQueue;
  readPolicy: () => Promise<Policy>;
  /** How often the schedule asks for a sweep, milliseconds. */
  everyMs: number;
  log: Log;
  now: () => number;
};

/** A sweep or an adoption. What has changed in `progress` is kept at every page, so that another worker can go on from there. */
export type Reconciling = Sweeping & {
  progress: Progress;
  /** Aborted when this process stops or loses the job. */
  signal: AbortSignal;
  /** False once another worker has taken the job over. */
  isOurs: () => Promise<boolean>;
};

export type Sweep = Reconciling & { uem: UemClient; acceptShrunk: boolean };

/** The sweep cannot go on; what it has found so far is not all. */
export class SweepEnded extends Error {
  readonly word: SweepEnding;

  constructor(word: SweepEnding, detail: string) {
    super(detail);
    this.name = 'SweepEnded';
    this.word = word;
  }
}

/** Another worker has taken the sweep over: this one was frozen for longer than its lock. */
export class TakenOver extends Error {}
