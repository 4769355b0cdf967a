import { explicitSlice, type Slice } from '../../../charts/slice.ts';

/** What the field `buckets` holds. */
export type Buckets =
  | { bounds: number[]; counts: number[] }
  | { scale: number; offset: number; counts: number[]; zero: number };

export function slicesOf(buckets: Buckets): Slice[] {
  if ('bounds' in buckets) {
    const { bounds, counts } = buckets;
    return counts.map((count, index) => explicitSlice(bounds, index, count));
  }
  const { scale, offset, counts, zero } = buckets;
  const base = 2 ** (2 ** -scale);
  const slices = counts.map((count, index) => ({
    lower: base ** (offset + index),
    upper: base ** (offset + index + 1),
    count,
  }));
  return [{ lower: 0, upper: 0, count: zero }, ...slices];
}
