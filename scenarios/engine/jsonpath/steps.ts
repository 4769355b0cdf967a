/** The internal way out of a selection that takes too long; `select` turns it into a value. */
export class TooManySteps extends Error {}

/** How much of its work a selection may still do. */
export class Steps {
  #left: number;

  constructor(most: number) {
    this.#left = most;
  }

  take(count: number): void {
    this.#left -= count;
    if (this.#left < 0) throw new TooManySteps();
  }
}
