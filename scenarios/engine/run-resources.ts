/** Something that a protocol keeps from one step of a run to the next, such as its connections. */
export interface Kept<Value> {
  make(): Value;
  /** Called at the end of the run; lets go of everything at once. */
  close(value: Value): void;
}

/** What protocols keep for the length of one run. */
export class RunResources {
  readonly #values = new Map<Kept<unknown>, unknown>();

  /** Made on first use. */
  of<Value>(kept: Kept<Value>): Value {
    const key = kept as Kept<unknown>;
    if (!this.#values.has(key)) this.#values.set(key, kept.make());
    return this.#values.get(key) as Value;
  }

  close(): void {
    for (const [kept, value] of this.#values) kept.close(value);
    this.#values.clear();
  }
}
