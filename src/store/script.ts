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

  async run(redis: Redis, keys: string[], args: (string | number)[]): Promise<unknown> {
    return (await this.ask(redis, keys, args)).answer;
  }

  /** The same. `overtaken`: what was sent to Redis right behind the script has come before it. */
  async ask(redis: Redis, keys: string[], args: (string | number)[]): Promise<{ answer: unknown; overtaken: boolean }> {
    try {
      return { answer: await redis.evalsha(this.#sha, keys.length, ...keys, ...args), overtaken: false };
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return { answer: await redis.eval(this.#source, keys.length, ...keys, ...args), overtaken: true };
    }
  }
}
