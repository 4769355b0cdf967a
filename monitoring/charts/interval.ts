import type { Aggregate } from '../reader.ts';
import { quantile, type Slice } from './slice.ts';

/** What fell into one interval of one line of a chart. */
export interface Interval {
  count: number;
  sum: number;
  min: number | null;
  max: number | null;
  slices: Slice[];
}

export const QUANTILES: Partial<Record<Aggregate, number>> = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 };
/** Counts, whose single values say nothing: what they were raised by does. */
const COUNTERS = new Set(['sum', 'counter', 'set']);

export function emptyInterval(): Interval {
  return { count: 0, sum: 0, min: null, max: null, slices: [] };
}

/** Adds what is known of more values. */
export function addValues(
  interval: Interval,
  count: number,
  sum: number,
  min: number | null,
  max: number | null,
): void {
  interval.count += count;
  interval.sum += sum;
  if (min !== null) interval.min = interval.min === null ? min : Math.min(interval.min, min);
  if (max !== null) interval.max = interval.max === null ? max : Math.max(interval.max, max);
}

/**
 * The value that a chart shows; null where a metric of this type has no such value.
 * @param type of the metric, in OpenTelemetry's words or StatsD's
 */
export function aggregated(interval: Interval, wanted: Aggregate, type: string, stepMs: number): number | null {
  const isCounter = COUNTERS.has(type);
  const q = QUANTILES[wanted];
  if (q !== undefined) {
    const value = quantile(interval.slices, q);
    return value === null ? null : Math.min(interval.max ?? value, Math.max(interval.min ?? value, value));
  }
  switch (wanted) {
    case 'count':
      return interval.count;
    case 'sum':
      return interval.sum;
    case 'rate':
      return type === 'gauge' ? null : (isCounter ? interval.sum : interval.count) / (stepMs / 1_000);
    case 'avg':
      return isCounter || interval.count === 0 ? null : interval.sum / interval.count;
    case 'min':
      return isCounter ? null : interval.min;
    default:
      return isCounter ? null : interval.max;
  }
}
