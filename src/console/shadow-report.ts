import { compareWithFlow, lateAfterMs } from '../compliance/comparison.js';
import { comparisonsSince } from '../store/comparisons.js';
import type { Desk } from './desk.js';

/** Where the relay's decisions and today's flow agreed, and what that flow missed or did late, for decisions since `sinceMs`. */
export async function shadowReport({ redis, prefix }: Pick<Desk, 'redis' | 'prefix'>, sinceMs: number) {
  const comparisons = await comparisonsSince(redis, prefix, sinceMs);
  const judged = comparisons.flatMap(({ seen, ...comparison }) => (seen === 'unread' ? [] : [{ ...comparison, seen, agreement: compareWithFlow({ ...comparison, seen }) }]));
  const missed = judged.filter(({ agreement }) => agreement.kind === 'missed');
  const late = judged.filter(({ agreement }) => agreement.kind === 'agreed' && (agreement.laterByMs ?? 0) > lateAfterMs);
  const unread = comparisons.length - judged.length;
  return { since: sinceMs, compared: judged.length, agreed: judged.length - missed.length, missed, late, lateAfterMs, unread };
}
