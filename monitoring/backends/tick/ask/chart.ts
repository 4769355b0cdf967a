import { aggregated, emptyInterval, type Interval } from '../../../charts/interval.ts';
import { type GroupBy, metricLabels } from '../../../group-by.ts';
import type { Aggregate } from '../../../reader.ts';
import type { MetricSeries } from '../../../telemetry.ts';
import type { Steps } from './window.ts';

interface Line {
  unit: string;
  type: string;
  attributes: Record<string, string>;
  at: Map<number, Interval>;
}

/** Lines of a chart while they are added up. */
export class Chart {
  readonly #lines = new Map<string, Line>();
  readonly #groupBy: GroupBy | undefined;
  readonly #steps: Steps;

  constructor(groupBy: GroupBy | undefined, steps: Steps) {
    this.#groupBy = groupBy;
    this.#steps = steps;
  }

  get isEmpty(): boolean {
    return this.#lines.size === 0;
  }

  /**
   * @param group its name, null where nothing is grouped by
   * @param time Unix milliseconds; undefined outside of the chart
   */
  interval(unit: string, type: string, group: string | null, time: number): Interval | undefined {
    const index = this.#steps.indexOf(time);
    if (index === undefined) return undefined;
    const key = JSON.stringify([unit, type, group]);
    let line = this.#lines.get(key);
    if (!line) {
      line = { unit, type, attributes: metricLabels(this.#groupBy, group), at: new Map() };
      this.#lines.set(key, line);
    }
    let interval = line.at.get(index);
    if (!interval) {
      interval = emptyInterval();
      line.at.set(index, interval);
    }
    return interval;
  }

  series(name: string, wanted: Aggregate): MetricSeries[] {
    const { starts, stepMs } = this.#steps;
    return [...this.#lines.values()]
      .map(({ unit, type, attributes, at }) => ({
        name,
        unit,
        attributes,
        points: starts.map((start, index): [number, number | null] => {
          const interval = at.get(index);
          return [start, interval ? aggregated(interval, wanted, type, stepMs) : null];
        }),
      }))
      .sort((a, b) => JSON.stringify(a.attributes).localeCompare(JSON.stringify(b.attributes)));
  }
}
