import type {
  DecodedPoint,
  ExponentialBuckets,
  ExponentialHistogramPoint,
  HistogramPoint,
  SumPoint,
} from '../../otlp/index.ts';

type Total = (SumPoint & { value: number }) | HistogramPoint | ExponentialHistogramPoint;

/**
 * Turns running totals into what they grew by, which is what New Relic counts. Remembers the last point of each series,
 * bounded: past `most`, those not seen longest are forgotten. The first point of a series is a base line and gives none;
 * after a restart every series has a first point again.
 */
export class Deltas {
  readonly #last = new Map<string, Total>();
  readonly #most: number;

  constructor(most = 50_000) {
    this.#most = most;
  }

  /** @returns the point to send, or undefined where it tells nothing (yet) */
  of(point: DecodedPoint): DecodedPoint | undefined {
    const total = totalOf(point);
    // Where a counter stands after something that is no number, nobody knows: the next number goes on from the last one.
    if (total?.type === 'sum' && !Number.isFinite(total.value)) return undefined;
    if (!total) return isSigned(point) ? undefined : point;
    const key = identity(total);
    const before = this.#last.get(key);
    if (before && total.timeNs <= before.timeNs) return undefined;
    this.#last.delete(key);
    this.#last.set(key, total);
    if (this.#last.size > this.#most) this.#last.delete(this.#last.keys().next().value!);
    if (!before) return undefined;
    return goesOn(before, total)
      ? difference(before, total)
      : { ...total, temporality: 'delta', startNs: startAfter(before, total) };
  }
}

/** Deltas that rise and fall have no type at New Relic; totals that do are shown as levels. */
function isSigned(point: DecodedPoint): boolean {
  return point.type === 'sum' && !point.monotonic && point.temporality === 'delta';
}

function totalOf(point: DecodedPoint): Total | undefined {
  if (!('temporality' in point) || point.temporality !== 'cumulative') return undefined;
  if (point.type !== 'sum') return point;
  return point.monotonic && point.value !== null ? (point as Total) : undefined;
}

function identity({ type, name, unit, attributes, resource }: Total): string {
  return JSON.stringify([type, name, unit, sorted(attributes), sorted(resource)]);
}

function sorted(attributes: object): [string, unknown][] {
  return Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Whether it is the same run of the same counter: same start, nothing fell. */
function goesOn(before: Total, total: Total): boolean {
  if (before.startNs !== total.startNs) return false;
  if (total.type === 'sum') return total.value >= (before as typeof total).value;
  if (total.count < (before as typeof total).count) return false;
  if (total.type === 'histogram') {
    const { bounds, bucketCounts } = before as HistogramPoint;
    return (
      bounds.length === total.bounds.length &&
      bounds.every((bound, index) => bound === total.bounds[index]) &&
      bucketCounts.every((count, index) => count <= (total.bucketCounts[index] ?? 0))
    );
  }
  const { scale, zeroCount } = before as ExponentialHistogramPoint;
  return scale >= total.scale && zeroCount <= total.zeroCount;
}

/** Of a counter that began again: its own start, where it lies after what is counted already. */
function startAfter(before: Total, { startNs }: Total): bigint {
  return startNs > before.timeNs ? startNs : before.timeNs;
}

function difference(before: Total, total: Total): DecodedPoint {
  const common = { temporality: 'delta' as const, startNs: before.timeNs };
  if (total.type === 'sum') return { ...total, ...common, value: total.value - (before as typeof total).value };
  const last = before as HistogramPoint | ExponentialHistogramPoint;
  const grown = {
    ...common,
    count: total.count - last.count,
    sum: total.sum === null || last.sum === null ? null : total.sum - last.sum,
    // Of the whole run, not of what came since.
    min: null,
    max: null,
  };
  if (total.type === 'histogram') {
    const { bucketCounts } = before as HistogramPoint;
    return {
      ...total,
      ...grown,
      bucketCounts: total.bucketCounts.map((count, index) => count - (bucketCounts[index] ?? 0)),
    };
  }
  const older = before as ExponentialHistogramPoint;
  const shift = older.scale - total.scale;
  return {
    ...total,
    ...grown,
    zeroCount: Math.max(0, total.zeroCount - older.zeroCount),
    positive: subtracted(total.positive, coarser(older.positive, shift)),
    negative: subtracted(total.negative, coarser(older.negative, shift)),
  };
}

/** The same counts in buckets 2^shift times as wide. */
function coarser({ offset, counts }: ExponentialBuckets, shift: number): ExponentialBuckets {
  if (shift === 0 || counts.length === 0) return { offset, counts };
  const width = 2 ** shift;
  const first = Math.floor(offset / width);
  const wide: number[] = new Array(Math.floor((offset + counts.length - 1) / width) - first + 1).fill(0);
  counts.forEach((count, index) => {
    wide[Math.floor((offset + index) / width) - first]! += count;
  });
  return { offset: first, counts: wide };
}

function subtracted(total: ExponentialBuckets, before: ExponentialBuckets): ExponentialBuckets {
  return {
    offset: total.offset,
    counts: total.counts.map((count, index) =>
      Math.max(0, count - (before.counts[total.offset + index - before.offset] ?? 0)),
    ),
  };
}
