/** A slice of a distribution: `count` values spread evenly over (lower, upper]. */
export interface Slice {
  lower: number;
  upper: number;
  count: number;
}

/** Where bucket `index` of a histogram with explicit bounds lies; the open ends collapse onto their only bound. */
export function explicitSlice(bounds: readonly number[], index: number, count: number): Slice {
  const last = bounds.at(-1) ?? 0;
  const upper = bounds[index] ?? last;
  const lower = index === 0 ? Math.min(0, upper) : (bounds[index - 1] ?? last);
  return { lower: Math.min(lower, upper), upper, count };
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
