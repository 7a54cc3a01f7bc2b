import { DelayedError, WaitingError, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type { EnforcementQueue } from '../src/queue/enforcement-queue.js';
import { enforcementJobSchema, enforcementQueue, type EnforcementJob } from '../src/queue/job.js';
import { readDevice, StateUnreadable, type DeviceState } from '../src/store/device.js';
import type { Claim } from '../src/store/budget.js';
import type { Prefix } from '../src/store/keys.js';
import { beginAttempt, tryAgain } from './attempts.js';
import { enforce, type Limits } from './enforce.js';
import { concludeRun, recordUnreadable, type Outcomes, type Verdict } from './outcome.js';
import type { Enforcement, Known } from './run.js';
import { urgencyNow } from './urgency.js';

export type ProcessorOptions = {
  redis: Redis;
  prefix: Prefix;
  enforcement: Enforcement & Limits;
  queue: EnforcementQueue;
  outcomes: Outcomes;
};

const roundsPerJob = 20;
const unknownVersionWaitsMs = 60_000;
/** Why a job is cancelled that another worker has, or may have by now. */
export const lockLost = 'lock lost';

type Wait = Extract<Verdict, { kind: 'wait' }>;
type Turn = { job: Job<EnforcementJob>; token: string; signal: AbortSignal | undefined };

/**
 * Enforces the device that a job names, round by round until its newest generation is enforced: whatever came in while a round ran is
 * seen by the next. The generation that was seen last is left in `seen`, by device key, for the `failed` handler.
 */
export function createProcessor(options: ProcessorOptions, seen: Map<string, number>) {
  return async (job: Job<EnforcementJob>, token?: string, signal?: AbortSignal): Promise<string> => {
    const turn = { job, token: token ?? '', signal };
    const data = enforcementJobSchema.safeParse(job.data);
    if (!data.success) return await sendBack(options, turn, { until: Date.now() + unknownVersionWaitsMs, wait: null });
    const { key } = data.data;
    for (let round = 0; round < roundsPerJob; round++) {
      const known = await read(options, turn, key);
      if (known === null || known.state.enforced >= known.state.generation || known.state.failure?.generation === known.state.generation) return 'noop';
      seen.set(key, known.state.generation);
      const attempts = await beginAttempt(job, known.state);
      const verdict = await runOnce(options, { ...turn, attempt: attempts.attempt }, known);
      if (verdict.kind === 'finished') return verdict.word;
      if (verdict.kind === 'retry' && !signal?.aborted) await tryAgain(job, attempts, verdict.detail);
      await act(options, turn, verdict);
    }
    await options.queue.add(key, await urgencyNow(options.outcomes, key));
    return 'superseded';
  };
}

async function runOnce(options: ProcessorOptions, turn: Turn & { attempt: number }, known: Known): Promise<Verdict> {
  const { enforcement, queue, outcomes } = options;
  const { state } = known;
  const enforced = await enforce(enforcement, known, {
    attempt: turn.attempt,
    afterCrash: turn.job.stalledCounter > 0,
    stillCurrent: async () => !turn.signal?.aborted && (await stillCurrent(options, turn, state)),
    hold: () => (turn.signal?.aborted ? null : { generation: state.generation, lock: lockOf(options, turn) }),
    onResumed: () => queue.resumeWaiting(),
  });
  const lost = turn.signal?.aborted ? turn.signal.reason === lockLost : enforced.conclusion.kind === 'overtaken' && !(await holdsLock(options, turn));
  const verdict = await concludeRun(outcomes, state, { ...enforced, uncertain: enforced.uncertain || lost });
  if (lost) throw new Error('another worker has taken the device over: this one was frozen for longer than its lock');
  return verdict;
}

/** Whether the generation is still the device's newest, and the job still this worker's. */
async function stillCurrent(options: ProcessorOptions, turn: Turn, state: DeviceState): Promise<boolean> {
  const [generation, lock] = await Promise.all([options.enforcement.store.generation(state.key), holdsLock(options, turn)]);
  return generation === state.generation && lock;
}

async function holdsLock(options: ProcessorOptions, turn: Turn): Promise<boolean> {
  const { name, token } = lockOf(options, turn);
  return (await options.redis.get(name)) === token;
}

/** As BullMQ names it (`scripts.ts`, `moveToActive`). */
function lockOf({ prefix }: ProcessorOptions, { job, token }: Turn): Claim['lock'] {
  return { name: `${prefix}:${enforcementQueue}:${job.id}:lock`, token };
}

/** Leaves the processor, unless the device is to be run again at once. */
async function act(options: ProcessorOptions, turn: Turn, verdict: Exclude<Verdict, { kind: 'finished' }>): Promise<void> {
  const { job, token, signal } = turn;
  if (signal?.aborted) {
    await job.moveToWait(token);
    throw new WaitingError();
  }
  if (verdict.kind === 'wait') await sendBack(options, turn, { until: verdict.until, wait: verdict });
}

/** Puts the job back until a moment, without spending an attempt. What ended its wait just before is not lost on it. */
async function sendBack(options: ProcessorOptions, { job, token }: Turn, { until, wait }: { until: number; wait: Wait | null }): Promise<never> {
  await job.moveToDelayed(until, token);
  if (wait && (await isOver(options, wait))) await options.queue.add(wait.key, await urgencyNow(options.outcomes, wait.key));
  throw new DelayedError();
}

/** Whether an event came in, or what ends such a wait for all jobs that are put back came before this one was. */
async function isOver({ enforcement: { store, blocks, readPause } }: ProcessorOptions, { key, generation, word }: Wait): Promise<boolean> {
  if ((await store.generation(key)) !== generation) return true;
  if (word === 'paused') return (await readPause()) === null;
  if (word !== 'waiting_credentials' && word !== 'waiting_permission') return false;
  return !(await blocks.all()).some((block) => block.word === word);
}

async function read(options: ProcessorOptions, turn: Turn, key: string): Promise<Known | null> {
  const { redis, prefix, outcomes, enforcement } = options;
  try {
    const [state, policy, pause, entries] = await Promise.all([
      readDevice(redis, prefix, key),
      enforcement.readPolicy(),
      enforcement.readPause(),
      enforcement.fleet.recall([key]),
    ]);
    return state === null ? null : { state, policy, pause, entry: entries.get(key) };
  } catch (error) {
    if (!(error instanceof StateUnreadable)) throw error;
    if (error.unknownVersion) return await sendBack(options, turn, { until: Date.now() + unknownVersionWaitsMs, wait: null });
    await recordUnreadable(outcomes, key, error.message);
    return null;
  }
}
