/** A running total as it was last seen: what a series has counted since `startNs`. */
export interface Total {
  startNs: bigint;
  timeNs: bigint;
  /** The sum, or sum and bucket counts. */
  figures: number[];
}

const MOST_SERIES = 50_000;

/**
 * Turns running totals into what was added, which is all that CloudWatch can add up. The first total that is seen of a
 * series says nothing, unless the series began while we were watching. What was learnt from a record is kept only once the
 * record is settled: a retry must come to the same result.
 */
export class RunningTotals {
  readonly #watchingSinceNs: bigint;
  readonly #totals = new Map<string, Total>();

  constructor(watchingSinceNs: bigint) {
    this.#watchingSinceNs = watchingSinceNs;
  }

  begin(): TotalsOfRecord {
    return new TotalsOfRecord(this.#totals, this.#watchingSinceNs);
  }
}

export class TotalsOfRecord {
  readonly #settled: Map<string, Total>;
  readonly #watchingSinceNs: bigint;
  readonly #seen = new Map<string, Total>();

  constructor(settled: Map<string, Total>, watchingSinceNs: bigint) {
    this.#settled = settled;
    this.#watchingSinceNs = watchingSinceNs;
  }

  /** @returns what was added to each figure since the last total; undefined where that cannot be known */
  increase(series: string, now: Total): number[] | undefined {
    const before = this.#seen.get(series) ?? this.#settled.get(series);
    if (before && now.timeNs <= before.timeNs) return undefined;
    this.#seen.set(series, now);
    const isNew = now.startNs >= this.#watchingSinceNs;
    if (!before) return isNew ? now.figures : undefined;
    const wasReset =
      before.figures.length !== now.figures.length ||
      now.figures.some((figure, index) => figure < before.figures[index]!) ||
      (now.startNs > before.timeNs && now.startNs !== before.startNs);
    return wasReset ? now.figures : now.figures.map((figure, index) => figure - before.figures[index]!);
  }

  commit(): void {
    for (const [series, total] of this.#seen) {
      // Last seen goes last, so that the series that went silent are the ones forgotten.
      this.#settled.delete(series);
      this.#settled.set(series, total);
    }
    for (const series of this.#settled.keys()) {
      if (this.#settled.size <= MOST_SERIES) return;
      this.#settled.delete(series);
    }
  }
}
