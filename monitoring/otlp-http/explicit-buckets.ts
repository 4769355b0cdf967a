import type { ExponentialHistogramPoint } from '../otlp/index.ts';

/**
 * Upper bounds of buckets are powers of 2 or of its root, where exponential histograms have bounds too, so that turning
 * one into these buckets moves no value into a wrong one (of scale 1 and finer; of scale 0 for the coarse ones).
 */
const roots = (from: number, to: number, perDoubling: number) =>
  Array.from({ length: (to - from) * perDoubling + 1 }, (_, index) => 2 ** (from + index / perDoubling));

/** 0.98 ms to 64 s, each bound 1.41 times the one before. */
export const SECONDS = roots(-10, 6, 2);
const MILLISECONDS = roots(0, 16, 2);
/** 0.001 to 67 million, each bound twice the one before. */
const ANYTHING = roots(-10, 26, 1);

export function boundsFor(unit: string): readonly number[] {
  return unit === 's' ? SECONDS : unit === 'ms' ? MILLISECONDS : ANYTHING;
}

/** Index of the bucket that holds a value: the first bound it does not exceed, or the one past all bounds. */
export function bucketOf(bounds: readonly number[], value: number): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= bounds[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Counts per bucket, one more than there are bounds. A bucket that spans a bound goes to the one above it. */
export function explicitCounts(point: ExponentialHistogramPoint, bounds: readonly number[]): number[] {
  const counts = new Array<number>(bounds.length + 1).fill(0);
  const step = 2 ** -point.scale;
  const add = (upper: number, count: number) => {
    counts[bucketOf(bounds, upper)]! += count;
  };
  // Bounds of both are computed apart, so that the last digit may differ where they mean the same.
  const shy = (upper: number) => upper * (1 - 1e-12);
  point.positive.counts.forEach((count, index) => {
    if (count > 0) add(shy(2 ** ((point.positive.offset + index + 1) * step)), count);
  });
  if (point.zeroCount > 0) add(point.zeroThreshold, point.zeroCount);
  point.negative.counts.forEach((count, index) => {
    if (count > 0) add(-(2 ** ((point.negative.offset + index) * step)), count);
  });
  return counts;
}
