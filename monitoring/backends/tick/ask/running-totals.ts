import type { Slice } from '../../../charts/slice.ts';
import type { Chart } from './chart.ts';

/** Where a running total stood. Times in Unix milliseconds. */
export interface Total {
  unit: string;
  type: string;
  /** Name of the group; null where nothing is grouped by. */
  group: string | null;
  /** Tells senders apart. */
  series: string;
  startMs: number;
  time: number;
  count: number;
  sum: number;
  slices: Slice[];
}

/**
 * Adds what running totals grew by. A total that begins again (another start time, or a smaller value) grew by all it
 * shows; one seen for the first time grew by all it shows only if it began after `before`, else it is the base line.
 */
export function addIncreases(totals: Total[], chart: Chart, from: number, before: number): void {
  const last = new Map<string, Total>();
  for (const total of totals.sort((a, b) => a.time - b.time)) {
    const key = JSON.stringify([total.series, total.type, total.unit, total.group]);
    const previous = last.get(key);
    last.set(key, total);
    if (total.time < from) continue;
    if (!previous && total.startMs < before) continue;
    const base = previous && previous.startMs === total.startMs && previous.count <= total.count ? previous : undefined;
    const interval = chart.interval(total.unit, total.type, total.group, total.time);
    if (!interval) continue;
    interval.count += total.count - (base?.count ?? 0);
    interval.sum += total.sum - (base?.sum ?? 0);
    const stood = new Map(base?.slices.map((slice) => [`${slice.lower} ${slice.upper}`, slice.count]));
    for (const { lower, upper, count } of total.slices) {
      const grown = count - (stood.get(`${lower} ${upper}`) ?? 0);
      if (grown > 0) interval.slices.push({ lower, upper, count: grown });
    }
  }
}
