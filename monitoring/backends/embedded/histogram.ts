/**
 * Latencies are counted in buckets whose bounds grow by 5 %, so that counts of any minutes, routes and files add up
 * and a percentile read from them is at most 2.5 % off. Bucket i covers [1.05^i, 1.05^(i+1)).
 */
export const GROWTH = 1.05;
/** Values of zero and below. */
export const ZERO_BUCKET = -32768;

export function bucketOf(value: number): number {
  return value > 0 ? Math.floor(Math.log(value) / Math.log(GROWTH)) : ZERO_BUCKET;
}

/** The SQL that agrees with `bucketOf` for a positive BIGINT column. */
export function bucketSql(column: string): string {
  return `CASE WHEN ${column} > 0 THEN floor(ln(${column}) / ln(${GROWTH}))::SMALLINT ELSE ${ZERO_BUCKET} END`;
}

/** A slice of a distribution: `count` values spread evenly over (lower, upper]. */
export interface Slice {
  lower: number;
  upper: number;
  count: number;
}

/** Where bucket `index` of a histogram with this base lies. */
export function exponentialSlice(base: number, index: number, count: number): Slice {
  if (index === ZERO_BUCKET) return { lower: 0, upper: 0, count };
  return { lower: base ** index, upper: base ** (index + 1), count };
}

/** Where bucket `index` of a histogram with explicit bounds lies; the open ends collapse onto their only bound. */
export function explicitSlice(bounds: readonly number[], index: number, count: number): Slice {
  const last = bounds.at(-1) ?? 0;
  const upper = bounds[index] ?? last;
  const lower = index === 0 ? Math.min(0, upper) : (bounds[index - 1] ?? last);
  return { lower: Math.min(lower, upper), upper, count };
}

/** The value at quantile `q` (0 to 1), interpolated inside its slice; null when the distribution is empty. */
export function quantile(slices: Slice[], q: number): number | null {
  let total = 0;
  for (const slice of slices) total += slice.count;
  if (total <= 0) return null;
  const sorted = slices.filter((slice) => slice.count > 0).sort((a, b) => a.upper - b.upper || a.lower - b.lower);
  const rank = q * total;
  let seen = 0;
  for (const slice of sorted) {
    seen += slice.count;
    if (seen >= rank) {
      const part = slice.count > 0 ? 1 - (seen - rank) / slice.count : 1;
      return slice.lower + (slice.upper - slice.lower) * Math.min(1, Math.max(0, part));
    }
  }
  return sorted.at(-1)!.upper;
}
