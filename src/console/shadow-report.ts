import { compareWithFlow } from '../compliance/comparison.js';
import { comparisonsSince } from '../store/comparisons.js';
import type { Desk } from './desk.js';

/** A flow that needs longer than this lets a user work on for noticeably longer than the relay would. */
const lateAfterMs = 60_000;

/** Where the relay's decisions and today's flow agreed, and what that flow missed or did late, for decisions since `sinceMs`. */
export async function shadowReport({ redis, prefix }: Pick<Desk, 'redis' | 'prefix'>, sinceMs: number) {
  const comparisons = await comparisonsSince(redis, prefix, sinceMs);
  const judged = comparisons.map((comparison) => ({ ...comparison, agreement: compareWithFlow(comparison) }));
  const missed = judged.filter(({ agreement }) => agreement.kind === 'missed');
  const late = judged.filter(({ agreement }) => agreement.kind === 'agreed' && (agreement.laterByMs ?? 0) > lateAfterMs);
  return { since: sinceMs, compared: judged.length, agreed: judged.length - missed.length, missed, late, lateAfterMs };
}
