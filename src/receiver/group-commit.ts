import type { Redis } from 'ioredis';
import { keyOfEvent, ingestTogether, type Incoming, type Ingested } from '../store/ingest.js';
import type { Prefix } from '../store/keys.js';
import type { Replicas } from '../store/replicas.js';
import type { EnforcementQueue, EnqueuedDevice } from '../queue/enforcement-queue.js';
import type { Urgency } from '../queue/job.js';

type Committing = { redis: Redis; replicas: Replicas; queue: EnforcementQueue; prefix: Prefix; historyMs: number };

type Waiting = { incoming: Incoming; resolve: (ingested: Ingested) => void; reject: (error: unknown) => void };
type Guess = { urgency: Urgency; job: Promise<EnqueuedDevice> } | null;

/** One call of Redis takes a few milliseconds for so many; nobody else is served meanwhile. */
const mostTogether = 64;

/**
 * Keeps events, moves their devices' facts and enqueues the devices: those that come in while others are on their way to Redis go
 * together, one that comes alone goes at once. What fails for one event fails for no other, unless Redis does.
 */
export class GroupCommit {
  readonly #committing: Committing;
  #waiting: Waiting[] = [];
  #busy = false;

  constructor(committing: Committing) {
    this.#committing = committing;
  }

  /** Resolves when Redis (and a replica, where there is one) has the event and its device's place in the queue. */
  async take(incoming: Incoming): Promise<Ingested> {
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ incoming, resolve, reject });
      if (!this.#busy) void this.#commitAll();
    });
  }

  async #commitAll(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, mostTogether);
      try {
        await this.#commit(group);
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#busy = false;
  }

  /** Resolves when the next group may go: the facts have moved, though devices may still be on their way into the queue. */
  async #commit(group: Waiting[]): Promise<void> {
    const { redis, replicas } = this.#committing;
    const asked = ingestTogether(redis, group.map(({ incoming }) => incoming), this.#committing);
    // Redis does what it is sent in this order: a worker that takes the device finds its new facts.
    const guesses = group.map(({ incoming }) => this.#guess(incoming));
    const { answers, overtaken } = await asked;
    const enqueued = answers.map((answer, i) => this.#enqueue(answer, overtaken ? null : (guesses[i] ?? null)));
    const copied = Promise.allSettled(enqueued).then(() => replicas.confirm(Date.now()));
    group.forEach(({ resolve, reject }, i) => {
      Promise.all([enqueued[i], copied]).then(([ingested]) => (ingested === undefined ? reject(new Error('no answer to an event')) : resolve(ingested)), reject);
    });
  }

  /** A device that an event asks to lock out is enqueued without waiting for what Redis says; if it says no, its run finds nothing to do. */
  #guess({ event }: Incoming): Guess {
    const { compliance, compromised, ended } = event.says;
    const key = keyOfEvent(event);
    if (key === undefined || !(compliance === 'noncompliant' || compromised === 'compromised' || ended !== undefined)) return null;
    const urgency = compromised === 'compromised' ? 'compromised' : 'contain';
    const job = this.#committing.queue.addNew(key, urgency);
    job.catch(() => undefined); // whoever waits for the event is told
    return { urgency, job };
  }

  async #enqueue(answer: Ingested | Error, guess: Guess): Promise<Ingested> {
    if (answer instanceof Error) throw answer;
    const { key, dirty, queued } = answer;
    const job = await guess?.job;
    if (key === undefined || !dirty) return answer;
    const { queue } = this.#committing;
    const urgency = urgencyOf(answer);
    const added = job !== undefined && guess?.urgency === urgency ? job : await queue.addNew(key, urgency);
    if (queued) queue.hasten(added, urgency);
    return answer;
  }
}

function urgencyOf({ compromised, contained }: Ingested): Urgency {
  if (compromised) return 'compromised';
  return contained ? 'contain' : 'release';
}
