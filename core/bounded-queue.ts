/** A first-in-first-out queue bounded in items. What does not fit is refused to the caller's face and counted. */
export class BoundedQueue<T> {
  #items: T[] = [];
  #waiting: (() => void)[] = [];
  #closed = false;
  readonly capacity: number;
  /** Items refused since creation. */
  refused = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.#items.length;
  }

  /** @returns false when the queue is full or closed; the item was not taken */
  offer(item: T): boolean {
    if (this.#closed || this.#items.length >= this.capacity) {
      this.refused++;
      return false;
    }
    this.#items.push(item);
    this.#waiting.shift()?.();
    return true;
  }

  /** Waits for an item; undefined once the queue is closed and empty. */
  async take(): Promise<T | undefined> {
    while (this.#items.length === 0) {
      if (this.#closed) return undefined;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this.#items.shift();
  }

  /** No more offers; those who wait get what is left, then undefined. */
  close(): void {
    this.#closed = true;
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
