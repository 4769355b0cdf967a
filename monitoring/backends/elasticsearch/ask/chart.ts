import type { Aggregate, TimeRange } from '../../../reader.ts';
import type { MetricSeries } from '../../../telemetry.ts';
import type { Bucket } from '../encode/histogram.ts';
import { type Intervals, pointsOf } from './intervals.ts';

/** What fell into one interval of one line. */
export interface Interval {
  count: number;
  sum: number;
  min: number | null;
  max: number | null;
  buckets: Bucket[];
}

interface Line {
  unit: string;
  type: string;
  group: string | undefined;
  at: Map<number, Interval>;
}

export const QUANTILES: Partial<Record<Aggregate, number>> = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 };

/** Lines of a metric while they are added up, one for each unit, type and group. */
export class Chart {
  readonly #lines = new Map<string, Line>();

  get isEmpty(): boolean {
    return this.#lines.size === 0;
  }

  /** @param start of the interval, Unix milliseconds */
  interval(unit: string, type: string, group: string | undefined, start: number): Interval {
    const key = JSON.stringify([unit, type, group]);
    let line = this.#lines.get(key);
    if (!line) {
      line = { unit, type, group, at: new Map() };
      this.#lines.set(key, line);
    }
    let interval = line.at.get(start);
    if (!interval) {
      interval = { count: 0, sum: 0, min: null, max: null, buckets: [] };
      line.at.set(start, interval);
    }
    return interval;
  }

  series(name: string, groupBy: string | undefined, wanted: Aggregate, intervals: Intervals): MetricSeries[] {
    return [...this.#lines.values()]
      .map(({ unit, type, group, at }) => {
        const attributes: Record<string, string> = Object.create(null);
        if (groupBy !== undefined) attributes[groupBy] = group ?? '';
        const valueAt = (start: number) => {
          const interval = at.get(start);
          return interval && aggregate(interval, wanted, type, intervals.stepMs);
        };
        return { name, unit, attributes, points: pointsOf(intervals, valueAt) };
      })
      .sort((a, b) => JSON.stringify(a.attributes).localeCompare(JSON.stringify(b.attributes)));
  }
}

/** The value shown; null where the metric's type has no such value. */
function aggregate(interval: Interval, wanted: Aggregate, type: string, stepMs: number): number | null {
  const isCounter = type === 'sum';
  const quantile = QUANTILES[wanted];
  if (quantile !== undefined) {
    const value = valueAt(interval.buckets, quantile);
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

/** The value at quantile `q` (0 to 1), interpolated inside its bucket; null when there are none. */
function valueAt(buckets: readonly Bucket[], q: number): number | null {
  const sorted = buckets.filter(({ count }) => count > 0).sort((a, b) => a.upper - b.upper || a.lower - b.lower);
  const total = sorted.reduce((sum, { count }) => sum + count, 0);
  let seen = 0;
  for (const { lower, upper, count } of sorted) {
    seen += count;
    if (seen >= q * total) return lower + (upper - lower) * Math.min(1, Math.max(0, 1 - (seen - q * total) / count));
  }
  return sorted.at(-1)?.upper ?? null;
}

/** How far before the window a running total's last value is looked for. */
export function lookBack({ from }: TimeRange, stepMs: number): number {
  return from - Math.max(stepMs, 600_000);
}
