import type { UpstreamFailure, Upstream } from '../src/failure.js';
import type { Log } from '../src/log.js';
import { bucketOf } from '../src/okta/rate-limit.js';
import type { Block, BlockStore } from '../src/store/blocks.js';

/** What is asked of an upstream, in the vendor's name of the operation, and about whom. */
export type Target = { upstream: Upstream; operation: string; target: string };

export type Blocking = {
  blocks: BlockStore;
  log: Log;
  now: () => number;
  /** A blocked upstream answers again: whoever waits for it may try. */
  onResumed: () => Promise<void>;
};

/** What may be blocked for a call: its upstream, the rate limit that it counts against, its operation. */
export function scopesOf(call: Target): string[] {
  return [call.upstream, rateLimitScope(call), `${call.upstream}:${call.operation}`];
}

/** Blocks what a failure shows to be out of reach, so that nobody else has to find that out. */
export async function blockAfter(failure: UpstreamFailure, call: Target, { blocks, log, now }: Blocking): Promise<void> {
  const block = await blockFor(failure, call, { blocks, now });
  if (block === null || !(await blocks.block(block))) return;
  const { scope, word, detail } = block;
  if (block.until === null) log.error({ scope, word, detail, alert: 'upstream_blocked' }, 'upstream refuses us: work waits');
  else log.warn({ scope, until: block.until }, 'rate limit used up: work waits');
}

/** Lifts the blocks that a successful probe shows to be over. */
export async function liftBlocks(scopes: string[], { blocks, log, onResumed }: Blocking): Promise<void> {
  for (const scope of scopes) {
    if (!(await blocks.lift(scope))) continue;
    log.warn({ scope, alert: 'upstream_resumed' }, 'upstream answers again');
    await onResumed();
  }
}

async function blockFor(failure: UpstreamFailure, call: Target, { blocks, now }: Pick<Blocking, 'blocks' | 'now'>): Promise<Block | null> {
  const { upstream, operation, target } = call;
  const since = now();
  const detail = failure.message;
  const { kind, waitMs = 1000 } = failure.details;
  if (kind === 'throttled') return { scope: rateLimitScope(call), word: 'waiting_upstream', detail, since, until: since + waitMs };
  if (kind === 'credentials') return { scope: upstream, word: 'waiting_credentials', detail, since, until: null };
  if (kind !== 'permission') return null;
  const scope = `${upstream}:${operation}`;
  const refused = await blocks.refused(scope, target);
  return refused < 2 ? null : { scope, word: 'waiting_permission', detail, since, until: null };
}

function rateLimitScope({ upstream, operation }: Target): string {
  return `${upstream}:${upstream === 'okta' ? bucketOf(operation) : 'requests'}`;
}
