import type { Aggregate } from '../../../reader.ts';
import type { MetricSeries } from '../../../telemetry.ts';
import { quantile, type Slice } from './histogram.ts';
import type { Steps } from './window.ts';

/** What fell into one interval of one line of a chart. */
export interface Interval {
  count: number;
  sum: number;
  min: number | null;
  max: number | null;
  slices: Slice[];
}

interface Line {
  unit: string;
  type: string;
  attributes: Record<string, string>;
  at: Map<number, Interval>;
}

export const PERCENTILES: Partial<Record<Aggregate, number>> = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 };
/** Counts, whose single values say nothing: what they were raised by does. */
const COUNTERS = new Set(['sum', 'counter', 'set']);

/** Lines of a chart while they are added up. */
export class Chart {
  readonly #lines = new Map<string, Line>();
  readonly #groupBy: string | undefined;
  readonly #steps: Steps;

  constructor(groupBy: string | undefined, steps: Steps) {
    this.#groupBy = groupBy;
    this.#steps = steps;
  }

  get isEmpty(): boolean {
    return this.#lines.size === 0;
  }

  /** @param time Unix milliseconds; undefined outside of the chart */
  interval(unit: string, type: string, group: string, time: number): Interval | undefined {
    const index = this.#steps.indexOf(time);
    if (index === undefined) return undefined;
    const key = JSON.stringify([unit, type, group]);
    let line = this.#lines.get(key);
    if (!line) {
      const attributes: Record<string, string> = Object.create(null);
      if (this.#groupBy !== undefined) attributes[this.#groupBy] = group;
      line = { unit, type, attributes, at: new Map() };
      this.#lines.set(key, line);
    }
    let interval = line.at.get(index);
    if (!interval) {
      interval = { count: 0, sum: 0, min: null, max: null, slices: [] };
      line.at.set(index, interval);
    }
    return interval;
  }

  series(name: string, wanted: Aggregate): MetricSeries[] {
    const { starts, stepMs = 1 } = this.#steps;
    return [...this.#lines.values()]
      .map(({ unit, type, attributes, at }) => ({
        name,
        unit,
        attributes,
        points: starts.map((start, index): [number, number | null] => {
          const interval = at.get(index);
          return [start, interval ? aggregate(interval, wanted, type, stepMs) : null];
        }),
      }))
      .sort((a, b) => JSON.stringify(a.attributes).localeCompare(JSON.stringify(b.attributes)));
  }
}

/** Adds what is known of more values. */
export function add(interval: Interval, count: number, sum: number, min: number | null, max: number | null): void {
  interval.count += count;
  interval.sum += sum;
  if (min !== null) interval.min = interval.min === null ? min : Math.min(interval.min, min);
  if (max !== null) interval.max = interval.max === null ? max : Math.max(interval.max, max);
}

/** The value shown; null where the metric's type has no such value. */
function aggregate(interval: Interval, wanted: Aggregate, type: string, stepMs: number): number | null {
  const isCounter = COUNTERS.has(type);
  const percentile = PERCENTILES[wanted];
  if (percentile !== undefined) {
    const value = quantile(interval.slices, percentile);
    if (value === null) return null;
    return Math.min(interval.max ?? value, Math.max(interval.min ?? value, value));
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
