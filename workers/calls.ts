import { UpstreamFailure, type Upstream } from '../src/failure.js';
import type { Answered } from '../src/http-call.js';
import type { Log } from '../src/log.js';
import type { Block, BlockStore } from '../src/store/blocks.js';
import type { Step } from '../src/store/runs.js';

/** A call was not made because everybody waits for its upstream. */
export class UpstreamBlocked extends Error {
  readonly block: Block;

  constructor(block: Block) {
    super(`${block.scope} is blocked: ${block.detail}`);
    this.name = 'UpstreamBlocked';
    this.block = block;
  }
}

/** A call was not made because a newer generation, another worker or the shutdown has taken the device over. */
export class Overtaken extends Error {}

export type Call = {
  upstream: Upstream;
  /** The vendor's name of the operation. */
  operation: string;
  /** Which of the upstream's rate limits the call counts against. */
  bucket: 'devices' | 'users' | 'tokens' | 'graph';
  target: string;
  /** Whether the call changes something: then it is only made while the run is still the device's newest. */
  changes: boolean;
};

export type CallsOptions = {
  blocks: BlockStore;
  log: Log;
  attempt: number;
  now: () => number;
  /** False once the run should not change anything any longer. */
  stillCurrent: () => Promise<boolean>;
  /** A blocked upstream answers again: whoever waits for it may try. */
  onResumed: () => Promise<void>;
};

/** Makes the calls of one run: respects what is blocked, records every step, and tells everybody what it learnt of an upstream. */
export class Calls {
  readonly steps: Step[] = [];
  /** True once a call that changes something was answered. */
  changed = false;
  readonly #options: CallsOptions;

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** Throws `UpstreamBlocked` or `Overtaken` without calling, and what the call throws. */
  async make<T extends string | object | null>(call: Call, send: () => Promise<Answered<T>>): Promise<T> {
    const { blocks, now, stillCurrent } = this.#options;
    const scopes = [call.upstream, `${call.upstream}:${call.bucket}`, `${call.upstream}:${call.operation}`];
    const [permission, current] = await Promise.all([blocks.permission(scopes, now()), call.changes ? stillCurrent() : true]);
    if (!permission.allowed) throw new UpstreamBlocked(permission.block);
    if (!current) throw new Overtaken();
    const startedAt = now();
    try {
      const { value, status, requestId } = await send();
      this.#record(call, startedAt, { result: typeof value === 'string' ? value : 'answered', status, requestId });
      if (call.changes) this.changed = true;
      await this.#lift(permission.probing);
      return value;
    } catch (error) {
      await this.#learn(call, startedAt, error);
      throw error;
    }
  }

  #record(call: Call, startedAt: number, answer: Pick<Step, 'result' | 'status' | 'requestId'>): void {
    const { operation, upstream, target } = call;
    const { attempt, now } = this.#options;
    this.steps.push({ operation, upstream, target, attempt, startedAt, durationMs: now() - startedAt, ...answer });
  }

  async #lift(scopes: string[]): Promise<void> {
    for (const scope of scopes) {
      if (!(await this.#options.blocks.lift(scope))) continue;
      this.#options.log.warn({ scope, alert: 'upstream_resumed' }, 'upstream answers again');
      await this.#options.onResumed();
    }
  }

  async #learn(call: Call, startedAt: number, error: unknown): Promise<void> {
    if (!(error instanceof UpstreamFailure)) return;
    const { kind, status, code, requestId } = error.details;
    const result = code === undefined ? kind : `${kind} ${code}`;
    this.#record(call, startedAt, { result, status: status ?? null, requestId: requestId ?? null });
    const block = await this.#blockFor(call, error);
    if (block === null || !(await this.#options.blocks.block(block))) return;
    const { scope, word, detail } = block;
    if (block.until === null) this.#options.log.error({ scope, word, detail, alert: 'upstream_blocked' }, 'upstream refuses us: work waits');
    else this.#options.log.warn({ scope, until: block.until }, 'rate limit used up: work waits');
  }

  async #blockFor({ upstream, bucket, operation, target }: Call, failure: UpstreamFailure): Promise<Block | null> {
    const since = this.#options.now();
    const detail = failure.message;
    const { kind, waitMs = 1000 } = failure.details;
    if (kind === 'throttled') return { scope: `${upstream}:${bucket}`, word: 'waiting_upstream', detail, since, until: since + waitMs };
    if (kind === 'credentials') return { scope: upstream, word: 'waiting_credentials', detail, since, until: null };
    if (kind !== 'permission') return null;
    const scope = `${upstream}:${operation}`;
    const refused = await this.#options.blocks.refused(scope, target);
    return refused < 2 ? null : { scope, word: 'waiting_permission', detail, since, until: null };
  }
}
