import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { SpoolRecord } from '../../../exporter.ts';
import { type DecodedPoint, decodeMetrics } from '../../../otlp/index.ts';
import { GaugeState } from '../../../statsd/gauge-state.ts';
import { statsdToPoints } from '../../../statsd/to-points.ts';
import { walkStatsd } from '../../../statsd/walk.ts';
import { formatNs, msToNs } from '../nanoseconds.ts';
import type { BulkBody } from './bulk-body.ts';
import { explicitBuckets, exponentialBuckets } from './histogram.ts';
import { stringify } from './json-bytes.ts';
import type { Origin, Origins } from './origin.ts';
import { recordId } from './record-id.ts';

/** Writes one document for each data point; a summary has one more for each of its quantiles. */
export class MetricEncoder {
  readonly #origins: Origins;
  readonly #gauges = new GaugeState();

  constructor(origins: Origins) {
    this.#origins = origins;
  }

  /**
   * @returns how many data points or well-formed StatsD lines are in what was written
   * @throws OtlpDecodeError when the bytes are no request
   */
  encode(record: SpoolRecord, body: BulkBody): number {
    const isStatsd = record.encoding === 'statsd';
    const points = isStatsd ? statsdToPoints(record, this.#gauges) : decodeMetrics(record.bytes);
    const id = recordId(record);
    let document = 0;
    for (const point of points) {
      const origin = this.#origins.of('metrics', point.resource, '');
      for (const fields of fieldsOf(point, record)) write(`${id}${(document++).toString(36)}`, fields, origin, body);
    }
    if (!isStatsd) return points.length;
    let lines = 0;
    walkStatsd(Buffer.from(record.bytes.buffer, record.bytes.byteOffset, record.bytes.length), () => lines++);
    return lines;
  }
}

function write(id: string, fields: object, origin: Origin, body: BulkBody): void {
  const document = stringify(fields);
  const out = body.begin(document.length * 3 + origin.action.length + origin.fields.length + 128);
  out.put(origin.action);
  out.ascii(`${id}"}}\n`);
  out.utf8(document.slice(0, -1));
  out.ascii(',');
  out.put(origin.fields);
  out.ascii('}\n');
  body.end();
}

/** The documents of a point: its fields by name. Values that are no finite numbers are left out. */
function fieldsOf(point: DecodedPoint, record: SpoolRecord): object[] {
  const common = {
    '@timestamp': formatNs(point.timeNs > 0n ? point.timeNs : msToNs(record.receivedAt)),
    'metric.name': point.name,
    'metric.unit': point.unit,
    'metric.type': point.type,
    ...(Object.keys(point.attributes).length === 0 ? {} : { attributes: point.attributes }),
  };
  switch (point.type) {
    case 'gauge':
      return [{ ...common, ...value(point.value) }];
    case 'sum':
      // A sum that may go down is a level (queue length, connections): what counts is where it stands.
      if (!point.monotonic) return [{ ...common, 'metric.type': 'gauge', ...value(point.value) }];
      return [{ ...common, ...ofTime(point, []), ...value(point.value) }];
    case 'histogram':
      return [{ ...common, ...ofTime(point, point.bounds), ...totals(point), ...buckets(explicitBuckets(point)) }];
    case 'exponential_histogram':
      return [{ ...common, ...ofTime(point, [point.scale]), ...totals(point), ...buckets(exponentialBuckets(point)) }];
    case 'summary': {
      const running = { ...point, temporality: 'cumulative' as const, min: null, max: null };
      return [
        { ...common, ...ofTime(running, []), ...totals(running) },
        ...point.quantiles.map((at) => ({
          ...common,
          'metric.type': 'gauge',
          attributes: Object.assign(Object.create(null), point.attributes, { quantile: String(at.quantile) }),
          ...value(at.value),
        })),
      ];
    }
  }
}

/** How the values of a series follow each other. A running total carries what tells its series from others. */
function ofTime(point: Exclude<DecodedPoint, { type: 'gauge' | 'summary' }> | RunningSummary, shape: number[]) {
  if (point.temporality !== 'cumulative') return { 'metric.temporality': point.temporality };
  const identity = stringify([point.name, point.type, point.unit, shape, point.resource, point.attributes]);
  return {
    'metric.temporality': point.temporality,
    'metric.start': formatNs(point.startNs),
    'metric.series': createHash('sha1').update(identity).digest('base64url').slice(0, 16),
  };
}

type RunningSummary = Extract<DecodedPoint, { type: 'summary' }> & { temporality: 'cumulative' };

function value(number: number | null) {
  return isTold(number) ? { 'metric.value': number } : {};
}

function totals(point: { count: number; sum: number | null; min: number | null; max: number | null }) {
  return {
    'metric.count': point.count,
    ...(isTold(point.sum) ? { 'metric.sum': point.sum } : {}),
    ...(isTold(point.min) ? { 'metric.min': point.min } : {}),
    ...(isTold(point.max) ? { 'metric.max': point.max } : {}),
  };
}

function buckets(list: object[]) {
  return list.length === 0 ? {} : { 'metric.buckets': list };
}

function isTold(number: number | null): boolean {
  return number !== null && Number.isFinite(number);
}
