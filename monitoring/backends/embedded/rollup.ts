import { bucketSql, ZERO_BUCKET } from './histogram.ts';

export const MINUTE_NS = 60_000_000_000n;

/** Buckets of points, one row each: series, time_ns, bucket, count. */
export function explodedBuckets(where: string): string {
  return `
SELECT series, time_ns, bucket_offset + place - 1 AS bucket, count FROM (
  SELECT series, time_ns, bucket_offset, unnest(buckets::DOUBLE[]) AS count, generate_subscripts(buckets::DOUBLE[], 1) AS place
  FROM points WHERE buckets IS NOT NULL AND ${where}
) WHERE count > 0
UNION ALL
SELECT series, time_ns, ${ZERO_BUCKET} AS bucket, zero_count AS count FROM points WHERE zero_count > 0 AND ${where}`;
}

/** SERVER spans counted per minute, group and latency bucket. */
export function countedSpans(where: string): string {
  return `
SELECT (start_ns // ${MINUTE_NS})::INTEGER AS minute, span_group, ${bucketSql('duration_ns')} AS bucket,
  count(*) AS count, count(*) FILTER (failed) AS errors, sum(duration_ns)::DOUBLE AS sum_ns
FROM spans JOIN span_shapes ON span_shapes.id = spans.shape
WHERE kind = 2 AND ${where}
GROUP BY ALL`;
}

/**
 * What one roll-up runs, inside a transaction, with $1 and $2 for the batches (from, to] that it takes in. Minutes may
 * get several rows for one group when spans come late; readers add them up. Running totals stay out: only their
 * differences may be added.
 */
export const ROLL_UP = [
  `INSERT INTO span_rollup ${countedSpans('batch > $1 AND batch <= $2')}`,
  `INSERT INTO point_rollup
SELECT (time_ns // ${MINUTE_NS})::INTEGER, series, sum(count), sum(sum), min(min), max(max), arg_max(last, time_ns), max(time_ns)
FROM points JOIN series ON series.id = points.series
WHERE NOT cumulative AND batch > $1 AND batch <= $2 GROUP BY ALL`,
  `INSERT INTO bucket_rollup
SELECT (time_ns // ${MINUTE_NS})::INTEGER, series, bucket, sum(count)
FROM (${explodedBuckets('batch > $1 AND batch <= $2')}) AS exploded JOIN series ON series.id = exploded.series
WHERE NOT cumulative GROUP BY ALL`,
];
