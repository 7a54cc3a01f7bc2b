import type { Redis } from 'ioredis';
import type { FailureCause, WaitingWord } from '../src/compliance/outcome.js';
import { uncertainCallMs } from '../src/compliance/ledger.js';
import { epochMsOf } from '../src/compliance/version.js';
import type { Log } from '../src/log.js';
import type { UpkeepQueue } from '../src/queue/upkeep-queue.js';
import type { DeviceState } from '../src/store/device.js';
import type { EnforcementStore } from '../src/store/enforcement.js';
import type { Prefix } from '../src/store/keys.js';
import { keepRun, type Run } from '../src/store/runs.js';
import type { Conclusion } from './attempt.js';
import { scheduleComparison } from './compare.js';
import type { Enforced } from './enforce.js';

export type Outcomes = {
  redis: Redis;
  prefix: Prefix;
  historyMs: number;
  store: EnforcementStore;
  upkeep: UpkeepQueue;
  log: Log;
  now: () => number;
};

/** What the worker does with the job after a run. */
export type Verdict =
  | { kind: 'finished'; word: string }
  /** A newer generation is there: run again at once. */
  | { kind: 'again' }
  | { kind: 'retry'; detail: string }
  | { kind: 'wait'; until: number; key: string; generation: number; word: WaitingWord };

/** For how long work waits or is tried again before it counts as a failure. */
const ageLimitMs = 24 * 3_600_000;
/** Failures are taken up again by themselves. */
const retryFailedAfterMs = 3_600_000;
/** When a contained device is resolved again: re-enrolling creates a new, active record. */
const recheckAfterMs = [60_000, 300_000, 900_000];
const spreadMs = 2_000;

/** Records a run, writes what it means for the device, and says what is to become of the job. */
export async function concludeRun(outcomes: Outcomes, state: DeviceState, enforced: Enforced): Promise<Verdict> {
  const { conclusion, record, standing, uncertain, againAt } = enforced;
  const waitsForBudget = conclusion.kind === 'waiting' && conclusion.word === 'waiting_budget';
  const saidSo = state.waiting === state.generation;
  // Hundreds may wait for minutes: that one does is said once, not whenever its turn comes in vain.
  if (!(waitsForBudget && saidSo && record.steps.length === 0)) {
    await keepRun(outcomes.redis, outcomes, record);
    logRun(outcomes.log, record);
  }
  await scheduleComparison(outcomes, state, enforced);
  if (waitsForBudget !== saidSo) await outcomes.store.markWaiting(state.key, waitsForBudget ? state.generation : 0);
  if (uncertain) await outcomes.upkeep.recheck({ key: state.key, why: 'uncertain', openedAt: null }, uncertainCallMs);
  if (againAt !== null && conclusion.kind !== 'overtaken') await outcomes.upkeep.planAt({ key: state.key, why: record.posture === 'free' ? 'expiry' : 'due' }, againAt, outcomes.now());
  switch (conclusion.kind) {
    case 'overtaken':
      return { kind: 'again' };
    case 'settled':
      await outcomes.store.markExposed(state.key, standing === 'exposed', outcomes.now());
      await scheduleRechecks(outcomes, state, record);
      return finish(state, conclusion.word, await outcomes.store.settle(state.key, state.generation));
    case 'held':
      return finish(state, conclusion.word, await hold(outcomes, state, conclusion));
    case 'failed':
      await scheduleRechecks(outcomes, state, record);
      return finish(state, 'failed', await giveUp(outcomes, state, conclusion));
    case 'retry':
    case 'waiting':
      if (record.steps.some(({ operation, result }) => operation === 'suspendDevice' && result === 'suspended')) await scheduleRechecks(outcomes, state, record);
      return await goOnLater(outcomes, state, conclusion);
  }
}

function finish(state: DeviceState, word: string, newest: number): Verdict {
  return newest === state.generation ? { kind: 'finished', word } : { kind: 'again' };
}

/** A mass lock-out has one alert when the safeguard trips; any other hold is a matter of its device, and of on-call. */
async function hold({ store, log, now }: Outcomes, { key, generation }: DeviceState, { word, detail }: Extract<Conclusion, { kind: 'held' }>): Promise<number> {
  const newest = await store.hold(key, generation, { word, detail, since: now() });
  if (word !== 'held_mass' && newest === generation) log.error({ key, generation, word, detail, alert: 'device_held' }, 'a device waits for a human');
  return newest;
}

async function goOnLater(outcomes: Outcomes, state: DeviceState, conclusion: Extract<Conclusion, { kind: 'retry' | 'waiting' }>): Promise<Verdict> {
  const { store, now } = outcomes;
  const since = Math.max((await store.dirtySince(state.key)) ?? now(), state.waitedForHumanAt, factsSince(state));
  if (waitsForHuman(conclusion)) await store.markWaitedForHuman(state.key, now());
  else if (now() - since > ageLimitMs) {
    return finish(state, 'failed', await giveUp(outcomes, state, { cause: 'expired', detail: conclusion.detail }));
  }
  if ((await store.generation(state.key)) !== state.generation) return { kind: 'again' };
  if (conclusion.kind === 'retry') return conclusion;
  const spread = conclusion.word === 'waiting_budget' ? 0 : Math.random() * spreadMs;
  const until = Math.max(conclusion.until, now()) + spread;
  return { kind: 'wait', until, key: state.key, generation: state.generation, word: conclusion.word };
}

/** What only a human ends is not held against the device: its age counts from when such a wait was last seen. */
function waitsForHuman(conclusion: Extract<Conclusion, { kind: 'retry' | 'waiting' }>): boolean {
  return conclusion.kind === 'waiting' && ['paused', 'waiting_credentials', 'waiting_permission'].includes(conclusion.word);
}

/** When the facts came to be what they are, milliseconds since 1970: what was asked for before has not been tried for. */
function factsSince({ facts }: DeviceState): number {
  const { complianceSince, compromisedSince, unrecognisedSince, endedSince, operator } = facts;
  const moments = [complianceSince, compromisedSince, unrecognisedSince, endedSince, operator?.since ?? null];
  return Math.max(0, ...moments.flatMap((since) => (since === null ? [] : epochMsOf(since))));
}

/** Remembers a device as failed, to be tried again within the hour; returns its newest generation. */
export async function giveUp(outcomes: Outcomes, { key, generation }: Pick<DeviceState, 'key' | 'generation'>, failure: { cause: FailureCause; detail: string }): Promise<number> {
  const { cause, detail } = failure;
  const at = outcomes.now();
  outcomes.log.error({ key, generation, cause, detail, alert: 'device_failed' }, 'gave up on a device');
  return await outcomes.store.giveUp(key, { cause, detail, at, generation }, at + retryFailedAfterMs);
}

/** Remembers a device whose state another version wrote or damaged. */
export async function recordUnreadable(outcomes: Outcomes, key: string, detail: string): Promise<void> {
  const generation = await outcomes.store.generation(key);
  await giveUp(outcomes, { key, generation }, { cause: 'state_unreadable', detail });
}

async function scheduleRechecks({ upkeep }: Outcomes, { key, containment, recheck, enforced }: DeviceState, record: Run): Promise<void> {
  const acted = record.steps.some(({ operation }) => operation === 'suspendDevice' || operation === 'revokeUserSessions');
  const isRecheck = recheck > enforced;
  if (record.posture !== 'contain' || record.outcome === 'unchanged' || (isRecheck && !acted)) return;
  const openedAt = containment?.openedAt ?? null;
  await Promise.all(recheckAfterMs.map((delayMs) => upkeep.recheck({ key, why: 'contained', openedAt }, delayMs)));
}

/** One wide line per run: every id and duration, no address and no body. */
function logRun(log: Log, { steps, exposure, notes, ...run }: Run): void {
  const calls = steps.map(({ operation, result, status, durationMs, requestId }) => ({ operation, result, status, durationMs, requestId }));
  const since = exposure.receivedAt;
  const after = (moment: number | null) => (since === null || moment === null ? null : moment - since);
  const clock = { suspendedAfterMs: after(exposure.suspendedAt), lastRevocationAfterMs: after(exposure.lastRevocationAt) };
  log.info({ ...run, ...clock, notes, calls }, 'run');
}
