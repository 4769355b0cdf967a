import { Buffer } from 'node:buffer';
import type { Batch, Signal, SpoolRecord } from '../exporter.ts';
import type { Attributes, AttributeValue } from '../telemetry.ts';
import { double, type Field, fixed64, hex, integer, message, text } from './protobuf.ts';

export interface SpanSeed {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name?: string;
  /** SpanKind, 2 (server) by default. */
  kind?: number;
  startNs: bigint;
  durationNs: bigint;
  /** 0 unset, 1 ok, 2 error. */
  status?: number;
  statusMessage?: string;
  attributes?: Attributes;
  events?: { timeNs: bigint; name: string; attributes: Attributes }[];
}

export interface LogSeed {
  timeNs: bigint;
  severityNumber?: number;
  severityText?: string;
  body: AttributeValue;
  traceId?: string;
  spanId?: string;
  attributes?: Attributes;
}

/** One data point of a metric of its own. */
export type MetricSeed = {
  name: string;
  unit?: string;
  timeNs: bigint;
  startNs?: bigint;
  temporality?: 'delta' | 'cumulative';
  attributes?: Attributes;
} & (
  | { type: 'gauge' | 'sum'; value: number }
  | { type: 'histogram'; sum: number; bounds: readonly number[]; bucketCounts: readonly number[] }
);

export interface Placed {
  position: number;
  /** Unix milliseconds. */
  receivedAt: number;
}

export function spansRecord(placed: Placed, spans: readonly SpanSeed[], resource: Attributes): SpoolRecord {
  const bytes = envelope(resource, spans.map(spanField));
  return { ...placed, signal: 'traces', encoding: 'otlp', items: spans.length, bytes };
}

export function logsRecord(placed: Placed, logs: readonly LogSeed[], resource: Attributes): SpoolRecord {
  const bytes = envelope(resource, logs.map(logField));
  return { ...placed, signal: 'logs', encoding: 'otlp', items: logs.length, bytes };
}

export function metricsRecord(placed: Placed, metrics: readonly MetricSeed[], resource: Attributes): SpoolRecord {
  const bytes = envelope(resource, metrics.map(metricField));
  return { ...placed, signal: 'metrics', encoding: 'otlp', items: metrics.length, bytes };
}

export function statsdRecord(placed: Placed, lines: readonly string[]): SpoolRecord {
  return {
    ...placed,
    signal: 'metrics',
    encoding: 'statsd',
    items: lines.length,
    bytes: Buffer.from(lines.join('\n')),
  };
}

/** Bytes that no decoder takes for a request. */
export function malformedRecord(placed: Placed, signal: Signal, items: number): SpoolRecord {
  return { ...placed, signal, encoding: 'otlp', items, bytes: Buffer.from([0x0a, 0xff, 0xff, 0xff, 0x7f, 0x01]) };
}

export function batchOf(...records: SpoolRecord[]): Batch {
  return { records, end: (records.at(-1)?.position ?? -1) + 1 };
}

/** Request → resource (1) and scope (2) → items (2), the same shape for all three signals. */
function envelope(resource: Attributes, items: Field[]): Uint8Array {
  return message(1, message(1, ...pairs(1, resource)), message(2, ...items));
}

function pairs(number: number, attributes: Attributes): Field[] {
  return Object.entries(attributes).map(([key, value]) => message(number, text(1, key), message(2, anyValue(value))));
}

function anyValue(value: AttributeValue): Field {
  if (value === null) return new Uint8Array();
  if (Array.isArray(value)) return message(5, ...value.map((item) => message(1, anyValue(item))));
  switch (typeof value) {
    case 'string':
      return text(1, value);
    case 'boolean':
      return integer(2, value ? 1 : 0);
    case 'number':
      return Number.isInteger(value) ? integer(3, value) : double(4, value);
    default:
      return message(6, ...pairs(1, value));
  }
}

function spanField(span: SpanSeed): Field {
  return message(
    2,
    hex(1, span.traceId),
    hex(2, span.spanId),
    hex(4, span.parentSpanId ?? ''),
    text(5, span.name ?? 'GET /'),
    integer(6, span.kind ?? 2),
    fixed64(7, span.startNs),
    fixed64(8, span.startNs + span.durationNs),
    ...pairs(9, span.attributes ?? {}),
    ...(span.events ?? []).map(({ timeNs, name, attributes }) =>
      message(11, fixed64(1, timeNs), text(2, name), ...pairs(3, attributes)),
    ),
    message(15, text(2, span.statusMessage ?? ''), integer(3, span.status ?? 0)),
  );
}

function logField(log: LogSeed): Field {
  return message(
    2,
    fixed64(1, log.timeNs),
    integer(2, log.severityNumber ?? 0),
    text(3, log.severityText ?? ''),
    message(5, anyValue(log.body)),
    ...pairs(6, log.attributes ?? {}),
    hex(9, log.traceId ?? ''),
    hex(10, log.spanId ?? ''),
  );
}

const TEMPORALITY = { delta: 1, cumulative: 2 } as const;

function metricField(metric: MetricSeed): Field {
  const times = [fixed64(2, metric.startNs ?? 0n), fixed64(3, metric.timeNs)];
  const attributes = pairs(metric.type === 'histogram' ? 9 : 7, metric.attributes ?? {});
  const temporality = integer(2, TEMPORALITY[metric.temporality ?? 'cumulative']);
  const head = [text(1, metric.name), text(3, metric.unit ?? '')];
  switch (metric.type) {
    case 'gauge':
      return message(2, ...head, message(5, message(1, ...times, double(4, metric.value), ...attributes)));
    case 'sum':
      return message(
        2,
        ...head,
        message(7, message(1, ...times, double(4, metric.value), ...attributes), temporality, integer(3, 1)),
      );
    case 'histogram': {
      const counts = metric.bucketCounts.map((count) => fixed64(6, BigInt(count)));
      const bounds = metric.bounds.map((bound) => double(7, bound));
      const total = metric.bucketCounts.reduce((sum, count) => sum + count, 0);
      const point = [...times, fixed64(4, BigInt(total)), double(5, metric.sum), ...counts, ...bounds, ...attributes];
      return message(2, ...head, message(9, message(1, ...point), temporality));
    }
  }
}
