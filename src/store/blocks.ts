import type { Redis } from 'ioredis';
import { z } from 'zod';
import { waitingWords } from '../compliance/outcome.js';
import { redisKeys, type Prefix } from './keys.js';
import { Script } from './script.js';

const blockSchema = z.object({
  scope: z.string(),
  word: z.enum(waitingWords),
  /** In the vendor's names and codes. */
  detail: z.string(),
  since: z.number(),
  /** Milliseconds since 1970; null: until a probe succeeds. */
  until: z.number().nullable(),
});

/** Something at an upstream that nobody needs to find out again: a rate limit used up, refused credentials, a missing permission. */
export type Block = z.infer<typeof blockSchema>;

/** What a caller may do: call (perhaps as the probe of blocked scopes), or wait. */
type Permission = { allowed: true; probing: string[] } | { allowed: false; block: Block };

/** Milliseconds between two probes of an upstream that refuses us. */
const probeEveryMs = 60_000;

const refusedForMs = 600_000;

const replaceBlock = new Script(`
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
if ARGV[3] == '' then redis.call('HDEL', KEYS[1], ARGV[1]) else redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
return 1
`);

function goingOn(before: Block, block: Block): Block {
  const longer = before.until !== null && block.until !== null && before.until > block.until ? before : block;
  return { ...longer, since: before.since };
}

/**
 * What every worker knows about blocked upstreams. A scope is an upstream (`okta`), one of its rate limits (`okta:devices`) or one of
 * its operations (`okta:suspendDevice`).
 */
export class BlockStore {
  readonly #redis: Redis;
  readonly #keys: ReturnType<typeof redisKeys>;

  constructor(redis: Redis, prefix: Prefix) {
    this.#redis = redis;
    this.#keys = redisKeys(prefix);
  }

  /** Blocks the scope; true when it was not blocked before: then somebody should be told. A block that goes on keeps its beginning, and its end if that is the later one. */
  async block(block: Block): Promise<boolean> {
    const before = await this.#redis.hget(this.#keys.blocks, block.scope);
    const kept = before === null ? block : goingOn(blockSchema.parse(JSON.parse(before)), block);
    if (!(await this.#replace(block.scope, before, JSON.stringify(kept)))) return await this.block(block);
    if (block.until === null) await this.#takeProbe(block.scope);
    return before === null;
  }

  /** Lifts a block; true when there was one. Objects that were refused before it count no longer: one of them blocks nobody anew. */
  async lift(scope: string): Promise<boolean> {
    const [removed] = await Promise.all([this.#redis.hdel(this.#keys.blocks, scope), this.#redis.del(this.#keys.probe(scope), this.#keys.refused(scope))]);
    return removed === 1;
  }

  async all(): Promise<Block[]> {
    const blocks = await this.#redis.hgetall(this.#keys.blocks);
    return Object.values(blocks).map((text) => blockSchema.parse(JSON.parse(text)));
  }

  /**
   * Whether a call may be made now. Of an upstream that refuses us, one caller a minute may: its call is the probe, and lifting the
   * `probing` blocks after a success is that caller's duty.
   */
  async permission(scopes: string[], nowMs: number): Promise<Permission> {
    const probing: string[] = [];
    for (const text of await this.#redis.hmget(this.#keys.blocks, ...scopes)) {
      if (text === null) continue;
      const block = blockSchema.parse(JSON.parse(text));
      if (block.until !== null && block.until <= nowMs) {
        if (await this.#replace(block.scope, text, '')) continue;
        await this.giveBack(probing);
        return await this.permission(scopes, nowMs);
      }
      if (block.until === null && (await this.#takeProbe(block.scope))) probing.push(block.scope);
      else {
        await this.giveBack(probing);
        return { allowed: false, block };
      }
    }
    return { allowed: true, probing };
  }

  /** Lets another caller be the probe of these scopes: this one does not call after all. */
  async giveBack(probing: string[]): Promise<void> {
    if (probing.length > 0) await this.#redis.del(...probing.map((scope) => this.#keys.probe(scope)));
  }

  /** Notes that an object was refused with 403; returns how many different ones were in the last ten minutes. */
  async refused(scope: string, object: string): Promise<number> {
    const key = this.#keys.refused(scope);
    const answers = await this.#redis.multi().sadd(key, object).pexpire(key, refusedForMs).scard(key).exec();
    return Number(answers?.[2]?.[1] ?? 0);
  }

  /** False, and nothing written, when somebody else has written since `before` was read. */
  async #replace(scope: string, before: string | null, after: string): Promise<boolean> {
    return (await replaceBlock.run(this.#redis, [this.#keys.blocks], [scope, before ?? '', after])) === 1;
  }

  async #takeProbe(scope: string): Promise<boolean> {
    return (await this.#redis.set(this.#keys.probe(scope), '1', 'PX', probeEveryMs, 'NX')) === 'OK';
  }
}
