import type { Batch, SpoolPosition } from '../../exporter.ts';

/** Stretches of the spool, half-open. */
export type Stretch = [from: SpoolPosition, to: SpoolPosition];

// Batches follow each other, so that there is one stretch, and a few while some are under way.
const MOST_STRETCHES = 1_000;

/** Which records were counted already: one that comes again, after an answer that was lost, must not count twice. */
export class Applied {
  #stretches: Stretch[];

  constructor(stretches: Stretch[] = []) {
    this.#stretches = stretches;
  }

  has(position: SpoolPosition): boolean {
    return this.#stretches.some(([from, to]) => position >= from && position < to);
  }

  /** From the batch's first record to its end. */
  add({ records, end }: Batch): void {
    if (records.length === 0) return;
    const sorted = [...this.#stretches, [records[0]!.position, end] as Stretch].sort((a, b) => a[0] - b[0]);
    const joined: Stretch[] = [];
    for (const [from, to] of sorted) {
      const last = joined.at(-1);
      if (last && from <= last[1]) last[1] = Math.max(last[1], to);
      else joined.push([from, to]);
    }
    while (joined.length > MOST_STRETCHES) {
      const [first, second] = joined as [Stretch, Stretch];
      joined.splice(0, 2, [first[0], second[1]]);
    }
    this.#stretches = joined;
  }

  get stretches(): readonly Stretch[] {
    return this.#stretches;
  }
}
