import { AsyncLocalStorage } from 'node:async_hooks';

const leaves = new AsyncLocalStorage<Promise<unknown> | undefined>();

/**
 * Begins a call while it is still being asked whether it may be made: its requests are built and signed meanwhile, and none is sent before
 * `leave` resolves. Where it rejects, nothing is sent, and the call throws the same.
 */
export async function prepare<T>(leave: Promise<unknown>, call: () => Promise<T>): Promise<T> {
  leave.catch(() => undefined); // a call that fails or ends without sending never hears it
  // What is being asked is on its way first: Redis' connections write when a turn ends.
  await new Promise<void>((resolve) => process.nextTick(resolve));
  return await leaves.run(leave, call);
}

/** Resolves when the call in whose name this is asked may be sent; undefined outside of `prepare`, where nothing has to wait. */
export function leaveToSend(): Promise<unknown> | undefined {
  return leaves.getStore();
}

/** Begins what other calls need as well, and what therefore does not depend on one call's leave. */
export function withoutLeave<T>(begin: () => T): T {
  return leaves.run(undefined, begin);
}

/** The longest between building a call and sending it, milliseconds: a proof says when it was made. */
const freshForMs = 5_000;

/** A call that is built and signed before it is known whether it will be made. */
export class Prepared<T> {
  readonly #call: () => Promise<T>;
  readonly #answered: Promise<T>;
  #freshUntil = Date.now() + freshForMs;
  #sendAfter: (leave: Promise<unknown> | undefined) => void = () => undefined;

  constructor(call: () => Promise<T>) {
    this.#call = call;
    const leave = new Promise<unknown>((resolve) => {
      this.#sendAfter = resolve;
    });
    this.#answered = prepare(leave, call);
    this.#answered.catch(() => undefined); // told to whoever makes the call
  }

  /** Makes it as it was built; where that was too long ago, or it was made before, it is built anew. */
  readonly send = async (): Promise<T> => {
    if (Date.now() > this.#freshUntil) return await this.#call();
    this.#freshUntil = 0;
    this.#sendAfter(leaveToSend());
    return await this.#answered;
  };
}
