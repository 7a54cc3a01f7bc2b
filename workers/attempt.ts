import type { HeldWord, DoneWord, FailureCause, WaitingWord } from '../src/compliance/outcome.js';
import { UpstreamFailure } from '../src/failure.js';
import { Overtaken, UpstreamBlocked } from './calls.js';
import { BudgetSpent } from './purse.js';

/** How one attempt to enforce a device ended. */
export type Conclusion =
  | { kind: 'settled'; word: DoneWord; detail: string }
  | { kind: 'held'; word: HeldWord; detail: string }
  | { kind: 'waiting'; word: WaitingWord; until: number; detail: string }
  | { kind: 'retry'; detail: string }
  | { kind: 'failed'; cause: FailureCause; detail: string }
  | { kind: 'overtaken' };

/** A step that was answered, and whose answer means that the device or person cannot be dealt with by trying again. */
export class Hopeless extends Error {
  readonly failure: FailureCause;

  constructor(failure: FailureCause, detail: string) {
    super(detail);
    this.name = 'Hopeless';
    this.failure = failure;
  }
}

/**
 * What the problems of one attempt mean together; null when there are none. What can still succeed is tried first: being overtaken
 * before waiting, waiting before trying again, trying again before giving up.
 */
export function concludeProblems(problems: unknown[], nowMs: number): Conclusion | null {
  if (problems.length === 0) return null;
  if (problems.some((problem) => problem instanceof Overtaken)) return { kind: 'overtaken' };
  return waiting(problems, nowMs) ?? retrying(problems) ?? givingUp(problems);
}

/** Whether a problem is one of those that the relay knows how to deal with; any other is a defect of ours, or Redis' trouble. */
export function isExpected(problem: unknown): boolean {
  return [UpstreamFailure, UpstreamBlocked, BudgetSpent, Overtaken, Hopeless].some((known) => problem instanceof known);
}

const probeAgainMs = 60_000;
const shortestWaitMs = 1_000;
/** What merely failed beside something that waits is tried again after this. */
const besideWaitMs = 10_000;

type Waiting = Extract<Conclusion, { kind: 'waiting' }>;

/** Until the first of several waits is over: one upstream's trouble does not delay the other's steps. */
function waiting(problems: unknown[], nowMs: number): Waiting | null {
  const waits = problems.flatMap((problem) => waitFor(problem, nowMs) ?? []);
  const [first] = waits;
  if (first === undefined) return null;
  const moments = waits.map(({ until }) => until);
  return { ...first, until: Math.min(...moments, retrying(problems) === null ? Infinity : nowMs + besideWaitMs) };
}

function waitFor(problem: unknown, nowMs: number): Waiting | null {
  if (problem instanceof UpstreamBlocked) {
    const { word, until, detail } = problem.block;
    return { kind: 'waiting', word, until: until ?? nowMs + probeAgainMs, detail };
  }
  if (problem instanceof BudgetSpent) return { kind: 'waiting', word: 'waiting_budget', until: problem.until, detail: problem.message };
  if (!(problem instanceof UpstreamFailure)) return null;
  const { kind, waitMs = shortestWaitMs } = problem.details;
  if (kind === 'throttled') return { kind: 'waiting', word: 'waiting_upstream', until: nowMs + waitMs, detail: problem.message };
  if (kind === 'credentials') return { kind: 'waiting', word: 'waiting_credentials', until: nowMs + probeAgainMs, detail: problem.message };
  return null;
}

/** Whether a problem with the devices says nothing of the upstream's other operations. */
export function concernsDevicesOnly(problem: unknown): boolean {
  if (problem instanceof BudgetSpent) return problem.bucket === 'devices';
  if (problem instanceof UpstreamBlocked) return problem.block.scope.includes(':');
  return problem instanceof UpstreamFailure && ['throttled', 'permission', 'rejected', 'garbage'].includes(problem.details.kind);
}

/** A refusal of one object is tried again: that the permission is missing is known only when a second object is refused. */
function retrying(problems: unknown[]): Conclusion | null {
  const passing = problems.find(
    (problem) => problem instanceof UpstreamFailure && ['transient', 'permission'].includes(problem.details.kind),
  );
  if (passing instanceof UpstreamFailure) return { kind: 'retry', detail: passing.message };
  const unexpected = problems.find((problem) => !isExpected(problem));
  if (unexpected === undefined) return null;
  return { kind: 'retry', detail: `unexpected: ${unexpected instanceof Error ? unexpected.name : typeof unexpected}` };
}

function givingUp(problems: unknown[]): Conclusion | null {
  const [first] = problems;
  if (first instanceof Hopeless) return { kind: 'failed', cause: first.failure, detail: first.message };
  if (!(first instanceof UpstreamFailure)) return null;
  return { kind: 'failed', cause: first.details.code === 'not_confirmed' ? 'not_confirmed' : 'rejected', detail: first.message };
}
