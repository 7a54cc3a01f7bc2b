/** In how many parts it is waited: where the process stood still, what came meanwhile is read before the next one is over. */
const parts = 10;

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
    if (!this.#ended) this.#wait(parts);
  }

  #wait(left: number): void {
    this.#timer = setTimeout(left > 1 ? () => this.#wait(left - 1) : this.#resolve, this.#ms / parts);
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#resolve();
  }
}
