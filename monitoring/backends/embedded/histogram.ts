import type { Slice } from '../../charts/slice.ts';

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

/** Where bucket `index` of a histogram with this base lies. */
export function exponentialSlice(base: number, index: number, count: number): Slice {
  if (index === ZERO_BUCKET) return { lower: 0, upper: 0, count };
  return { lower: base ** index, upper: base ** (index + 1), count };
}
