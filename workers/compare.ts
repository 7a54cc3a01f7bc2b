import type { Redis } from 'ioredis';
import { UpstreamFailure } from '../src/failure.js';
import type { OktaClient } from '../src/okta/client.js';
import { bucketOf } from '../src/okta/rate-limit.js';
import type { UpkeepQueue } from '../src/queue/upkeep-queue.js';
import type { Budget } from '../src/store/budget.js';
import { keepComparison, type Comparison } from '../src/store/comparisons.js';
import type { Prefix } from '../src/store/keys.js';
import type { Run } from '../src/store/runs.js';

type Scope = { okta: OktaClient; budget: Budget; redis: Redis; prefix: Prefix; historyMs: number };

/** How long the other flow is given before its work is looked at. */
const compareAfterMs = 300_000;

const wantedBy = new Map([
  ['suspendDevice', 'suspended'],
  ['unsuspendDevice', 'active'],
] as const);

/** Has a look taken, five minutes on, at what the other flow made of each record that this shadow run would have changed. */
export async function scheduleComparisons(upkeep: UpkeepQueue, { key, steps, endedAt }: Run): Promise<void> {
  for (const { operation, target } of steps) {
    const wanted = [...wantedBy].find(([name]) => name === operation)?.[1];
    if (wanted !== undefined) await upkeep.compare({ key, recordId: target, wanted, decidedAt: endedAt }, compareAfterMs);
  }
}

/**
 * Looks at a record and keeps what is seen beside what the relay would have done; returns null, or where the budget has nothing left for that
 * the milliseconds until its turn.
 */
export async function compare({ okta, budget, redis, ...scope }: Scope, decision: Omit<Comparison, 'seen' | 'changedAt'>): Promise<number | null> {
  const { key, recordId, wanted, decidedAt } = decision;
  const answer = await budget.take(bucketOf('getDevice'), { lane: 'verify', who: [`compare ${recordId}`] });
  if (answer.token === null) return Math.max(...answer.turnsMs);
  try {
    const seen = await see(okta, recordId);
    await keepComparison(redis, scope, { key, recordId, wanted, decidedAt, ...seen });
  } finally {
    await budget.end(answer.token);
  }
  return null;
}

async function see(okta: OktaClient, recordId: string): Promise<Pick<Comparison, 'seen' | 'changedAt'>> {
  try {
    const { value } = await okta.getDevice(recordId);
    return { seen: value.status, changedAt: value.changedAt ?? null };
  } catch (error) {
    if (error instanceof UpstreamFailure && error.details.kind === 'not_found') return { seen: 'gone', changedAt: null };
    throw error;
  }
}
