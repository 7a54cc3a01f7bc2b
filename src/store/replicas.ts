import type { Redis } from 'ioredis';

/** Redis has not copied what it took to a replica: it might be lost with the machine. */
export class NotReplicated extends Error {}

const copiedWithinMs = 1_000;
const askAgainAfterMs = 30_000;

/**
 * Where Redis has replicas, an event counts as kept only when one of them has it. `WAIT` cannot take back what was written; it only
 * tells. Set `min-replicas-to-write 1` in Redis as well: then it refuses up front while no replica is there.
 */
export class Replicas {
  readonly #redis: Redis;
  #known: { has: boolean; at: number } | null = null;

  constructor(redis: Redis) {
    this.#redis = redis;
    redis.on('ready', () => {
      this.#known = null;
    });
  }

  /** Resolves once what was written on this connection is on a replica, at once where there is none. Throws `NotReplicated`. */
  async confirm(nowMs: number): Promise<void> {
    if (!(await this.#hasReplicas(nowMs))) return;
    if ((await this.#redis.wait(1, copiedWithinMs)) < 1) throw new NotReplicated('no replica has confirmed the event');
  }

  async #hasReplicas(nowMs: number): Promise<boolean> {
    if (this.#known === null || nowMs - this.#known.at > askAgainAfterMs) {
      const replication = await this.#redis.info('replication');
      this.#known = { has: /connected_slaves:[1-9]/.test(replication), at: nowMs };
    }
    return this.#known.has;
  }
}
