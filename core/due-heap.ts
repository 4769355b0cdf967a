/** A min-heap of things and the monotonic time they fall due; equal times leave in the order they came. */
export class DueHeap<T> {
  #entries: { due: number; order: number; item: T }[] = [];
  #order = 0;

  get size(): number {
    return this.#entries.length;
  }

  /** Due time of the earliest entry; Infinity when empty. */
  get earliest(): number {
    return this.#entries[0]?.due ?? Number.POSITIVE_INFINITY;
  }

  push(due: number, item: T): void {
    const entries = this.#entries;
    entries.push({ due, order: this.#order++, item });
    let child = entries.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.#before(child, parent)) break;
      this.#swap(child, parent);
      child = parent;
    }
  }

  /** Takes the earliest entry if it is due by `now`. */
  popDue(now: number): T | undefined {
    const entries = this.#entries;
    const first = entries[0];
    if (!first || first.due > now) return undefined;
    const last = entries.pop()!;
    if (entries.length > 0) {
      entries[0] = last;
      this.#sink();
    }
    return first.item;
  }

  #sink(): void {
    let parent = 0;
    for (;;) {
      const left = 2 * parent + 1;
      const right = left + 1;
      let least = parent;
      if (left < this.#entries.length && this.#before(left, least)) least = left;
      if (right < this.#entries.length && this.#before(right, least)) least = right;
      if (least === parent) return;
      this.#swap(parent, least);
      parent = least;
    }
  }

  #before(a: number, b: number): boolean {
    const one = this.#entries[a]!;
    const other = this.#entries[b]!;
    return one.due < other.due || (one.due === other.due && one.order < other.order);
  }

  #swap(a: number, b: number): void {
    const kept = this.#entries[a]!;
    this.#entries[a] = this.#entries[b]!;
    this.#entries[b] = kept;
  }
}
