/** `count` values spread evenly over (lower, upper]. */
export interface Slice {
  lower: number;
  upper: number;
  count: number;
}

/** What the field `buckets` holds. */
export type Buckets =
  | { bounds: number[]; counts: number[] }
  | { scale: number; offset: number; counts: number[]; zero: number };

export function slicesOf(buckets: Buckets): Slice[] {
  if ('bounds' in buckets) {
    const { bounds, counts } = buckets;
    const last = bounds.at(-1) ?? 0;
    return counts.map((count, index) => {
      // The open ends collapse onto their only bound.
      const upper = bounds[index] ?? last;
      const lower = index === 0 ? Math.min(0, upper) : (bounds[index - 1] ?? last);
      return { lower: Math.min(lower, upper), upper, count };
    });
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

/** The value at quantile `q` (0 to 1), interpolated inside its slice; null when the distribution is empty. */
export function quantile(slices: readonly Slice[], q: number): number | null {
  const sorted = slices.filter(({ count }) => count > 0).sort((a, b) => a.upper - b.upper || a.lower - b.lower);
  const rank = q * sorted.reduce((sum, { count }) => sum + count, 0);
  let seen = 0;
  for (const { lower, upper, count } of sorted) {
    seen += count;
    if (seen >= rank) return lower + (upper - lower) * Math.min(1, Math.max(0, 1 - (seen - rank) / count));
  }
  return sorted.at(-1)?.upper ?? null;
}
