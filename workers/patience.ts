/** A deadline that can be put off: `over` resolves when it has passed, or when it is ended. */
export class Patience {
  readonly over: Promise<void>;
  readonly #ms: number;
  #timer: NodeJS.Timeout;
  #resolve: () => void = () => undefined;

  constructor(ms: number) {
    this.#ms = ms;
    this.over = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#timer = setTimeout(this.#resolve, ms);
  }

  /** Counts anew from now, if the deadline has not passed yet. */
  restart(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#resolve, this.#ms);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#resolve();
  }
}
