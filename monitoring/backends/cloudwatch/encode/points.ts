import type { DecodedPoint, ExponentialHistogramPoint, HistogramPoint } from '../../../otlp/index.ts';
import { distribution, isCarried, type Measured, nothingUnmeasured, type Unmeasured } from './measured.ts';
import type { TotalsOfRecord } from './running-totals.ts';
import { toJson } from './values.ts';

/**
 * What data points say in CloudWatch's terms: sums are what was added, histograms are values with counts.
 * @param receivedAt Unix milliseconds; dates a point whose sender gave no time
 */
export function measurePoints(
  points: readonly DecodedPoint[],
  totals: TotalsOfRecord,
  receivedAt: number,
): { measured: Measured[]; unmeasured: Unmeasured } {
  const measured: Measured[] = [];
  const unmeasured = nothingUnmeasured();
  for (const point of points) {
    const found = figureIn(point, totals);
    if (found === 'no value') unmeasured.filtered++;
    else if (found === 'nothing added') unmeasured.accepted++;
    else if (!everyNumber(found.value).every(isCarried)) {
      unmeasured.rejected.push({ count: 1, reason: 'a value that is not a number between -2^360 and 2^360' });
    } else {
      measured.push({
        name: point.name,
        unit: point.unit,
        ...found,
        timestampMs: point.timeNs > 0n ? Number(point.timeNs / 1_000_000n) : Math.floor(receivedAt),
        attributes: point.attributes,
        resource: point.resource,
        items: 1,
      });
    }
  }
  return { measured, unmeasured };
}

type Found = Pick<Measured, 'type' | 'value'> | 'no value' | 'nothing added';

function figureIn(point: DecodedPoint, totals: TotalsOfRecord): Found {
  switch (point.type) {
    case 'gauge':
      return point.value === null ? 'no value' : { type: 'gauge', value: point.value };
    case 'sum': {
      if (point.value === null) return 'no value';
      if (point.temporality !== 'cumulative') return { type: 'counter', value: point.value };
      // A running total that may fall is a level.
      if (!point.monotonic) return { type: 'gauge', value: point.value };
      const added = totals.increase(seriesOf(point), { ...timesOf(point), figures: [point.value] });
      return added ? { type: 'counter', value: added[0]! } : 'nothing added';
    }
    case 'histogram':
      return histogram(point, totals, point.bucketCounts, (counts, known) =>
        counts.map((count, index) => [middle(point.bounds, index, known), count] as const),
      );
    case 'exponential_histogram': {
      const { positive, negative } = point;
      const figures = [point.zeroCount, ...positive.counts, ...negative.counts];
      return histogram(point, totals, figures, ([zeros, ...counts]) => {
        const pairs: [number, number][] = [[0, zeros ?? 0]];
        counts.forEach((count, index) => {
          const isPositive = index < positive.counts.length;
          const bucket = isPositive ? positive.offset + index : negative.offset + index - positive.counts.length;
          const value = 2 ** ((bucket + 0.5) / 2 ** point.scale);
          pairs.push([isPositive ? value : -value, count]);
        });
        return pairs;
      });
    }
    case 'summary': {
      if (point.count === 0) return 'nothing added';
      const values = point.quantiles.map(({ value }) => value).filter((value) => Number.isFinite(value));
      const mean = point.sum / point.count;
      const added = totals.increase(seriesOf(point), { ...timesOf(point), figures: [point.count, point.sum] });
      if (!added || added[0] === 0) return 'nothing added';
      const [Count, Sum] = added as [number, number];
      return {
        type: 'histogram',
        value: { Count, Sum, Min: Math.min(mean, ...values), Max: Math.max(mean, ...values) },
      };
    }
  }
}

interface Known {
  sum: number | null;
  min: number | null;
  max: number | null;
}

function histogram(
  point: HistogramPoint | ExponentialHistogramPoint,
  totals: TotalsOfRecord,
  counts: number[],
  pairsOf: (counts: number[], known: Known) => readonly (readonly [number, number])[],
): Found {
  let known: Known = { sum: point.sum, min: point.min, max: point.max };
  let figures = counts;
  if (point.temporality === 'cumulative') {
    // Where buckets move with the data, the shape is part of the series: a new one begins a new count.
    const added = totals.increase(seriesOf(point), { ...timesOf(point), figures: [...counts, point.sum ?? 0] });
    if (!added) return 'nothing added';
    figures = added.slice(0, -1);
    // The extremes are those of all time, not of what was added.
    known = { sum: point.sum === null ? null : added.at(-1)!, min: null, max: null };
  }
  const value = distribution(pairsOf(figures, known), known);
  return value ? { type: 'histogram', value } : 'nothing added';
}

/** The middle of a bucket, as far as the extremes leave it one. */
function middle(bounds: readonly number[], index: number, known: Known): number {
  const lower = index === 0 ? (known.min ?? Math.min(0, bounds[0] ?? 0)) : bounds[index - 1]!;
  const upper = index < bounds.length ? bounds[index]! : (known.max ?? lower);
  const least = Math.max(lower, known.min ?? lower);
  return (least + Math.max(least, Math.min(upper, known.max ?? upper))) / 2;
}

function seriesOf(point: DecodedPoint): string {
  const shape =
    point.type === 'histogram'
      ? point.bounds
      : point.type === 'exponential_histogram'
        ? [
            point.scale,
            point.positive.offset,
            point.positive.counts.length,
            point.negative.offset,
            point.negative.counts.length,
          ]
        : [];
  return toJson([point.name, point.resource, point.attributes, shape]);
}

function timesOf({ startNs, timeNs }: DecodedPoint): { startNs: bigint; timeNs: bigint } {
  return { startNs, timeNs };
}

function everyNumber(value: Measured['value']): number[] {
  if (typeof value === 'number') return [value];
  const all = [value.Min, value.Max, value.Sum, value.Count];
  return 'Values' in value ? [...all, ...value.Values] : all;
}
