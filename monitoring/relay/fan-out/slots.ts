/** At most so many at a time, first come, first served. */
export class Slots {
  #free: number;
  #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Waits for a slot. @returns how to give it back; undefined when `stop` fired first */
  async take(stop: AbortSignal): Promise<(() => void) | undefined> {
    if (stop.aborted) return undefined;
    if (this.#free > 0) this.#free--;
    else if (!(await this.#turn(stop))) return undefined;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    };
  }

  #turn(stop: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const onStop = () => {
        this.#waiting = this.#waiting.filter((waiting) => waiting !== go);
        resolve(false);
      };
      const go = () => {
        stop.removeEventListener('abort', onStop);
        resolve(true);
      };
      this.#waiting.push(go);
      stop.addEventListener('abort', onStop, { once: true });
    });
  }
}
