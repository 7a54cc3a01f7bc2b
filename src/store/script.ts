import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/** A Lua script by its digest, sent in full only where the server does not know it yet (after a restart). */
export class Script {
  readonly #source: string;
  readonly #sha: string;

  constructor(source: string) {
    this.#source = source;
    this.#sha = createHash('sha1').update(source).digest('hex');
  }

  /** `onSentInFull`: what was sent to Redis right behind the script has overtaken it. */
  async run(redis: Redis, keys: string[], args: (string | number)[], onSentInFull?: () => void): Promise<unknown> {
    try {
      return await redis.evalsha(this.#sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      onSentInFull?.();
      return await redis.eval(this.#source, keys.length, ...keys, ...args);
    }
  }
}
