import { createHash } from 'node:crypto';
import type { DecodedPoint, Temporality } from '../../../otlp/index.ts';
import type { Attributes } from '../../../telemetry.ts';
import { MAX_STRING_BYTES, quoted, tag } from './line-protocol.ts';
import type { Draft, Placed } from './lines.ts';
import { measurementText, tagText } from './metric-names.ts';
import { belowMs, stamp } from './stamp.ts';
import { environmentOf, jsonField, serviceOf, text, toJson } from './values.ts';

/** A series key may take 65,535 bytes; in UTF-16 units, of which each takes three bytes at most. */
const MAX_TAGS_LENGTH = 16_384;

/** How a point shows itself: the names are Telegraf's, so that both ways give the same columns. */
interface Shown {
  type: string;
  unit: string;
  temporality: Temporality;
  fields: string;
  extra?: Readonly<Record<string, string>>;
}

/**
 * Data points, one measurement per metric.
 * @param isStatsd they sum up StatsD lines: they have no resource, and sums are counters
 * @returns how many have no value that InfluxDB could hold
 */
export function encodePoints(points: readonly DecodedPoint[], placed: Placed, draft: Draft, isStatsd: boolean): number {
  let index = 0;
  let empty = 0;
  for (const point of points) {
    const shown = show(point, isStatsd);
    if (!shown) {
      empty++;
      continue;
    }
    draft.own.push(pointLine(point, shown, placed, index++, isStatsd));
    if (point.type !== 'summary') continue;
    for (const { quantile, value } of point.quantiles) {
      const fields = number('value', value);
      if (fields === '') continue;
      const one: Shown = {
        ...shown,
        type: 'gauge',
        temporality: 'unspecified',
        fields,
        extra: { quantile: String(quantile) },
      };
      draft.besides.push(pointLine(point, one, placed, index++, isStatsd));
    }
  }
  return empty;
}

function pointLine(point: DecodedPoint, shown: Shown, placed: Placed, index: number, isStatsd: boolean): string {
  // A point without a time would be older than InfluxDB keeps.
  const timeNs = point.timeNs > 0n ? point.timeNs : BigInt(Math.floor(placed.receivedAt)) * 1_000_000n;
  const isCumulative = shown.temporality === 'cumulative';
  const { tags, rest } = tagsOf(point, shown, isStatsd);
  let { fields } = shown;
  fields += `${fields === '' ? '' : ','}ns=${belowMs(timeNs)}`;
  if (isCumulative) fields += `,start_ms=${point.startNs / 1_000_000n}i,series=${quoted(identityOf(point))}`;
  if (rest) fields += `,attributes=${jsonField(rest)}`;
  return `${measurementText(point.name)}${tags} ${fields} ${stamp(timeNs, placed.position, index)}`;
}

function tagsOf(point: DecodedPoint, shown: Shown, isStatsd: boolean): { tags: string; rest: Attributes | undefined } {
  const pairs = new Map<string, string>();
  if (!isStatsd) {
    pairs.set('env', environmentOf(point.resource));
    pairs.set('service', serviceOf(point.resource));
  }
  let rest: Attributes | undefined;
  for (const name in point.attributes) {
    const key = tagText(name);
    if (key !== undefined) pairs.set(key, text(point.attributes[name]));
    else {
      rest ??= Object.create(null) as Attributes;
      rest[name] = point.attributes[name]!;
    }
  }
  for (const [key, value] of Object.entries(shown.extra ?? {})) pairs.set(key, value);
  pairs.set('metric_type', shown.type);
  pairs.set('temporality', shown.temporality === 'unspecified' ? 'none' : shown.temporality);
  pairs.set('unit', shown.unit);
  let tags = '';
  for (const key of ['metric_type', 'temporality', 'unit', ...[...pairs.keys()].sort()]) {
    const next = tag(key, pairs.get(key) ?? '');
    pairs.delete(key);
    if (tags.length + next.length <= MAX_TAGS_LENGTH) tags += next;
  }
  return { tags, rest };
}

function show(point: DecodedPoint, isStatsd: boolean): Shown | undefined {
  const { unit } = point;
  switch (point.type) {
    case 'gauge': {
      const fields = number('value', point.value);
      return fields === '' ? undefined : { type: 'gauge', unit, temporality: 'unspecified', fields };
    }
    case 'sum': {
      const fields = number('value', point.value);
      if (fields === '') return undefined;
      if (isStatsd) return { type: 'counter', unit, temporality: 'delta', fields };
      // A running sum that may fall is a level (queue length, connections): what counts is where it stands.
      const isLevel = !point.monotonic && point.temporality !== 'delta';
      if (isLevel) return { type: 'gauge', unit, temporality: 'unspecified', fields };
      return { type: 'sum', unit, temporality: point.temporality, fields };
    }
    case 'histogram': {
      const buckets = { bounds: point.bounds, counts: point.bucketCounts };
      return { type: 'histogram', unit, temporality: point.temporality, fields: distribution(point, buckets) };
    }
    case 'exponential_histogram': {
      const zero = point.negative.counts.reduce((total, count) => total + count, point.zeroCount);
      const { offset, counts } = point.positive;
      const fields = distribution(point, { scale: point.scale, offset, counts, zero });
      const type = isStatsd ? (unit === 'ms' ? 'timer' : 'histogram') : point.type;
      return { type, unit, temporality: point.temporality, fields };
    }
    case 'summary':
      return {
        type: 'summary',
        unit,
        temporality: 'cumulative',
        fields: `count=${whole(point.count)}${more('sum', point.sum)}`,
      };
  }
}

function distribution(
  point: { count: number; sum: number | null; min: number | null; max: number | null },
  buckets: unknown,
): string {
  const json = toJson(buckets);
  const told = json.length <= MAX_STRING_BYTES ? `,buckets=${quoted(json)}` : '';
  return `count=${whole(point.count)}${more('sum', point.sum)}${more('lower', point.min)}${more('upper', point.max)}${told}`;
}

/** '' for what InfluxDB has no number for: nothing, NaN, infinities. */
function number(key: string, value: number | null): string {
  return value !== null && Number.isFinite(value) ? `${key}=${value}` : '';
}

function more(key: string, value: number | null): string {
  const field = number(key, value);
  return field === '' ? '' : `,${field}`;
}

function whole(count: number): string {
  return `${Math.min(Math.round(count), Number.MAX_SAFE_INTEGER)}i`;
}

/** Tells running totals of several senders apart whose tags are the same. */
function identityOf(point: DecodedPoint): string {
  return createHash('sha1')
    .update(toJson([point.resource, point.attributes]))
    .digest('base64url')
    .slice(0, 12);
}
