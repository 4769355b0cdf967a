import type { Attributes } from '../../../telemetry.ts';

export type MetricType = 'counter' | 'gauge' | 'histogram';

/** Several values in one member: how often each was seen, and what is exactly known of all of them. */
export interface Distribution {
  Values: number[];
  Counts: number[];
  Min: number;
  Max: number;
  Sum: number;
  Count: number;
}

export interface StatisticSet {
  Min: number;
  Max: number;
  Sum: number;
  Count: number;
}

/** What one or more items of a record say at one moment about one metric. */
export interface Measured {
  name: string;
  unit: string;
  type: MetricType;
  value: number | Distribution | StatisticSet;
  timestampMs: number;
  attributes: Attributes;
  resource: Attributes;
  items: number;
}

/** Items that hold no value: counted, and nothing to be sent for them. */
export interface Unmeasured {
  accepted: number;
  filtered: number;
  rejected: { count: number; reason: string }[];
}

export function nothingUnmeasured(): Unmeasured {
  return { accepted: 0, filtered: 0, rejected: [] };
}

/** CloudWatch takes values from -2^360 to 2^360 (MetricDatum). */
const GREATEST = 2 ** 360;
/** Of EMF: no more than 100 values in one member. */
const MOST_VALUES = 100;

export function isCarried(value: number): boolean {
  return Number.isFinite(value) && Math.abs(value) <= GREATEST;
}

/**
 * @param pairs value and how often it was seen
 * @returns undefined where nothing was seen. More than 100 values are put together with their neighbours, each group
 *   shown as its mean.
 */
export function distribution(
  pairs: readonly (readonly [value: number, count: number])[],
  known: { sum?: number | null; min?: number | null; max?: number | null } = {},
): Distribution | undefined {
  const merged = new Map<number, number>();
  for (const [value, count] of pairs) if (count > 0) merged.set(value, (merged.get(value) ?? 0) + count);
  if (merged.size === 0) return undefined;
  const sorted = [...merged].sort(([a], [b]) => a - b);
  const width = Math.ceil(sorted.length / MOST_VALUES);
  const Values: number[] = [];
  const Counts: number[] = [];
  for (let from = 0; from < sorted.length; from += width) {
    const group = sorted.slice(from, from + width);
    const count = group.reduce((total, [, one]) => total + one, 0);
    Values.push(width === 1 ? group[0]![0] : group.reduce((total, [value, one]) => total + value * one, 0) / count);
    Counts.push(count);
  }
  return {
    Values,
    Counts,
    Min: known.min ?? sorted[0]![0],
    Max: known.max ?? sorted.at(-1)![0],
    Sum: known.sum ?? sorted.reduce((total, [value, count]) => total + value * count, 0),
    Count: sorted.reduce((total, [, count]) => total + count, 0),
  };
}
