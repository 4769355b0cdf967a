const LOOK_EVERY_MS = 20;

/** What happened in a test, in its order and relative to its beginning; shown when something else was expected. */
export class Timeline {
  readonly #beganAtMs = performance.now();
  readonly #lines: { atMs: number; what: string }[] = [];

  /** Milliseconds since the beginning. */
  get nowMs(): number {
    return performance.now() - this.#beganAtMs;
  }

  /** @param atMs monotonic milliseconds of this process; now when absent */
  note(what: string, atMs = performance.now()): void {
    this.#lines.push({ atMs: atMs - this.#beganAtMs, what });
  }

  /** @param output of a process, whose last words are shown as well */
  async until(what: string, holds: () => boolean | Promise<boolean>, withinMs: number, output = { text: '' }) {
    const end = performance.now() + withinMs;
    while (!(await holds())) {
      if (performance.now() > end) {
        throw new Error(`${what}: not within ${withinMs} ms\n${this}\n${output.text.slice(-3_000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    this.note(what);
  }

  /** Lets time pass in which nothing needs to happen. */
  async pass(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms));
  }

  toString(): string {
    const sorted = this.#lines.toSorted((a, b) => a.atMs - b.atMs);
    return sorted.map(({ atMs, what }) => `+${(atMs / 1_000).toFixed(2)} s  ${what}`).join('\n');
  }
}
