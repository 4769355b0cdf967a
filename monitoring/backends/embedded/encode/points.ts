import type { DecodedPoint, Temporality } from '../../../otlp/index.ts';
import type { Attributes } from '../../../telemetry.ts';
import { Interner } from '../interner.ts';
import { clampNs, toJson } from '../values.ts';
import type { Dictionary } from './dictionary.ts';
import { type Encoded, widen } from './encoded.ts';

/** What a series is, besides its name and attributes. */
export interface SeriesKind {
  type: string;
  unit: string;
  delta: boolean;
  cumulative: boolean;
  bounds: readonly number[] | null;
  base: number | null;
}

/** One row of `points`, before its series has a number. */
export interface PointRow {
  timeNs: bigint;
  startNs: bigint;
  count: number;
  sum: number | null;
  min: number | null;
  max: number | null;
  last: number | null;
  zeroCount: number;
  bucketOffset: number;
  buckets: readonly number[] | null;
}

const LAST_BUCKET = 2 ** 31 - 1;
const NO_ATTRIBUTES: Attributes = Object.freeze(Object.create(null));

export class PointEncoder {
  readonly #dictionary: Dictionary;
  readonly #series: Interner;

  constructor(dictionary: Dictionary, next: number) {
    this.#dictionary = dictionary;
    this.#series = new Interner(next);
  }

  push(point: DecodedPoint, batch: bigint, encoded: Encoded): void {
    const timeNs = clampNs(point.timeNs);
    const id = (kind: SeriesKind, attributes = point.attributes) =>
      this.series(point.name, kind, attributes, point.resource, timeNs, encoded);
    const times = { timeNs, startNs: clampNs(point.startNs) };
    switch (point.type) {
      case 'gauge':
        if (point.value !== null)
          this.row(id(kindOf(point, 'unspecified')), reading(times, point.value), batch, encoded);
        break;
      case 'sum':
        if (point.value === null) break;
        // A sum that may go down is a level (queue length, connections): what counts is where it stands.
        if (point.monotonic) {
          const row = { ...reading(times, point.value), count: point.value };
          this.row(id(kindOf(point, point.temporality)), row, batch, encoded);
        } else this.row(id(kindOf(point, 'unspecified')), reading(times, point.value), batch, encoded);
        break;
      case 'histogram': {
        const kind = { ...kindOf(point, point.temporality), bounds: point.bounds };
        const rest = { zeroCount: 0, bucketOffset: 0, buckets: point.bucketCounts };
        this.row(id(kind), { ...times, ...summary(point), ...rest }, batch, encoded);
        break;
      }
      case 'exponential_histogram': {
        const kind = { ...kindOf(point, point.temporality), base: 2 ** (2 ** -point.scale) };
        const below = point.negative.counts.reduce((total, count) => total + count, point.zeroCount);
        const { offset, counts } = point.positive;
        // Past this the bounds are no doubles any more, and the numbers no INTEGERs.
        const bucketOffset = Math.max(-LAST_BUCKET, Math.min(offset, LAST_BUCKET - counts.length));
        const rest = { zeroCount: below, bucketOffset, buckets: counts };
        this.row(id(kind), { ...times, ...summary(point), ...rest }, batch, encoded);
        break;
      }
      case 'summary': {
        const nothing = { zeroCount: 0, bucketOffset: 0, buckets: null };
        const row = { ...times, ...summary({ ...point, min: null, max: null }), ...nothing };
        this.row(id(kindOf(point, 'cumulative')), row, batch, encoded);
        for (const { quantile, value } of point.quantiles) {
          const attributes = Object.assign(Object.create(null), point.attributes, { quantile: String(quantile) });
          this.row(id(kindOf(point, 'unspecified'), attributes), reading(times, value), batch, encoded);
        }
        break;
      }
    }
  }

  series(
    name: string,
    kind: SeriesKind,
    attributes: Attributes,
    resource: Attributes | null,
    seenNs: bigint,
    encoded: Encoded,
  ): number {
    const owner = this.#dictionary.resource(resource ?? NO_ATTRIBUTES, seenNs, encoded.rows);
    const json = toJson(attributes);
    const bounds = kind.bounds && toJson(kind.bounds);
    const key = `${owner.id} ${kind.type} ${kind.delta} ${kind.cumulative} ${kind.base} ${bounds} ${kind.unit} ${name}\0${json}`;
    return this.#series.intern(key, (id) =>
      encoded.rows.series.push([
        id,
        owner.id,
        name,
        kind.unit,
        kind.type,
        kind.delta,
        kind.cumulative,
        bounds,
        kind.base,
        json,
      ]),
    );
  }

  row(series: number, point: PointRow, batch: bigint, encoded: Encoded): void {
    widen(encoded, point.timeNs);
    encoded.rows.points.push([
      batch,
      series,
      point.timeNs,
      point.startNs,
      point.count,
      finite(point.sum),
      finite(point.min),
      finite(point.max),
      finite(point.last),
      point.zeroCount,
      point.bucketOffset,
      point.buckets && toJson(point.buckets),
    ]);
  }

  forget(): void {
    this.#series.forget();
  }
}

function kindOf(point: DecodedPoint, temporality: Temporality): SeriesKind {
  return {
    type: point.type,
    unit: point.unit,
    delta: temporality === 'delta',
    cumulative: temporality === 'cumulative',
    bounds: null,
    base: null,
  };
}

function reading(times: { timeNs: bigint; startNs: bigint }, value: number): PointRow {
  const distribution = { zeroCount: 0, bucketOffset: 0, buckets: null };
  return { ...times, count: 1, sum: value, min: value, max: value, last: value, ...distribution };
}

function summary(point: { count: number; sum: number | null; min: number | null; max: number | null }) {
  return { count: point.count, sum: point.sum, min: point.min, max: point.max, last: null };
}

/** NaN and infinities would poison every total that they enter. */
function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}
