import type { Redis } from 'ioredis';
import { redisKeys, type Prefix } from './keys.js';

/** So long after a worker was last heard of another takes its turn over. */
const turnMs = 30_000;

/** One worker at a time plans devices again after a change of policy. To do it twice does no harm. */
export class PolicyTurn {
  readonly #redis: Redis;
  readonly #name: string;
  readonly #worker: string;

  constructor(redis: Redis, prefix: Prefix, worker: string) {
    this.#redis = redis;
    this.#name = redisKeys(prefix).policies('turn');
    this.#worker = worker;
  }

  /** False while another worker has it. */
  async take(): Promise<boolean> {
    return (await this.#redis.set(this.#name, this.#worker, 'PX', turnMs, 'NX')) === 'OK';
  }

  /** To be called more often than every thirty seconds; false when another worker has it. */
  async goOn(): Promise<boolean> {
    return (await this.#redis.get(this.#name)) === this.#worker && (await this.#redis.pexpire(this.#name, turnMs)) === 1;
  }

  async end(): Promise<void> {
    if (await this.goOn()) await this.#redis.del(this.#name);
  }
}
