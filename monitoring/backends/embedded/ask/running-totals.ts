import { BIGINT } from '@duckdb/node-api';
import { ZERO_BUCKET } from '../histogram.ts';
import type { Query } from '../partition.ts';
import { fromJson } from '../values.ts';
import type { Chart } from './metric.ts';
import { Parameters, type Window } from './parameters.ts';
import { type Series, sliceOf } from './series.ts';

/** Where a running total stood at the end of one interval. */
export interface RunningTotal {
  series: Series;
  startNs: bigint;
  timeNs: bigint;
  interval: number;
  count: number;
  sum: number;
  /** Bucket index → count. */
  buckets: Map<number, number>;
}

/**
 * The last point of every interval, and of the time before the window.
 * @param place SQL for the number of the interval that `time_ns` lies in
 */
export async function runningTotals(
  query: Query,
  series: Series[],
  place: string,
  window: Window,
  before: bigint,
): Promise<RunningTotal[]> {
  const byId = new Map(series.map((one) => [one.id, one]));
  const parameters = new Parameters();
  const from = parameters.add(window.fromNs, BIGINT);
  const rows = await query(
    `SELECT series, start_ns, ${place} AS place, time_ns >= ${from} AS inside, max(time_ns) AS time_ns,
       arg_max(count, time_ns) AS count, arg_max(sum, time_ns) AS sum, arg_max(zero_count, time_ns) AS zero_count,
       arg_max(bucket_offset, time_ns) AS bucket_offset, arg_max(buckets, time_ns) AS buckets
     FROM points
     WHERE series IN (${series.map((one) => one.id).join(', ')}) AND ${parameters.within('time_ns', before, window.toNs)}
     GROUP BY ALL`,
    parameters.list,
  );
  return rows.map((row) => {
    const buckets = new Map<number, number>();
    if ((row.zero_count as number) > 0) buckets.set(ZERO_BUCKET, row.zero_count as number);
    for (const [index, count] of (fromJson<number[]>(row.buckets as string | null) ?? []).entries()) {
      if (count > 0) buckets.set((row.bucket_offset as number) + index, count);
    }
    return {
      series: byId.get(row.series as number)!,
      startNs: row.start_ns as bigint,
      timeNs: row.time_ns as bigint,
      interval: row.place as number,
      count: row.count as number,
      sum: (row.sum as number | null) ?? 0,
      buckets,
    };
  });
}

/**
 * Adds what running totals grew by. A total that begins again (another start time, or a smaller value) grew by all it
 * shows; one seen for the first time grew by all it shows only if it began after `before`, else it is the base line.
 */
export function addIncreases(totals: RunningTotal[], chart: Chart, fromNs: bigint, before: bigint): void {
  const last = new Map<string, RunningTotal>();
  for (const total of totals.sort((a, b) => (a.timeNs < b.timeNs ? -1 : a.timeNs > b.timeNs ? 1 : 0))) {
    const { series } = total;
    const previous = last.get(series.identity);
    last.set(series.identity, total);
    if (total.timeNs < fromNs) continue;
    if (!previous && total.startNs < before) continue;
    const goesOn = previous && previous.startNs === total.startNs && previous.count <= total.count;
    const base = goesOn ? previous : undefined;
    const interval = chart.interval(series.unit, series.type, series.label, total.interval);
    interval.count += total.count - (base?.count ?? 0);
    interval.sum += total.sum - (base?.sum ?? 0);
    for (const [bucket, count] of total.buckets) {
      const grown = count - (base?.buckets.get(bucket) ?? 0);
      if (grown > 0) interval.slices.push(sliceOf(series, bucket, grown));
    }
  }
}
