import { decisionOf, type Decision } from '../src/compliance/comparison.js';
import { isUnsettled } from '../src/compliance/ledger.js';
import { epochMsOf } from '../src/compliance/version.js';
import { judge, type Verdict } from '../src/compliance/verdict.js';
import { standingOf, type Standing } from '../src/compliance/standing.js';
import type { BlockStore } from '../src/store/blocks.js';
import type { Budget } from '../src/store/budget.js';
import type { DeviceState } from '../src/store/device.js';
import type { Run as RunRecord, Step } from '../src/store/runs.js';
import { isExpected, type Conclusion } from './attempt.js';
import { Calls, type CallsOptions } from './calls.js';
import { contain } from './contain.js';
import { lanesOf } from './lanes.js';
import type { LookUps } from './look-ups.js';
import { release } from './release.js';
import type { Enforcement, Known, Run } from './run.js';

/** What all runs of all workers share of the upstreams: what is blocked, and what may be spent. */
export type Limits = { blocks: BlockStore; budget: Budget; lookUps: LookUps };

type Control = Pick<CallsOptions, 'stillCurrent' | 'hold' | 'onResumed'> & {
  attempt: number;
  /** Whether a worker died in an earlier attempt: what it did is on the ledger and in the lock-out, not in a run record. */
  afterCrash: boolean;
};

export type Enforced = {
  conclusion: Conclusion;
  record: RunRecord;
  standing: Standing;
  /** A call got no usable answer and may still take effect. */
  uncertain: boolean;
  /** When the facts will ask for something else by themselves, milliseconds since 1970. */
  againAt: number | null;
  /** In shadow mode what was decided, to be compared with what another flow does; else null. */
  decision: Decision | null;
};

/** Brings one generation of one device to where its facts want it; returns how that ended. */
export async function enforce(
  enforcement: Enforcement & Limits,
  known: Known,
  control: Control,
): Promise<Enforced> {
  const { state, policy } = known;
  const { log, now, blocks, budget, lookUps, store } = enforcement;
  const startedAt = now();
  const verdict = judge(state.facts, policy, { subject: state, nowMs: startedAt, permitted: isReleased(state) });
  const simulated = enforcement.mode === 'shadow';
  const saveIntent: CallsOptions['saveIntent'] = (recordId, intent) => store.saveLedgerEntry(state.key, recordId, intent);
  const lanes = lanesOf(state, verdict);
  if (state.waiting > 0 && state.waiting !== state.generation) await budget.leaveLinesAbove(lanes.acting, state.key);
  const calls = new Calls({ key: state.key, blocks, budget, lookUps, lanes, simulated, log, now, saveIntent, ...control });
  const run: Run = { ...known, enforcement, calls, problems: [], writes: [], notes: control.afterCrash ? ['a worker died in an earlier attempt'] : [] };
  const conclusion = inMode(run, await follow(run, verdict));
  for (const error of run.problems.filter((problem) => !isExpected(problem))) log.error({ key: state.key, error }, 'unexpected');
  const record = { ...describe(run, verdict, conclusion), attempt: control.attempt, startedAt, endedAt: now() };
  const standing = standingOf({ verdict, containment: state.containment, ledger: state.ledger, held: false });
  const decision = simulated ? decisionOf(verdict, leftFor(conclusion), state.facts) : null;
  return { conclusion, record, standing, uncertain: isUnsettled(state.ledger, now()), againAt: 'untilMs' in verdict ? verdict.untilMs : null, decision };
}

/** A human's word on a literal that nobody has seen before holds for the facts of that moment, and for as long as the lock-out that it opened. */
function isReleased({ releasedFrom, containment, unrecognisedSince }: DeviceState): boolean {
  const goesOn = containment !== null && containment.covers.compromised === unrecognisedSince;
  return [...releasedFrom, ...(goesOn ? containment.releasedFrom : [])].includes('held_unknown_status');
}

async function follow(run: Run, verdict: Verdict): Promise<Conclusion> {
  switch (verdict.posture) {
    case 'contain':
      return await contain(run, verdict);
    case 'free':
      return await release(run, verdict);
    case 'grace':
      return { kind: 'settled', word: 'unchanged', detail: `Grace until ${new Date(verdict.untilMs).toISOString()}.` };
    case 'hold':
      return { kind: 'held', word: 'held_unknown_status', detail: `Nobody has seen this CompromisedStatus before: ${run.state.unrecognised}` };
    case 'none':
      return { kind: 'settled', word: 'unchanged', detail: 'UEM has not said yet whether the device complies.' };
  }
}

/** The word for why a human has to decide first; null where none has to. */
function leftFor(conclusion: Conclusion): string | null {
  return conclusion.kind === 'held' || (conclusion.kind === 'waiting' && conclusion.word === 'paused') ? conclusion.word : null;
}

/** In shadow mode nothing was done, however much was asked for. */
function inMode({ enforcement, calls }: Run, conclusion: Conclusion): Conclusion {
  if (enforcement.mode !== 'shadow' || conclusion.kind !== 'settled' || !calls.changed) return conclusion;
  return { ...conclusion, word: 'shadow' };
}

function describe(run: Run, verdict: Verdict, conclusion: Conclusion): Omit<RunRecord, 'attempt' | 'startedAt' | 'endedAt'> {
  const { state, calls, notes } = run;
  const detail = conclusion.kind === 'overtaken' ? '' : conclusion.detail;
  const { eventTime, receivedAt } = state.because ?? { eventTime: null, receivedAt: null };
  return {
    key: state.key,
    generation: state.generation,
    posture: verdict.posture,
    causes: verdict.posture === 'contain' ? verdict.causes.map(({ what }) => what) : [],
    outcome: outcomeWord(conclusion),
    detail,
    notes,
    steps: calls.steps,
    exposure: {
      eventTime: eventTime === null ? null : epochMsOf(eventTime),
      receivedAt,
      suspendedAt: lastEnd(calls.steps, ['suspendDevice']),
      lastRevocationAt: lastEnd(calls.steps, ['revokeUserSessions', 'revokeSignInSessions']),
    },
  };
}

function outcomeWord(conclusion: Conclusion): string {
  switch (conclusion.kind) {
    case 'overtaken':
      return 'superseded';
    case 'retry':
      return 'retry';
    case 'failed':
      return 'failed';
    case 'settled':
    case 'held':
    case 'waiting':
      return conclusion.word;
  }
}

const succeeded = new Set(['suspended', 'revoked']);

function lastEnd(steps: Step[], operations: string[]): number | null {
  const ends = steps
    .filter(({ operation, result }) => operations.includes(operation) && succeeded.has(result))
    .map(({ startedAt, durationMs }) => startedAt + durationMs);
  return ends.length === 0 ? null : Math.max(...ends);
}
