import { aggregated, emptyInterval, type Interval } from '../../../charts/interval.ts';
import { type GroupBy, metricLabels } from '../../../group-by.ts';
import type { Aggregate, TimeRange } from '../../../reader.ts';
import type { MetricSeries } from '../../../telemetry.ts';
import { type Intervals, pointsOf } from './intervals.ts';

interface Line {
  unit: string;
  type: string;
  group: string | null;
  at: Map<number, Interval>;
}

/** Lines of a metric while they are added up, one for each unit, type and group. */
export class Chart {
  readonly #lines = new Map<string, Line>();

  get isEmpty(): boolean {
    return this.#lines.size === 0;
  }

  /** @param start of the interval, Unix milliseconds */
  interval(unit: string, type: string, group: string | null, start: number): Interval {
    const key = JSON.stringify([unit, type, group]);
    let line = this.#lines.get(key);
    if (!line) {
      line = { unit, type, group, at: new Map() };
      this.#lines.set(key, line);
    }
    let interval = line.at.get(start);
    if (!interval) {
      interval = emptyInterval();
      line.at.set(start, interval);
    }
    return interval;
  }

  series(name: string, groupBy: GroupBy | undefined, wanted: Aggregate, intervals: Intervals): MetricSeries[] {
    return [...this.#lines.values()]
      .map(({ unit, type, group, at }) => {
        const valueAt = (start: number) => {
          const interval = at.get(start);
          return interval && aggregated(interval, wanted, type, intervals.stepMs);
        };
        return { name, unit, attributes: metricLabels(groupBy, group), points: pointsOf(intervals, valueAt) };
      })
      .sort((a, b) => JSON.stringify(a.attributes).localeCompare(JSON.stringify(b.attributes)));
  }
}

/** How far before the window a running total's last value is looked for. */
export function lookBack({ from }: TimeRange, stepMs: number): number {
  return from - Math.max(stepMs, 600_000);
}
