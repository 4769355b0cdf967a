import type { SpoolPosition } from '../../../exporter.ts';

/** A running total as it was last seen: what a series has counted since `startNs`. */
export interface Total {
  startNs: bigint;
  timeNs: bigint;
  /** The sum, or sum and bucket counts. */
  figures: number[];
}

/** Totals of one series after each record that told one, oldest first. */
interface History {
  positions: SpoolPosition[];
  totals: Total[];
  /** There were older ones. */
  isCut: boolean;
}

const MOST_SERIES = 50_000;
const MOST_TOTALS = 100_000;

/**
 * Turns running totals into what was added, which is all that CloudWatch can add up. The first total that is seen of a
 * series says nothing, unless the series began while we were watching. Totals are remembered by record: several records
 * are under way at a time, each goes on from the one before it, and one that comes again comes to the same result.
 * Bounded: past 100,000 totals each series keeps its last one only, past 50,000 series those not seen longest go.
 */
export class RunningTotals {
  readonly #watchingSinceNs: bigint;
  readonly #series = new Map<string, History>();
  #totals = 0;

  constructor(watchingSinceNs: bigint) {
    this.#watchingSinceNs = watchingSinceNs;
  }

  /** For the points of one record, in their order; to be asked for anew when the record comes again. */
  of(position: SpoolPosition): TotalsOfRecord {
    const seen = new Map<string, Total>();
    return {
      increase: (series, now) => {
        const history = this.#series.get(series) ?? { positions: [], totals: [], isCut: false };
        const place = history.positions.lastIndexOf(position);
        // What a later record told holds this one's share.
        if (place < 0 && history.positions.at(-1)! > position) return undefined;
        const before = seen.get(series) ?? history.totals[(place < 0 ? history.totals.length : place) - 1];
        if (before && now.timeNs <= before.timeNs) return undefined;
        const isFirst = !before && !history.isCut;
        seen.set(series, now);
        this.#note(series, history, position, now);
        if (!before) return isFirst && now.startNs >= this.#watchingSinceNs ? now.figures : undefined;
        return wasReset(before, now)
          ? now.figures
          : now.figures.map((figure, index) => figure - before.figures[index]!);
      },
    };
  }

  #note(series: string, history: History, position: SpoolPosition, total: Total): void {
    // Last in the map means seen last.
    this.#series.delete(series);
    this.#series.set(series, history);
    const place = history.positions.lastIndexOf(position);
    if (place >= 0) history.totals[place] = total;
    else {
      history.positions.push(position);
      history.totals.push(total);
      this.#totals++;
    }
    if (this.#series.size > MOST_SERIES) this.#forget(this.#series.keys().next().value!);
    if (this.#totals > MOST_TOTALS) this.#keepLast();
  }

  #forget(series: string): void {
    this.#totals -= this.#series.get(series)!.positions.length;
    this.#series.delete(series);
  }

  #keepLast(): void {
    for (const history of this.#series.values()) {
      if (history.positions.length > 1) history.isCut = true;
      history.positions.splice(0, history.positions.length - 1);
      history.totals.splice(0, history.totals.length - 1);
    }
    this.#totals = this.#series.size;
  }
}

export interface TotalsOfRecord {
  /** @returns what was added to each figure since the last total; undefined where that cannot be known */
  increase(series: string, now: Total): number[] | undefined;
}

function wasReset(before: Total, now: Total): boolean {
  return (
    before.figures.length !== now.figures.length ||
    now.figures.some((figure, index) => figure < before.figures[index]!) ||
    (now.startNs > before.timeNs && now.startNs !== before.startNs)
  );
}
