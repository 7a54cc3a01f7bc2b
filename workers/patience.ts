/** A deadline that can be put off: `over` resolves when it has passed, or when it is ended. It does not run before it is started. */
export class Patience {
  readonly over: Promise<void>;
  readonly #ms: number;
  #timer: NodeJS.Timeout | undefined;
  #resolve: () => void = () => undefined;
  #ended = false;

  constructor(ms: number) {
    this.#ms = ms;
    this.over = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Counts from now, also where it was counting already. */
  start(): void {
    clearTimeout(this.#timer);
    if (!this.#ended) this.#timer = setTimeout(this.#resolve, this.#ms);
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#resolve();
  }
}
