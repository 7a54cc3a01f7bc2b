/**
 * The devices that one process enforces at a time. A fifth of the slots is kept for compromised devices, so that none waits behind
 * ordinary ones whose calls hang; a process with a single slot keeps none.
 */
export class Slots {
  readonly #all: number;
  readonly #ordinary: number;
  #taken = { ordinary: 0, compromised: 0 };

  constructor(all: number) {
    this.#all = all;
    this.#ordinary = Math.max(1, all - Math.max(1, Math.floor(all / 5)));
  }

  /** How many devices may be taken while it is not known whether they are compromised. */
  get open(): number {
    return Math.min(this.#all, this.#ordinary + this.#taken.compromised);
  }

  /** Whether the next device is only to be taken if it is compromised. */
  get onlyKeptLeft(): boolean {
    const taken = this.#taken.ordinary + this.#taken.compromised;
    return taken >= this.open && taken < this.#all;
  }

  /** Takes a slot; returns what frees it again, or null if there is none for such a device. */
  enter(compromised: boolean): (() => void) | null {
    const kind = compromised ? 'compromised' : 'ordinary';
    if (kind === 'ordinary' && this.#taken.ordinary >= this.#ordinary) return null;
    this.#taken[kind] += 1;
    return () => {
      this.#taken[kind] -= 1;
    };
  }
}
