import { setTimeout as delay } from 'node:timers/promises';
import { UpstreamFailure, type Upstream } from '../../src/failure.js';
import type { Answered } from '../../src/http-call.js';
import { UpstreamBlocked, type Call } from '../calls.js';
import { lastInLine } from '../last-in-line.js';
import { BudgetSpent } from '../purse.js';
import { SweepEnded, TakenOver, type Reconciling } from './sweep.js';

/** The pauses before what may pass is tried again, milliseconds. */
const pausesMs = [1_000, 2_000, 5_000, 15_000, 30_000];
/** A sweep whose upstream has no call left for longer than that is better begun anew then. */
const longestWaitMs = 900_000;

/** A read of a sweep: `operation` in the vendor's words. */
type Question = Pick<Call, 'operation' | 'target'> & { upstream: Extract<Upstream, 'okta' | 'uem'> };

/**
 * Makes one call, last in the line of all that Okta is asked: waits until there is room, waits out rate limits, and tries again what may
 * pass. Throws `SweepEnded` where the sweep cannot go on, and `UpstreamFailure` for what concerns this one object.
 */
export async function ask<T extends object>(sweep: Reconciling, question: Question, send: () => Promise<Answered<T>>): Promise<T> {
  let waitUntil = sweep.now() + longestWaitMs;
  let failures = 0;
  for (;;) {
    sweep.signal.throwIfAborted();
    if (!(await sweep.isOurs())) throw new TakenOver('another worker has taken the sweep over');
    try {
      return await call(sweep, question, send);
    } catch (problem) {
      const pause = pauseAfter(problem, { failures, nowMs: sweep.now() });
      // For its turn a sweep may wait long: others go before it.
      if (problem instanceof BudgetSpent) waitUntil += pause;
      if (sweep.now() + pause > waitUntil) throw new SweepEnded('upstream_unavailable', messageOf(problem));
      if (problem instanceof UpstreamFailure && problem.details.kind === 'transient') failures += 1;
      await delay(pause, null, { signal: sweep.signal });
    }
  }
}

async function call<T extends object>(sweep: Reconciling, question: Question, send: () => Promise<Answered<T>>): Promise<T> {
  const { progress } = sweep;
  const counted = async () => {
    progress.calls[question.upstream] = (progress.calls[question.upstream] ?? 0) + 1;
    return await send();
  };
  return await lastInLine(sweep, 'sweep').make({ ...question, changes: false }, counted);
}

/** How long to wait before the call is made again. Throws where that is no use. */
function pauseAfter(problem: unknown, { failures, nowMs }: { failures: number; nowMs: number }): number {
  if (problem instanceof UpstreamBlocked) {
    const { until, detail } = problem.block;
    if (until === null) throw new SweepEnded('upstream_refused', detail);
    return Math.max(1, until - nowMs);
  }
  if (problem instanceof BudgetSpent) return Math.max(1, problem.until - nowMs);
  if (!(problem instanceof UpstreamFailure)) throw problem;
  const { kind, code, waitMs = 1_000 } = problem.details;
  if (kind === 'throttled') return waitMs;
  if (kind === 'credentials' || kind === 'permission') throw new SweepEnded('upstream_refused', problem.message);
  if (kind === 'garbage') throw new SweepEnded(code === 'empty_inventory' ? 'empty_inventory' : 'unreadable_inventory', problem.message);
  if (kind !== 'transient') throw problem;
  const pause = pausesMs[failures];
  if (pause === undefined) throw new SweepEnded('upstream_unavailable', problem.message);
  return pause;
}

function messageOf(problem: unknown): string {
  return problem instanceof Error ? problem.message : 'unknown';
}
