import { explicitSlice, type Slice } from '../../../charts/slice.ts';
import type { ExponentialBuckets, ExponentialHistogramPoint, HistogramPoint } from '../../../otlp/index.ts';

/** Sixteen buckets for every doubling: a value read from one is at most 2.2 % off its middle. */
const FINEST_SCALE = 4;
const MOST_BUCKETS = 320;

/** The buckets of a histogram with explicit bounds that hold something. */
export function explicitBuckets({ bounds, bucketCounts }: HistogramPoint): Slice[] {
  const buckets: Slice[] = [];
  for (const [index, count] of bucketCounts.entries()) {
    if (count === 0) continue;
    const { lower, upper } = explicitSlice(bounds, index, count);
    buckets.push({ lower: finite(lower), upper: finite(upper), count });
  }
  return buckets;
}

/**
 * The buckets of an exponential histogram, merged to at most 16 for every doubling, and to 320 in all. Merged buckets of
 * different points have the same bounds, so that their counts add up.
 */
export function exponentialBuckets(point: ExponentialHistogramPoint): Slice[] {
  let scale = Math.min(point.scale, FINEST_SCALE);
  for (;;) {
    const below = merged(point.negative, point.scale, scale);
    const above = merged(point.positive, point.scale, scale);
    if (below.size + above.size > MOST_BUCKETS) {
      scale--;
      continue;
    }
    const bound = (index: number) => finite(2 ** (index * 2 ** -scale));
    return [
      ...[...below].map(([index, count]) => ({ lower: -bound(index + 1), upper: -bound(index), count })),
      ...(point.zeroCount > 0 ? [{ lower: 0, upper: 0, count: point.zeroCount }] : []),
      ...[...above].map(([index, count]) => ({ lower: bound(index), upper: bound(index + 1), count })),
    ];
  }
}

function merged({ offset, counts }: ExponentialBuckets, from: number, to: number): Map<number, number> {
  const buckets = new Map<number, number>();
  // A shift of 32 or more would begin again at 0.
  const width = 2 ** (from - to);
  for (const [at, count] of counts.entries()) {
    if (count === 0) continue;
    const index = Math.floor((offset + at) / width);
    buckets.set(index, (buckets.get(index) ?? 0) + count);
  }
  return buckets;
}

/** JSON and Elasticsearch have no infinity. */
function finite(value: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}
