import type { Attributes, AttributeValue } from '../telemetry.ts';

/**
 * OTLP payloads as objects. Times are nanoseconds since the Unix epoch as bigint and ids are lower-case hex (empty when
 * absent), so that neither ever passes through a double. Attribute maps have no inherited properties; int64 values
 * beyond ±(2^53-1) are decimal strings, bytes are base64 strings, NaN and infinities stay numbers.
 * `resource` is one object shared by every item of the same ResourceSpans/ResourceMetrics/ResourceLogs.
 */
export interface DecodedSpan {
  /** 32 hex digits. */
  traceId: string;
  /** 16 hex digits. */
  spanId: string;
  /** 16 hex digits, or empty for a root. */
  parentSpanId: string;
  name: string;
  /** SpanKind: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number;
  startNs: bigint;
  endNs: bigint;
  /** 0 unset, 1 ok, 2 error. */
  statusCode: number;
  statusMessage: string;
  attributes: Attributes;
  events: DecodedEvent[];
  resource: Attributes;
  scopeName: string;
}

export interface DecodedEvent {
  timeNs: bigint;
  name: string;
  attributes: Attributes;
}

export type Temporality = 'unspecified' | 'delta' | 'cumulative';

interface PointBase {
  name: string;
  unit: string;
  description: string;
  timeNs: bigint;
  /** 0n when the sender does not know. */
  startNs: bigint;
  attributes: Attributes;
  resource: Attributes;
}

/**
 * `value` is null where the sender flagged "no recorded value" or sent none; an int64 beyond 2^53 is rounded. A histogram
 * or summary that is flagged so is read as a gauge without a value.
 */
export interface GaugePoint extends PointBase {
  type: 'gauge';
  value: number | null;
}

export interface SumPoint extends PointBase {
  type: 'sum';
  temporality: Temporality;
  monotonic: boolean;
  value: number | null;
}

export interface HistogramPoint extends PointBase {
  type: 'histogram';
  temporality: Temporality;
  count: number;
  sum: number | null;
  min: number | null;
  max: number | null;
  /** Upper bounds, inclusive; one fewer than `bucketCounts`. */
  bounds: number[];
  bucketCounts: number[];
}

export interface ExponentialBuckets {
  offset: number;
  counts: number[];
}

export interface ExponentialHistogramPoint extends PointBase {
  type: 'exponential_histogram';
  temporality: Temporality;
  count: number;
  sum: number | null;
  min: number | null;
  max: number | null;
  /** base = 2^(2^-scale); bucket i of `positive` covers (base^(offset+i), base^(offset+i+1)]. */
  scale: number;
  zeroCount: number;
  zeroThreshold: number;
  positive: ExponentialBuckets;
  negative: ExponentialBuckets;
}

export interface SummaryPoint extends PointBase {
  type: 'summary';
  count: number;
  sum: number;
  quantiles: { quantile: number; value: number }[];
}

export type DecodedPoint = GaugePoint | SumPoint | HistogramPoint | ExponentialHistogramPoint | SummaryPoint;

export interface DecodedLog {
  /** When it happened; when it was observed where the sender gives no time; 0n where neither is given. */
  timeNs: bigint;
  /** 0 unspecified, 1-4 trace, 5-8 debug, 9-12 info, 13-16 warn, 17-20 error, 21-24 fatal. */
  severityNumber: number;
  severityText: string;
  body: AttributeValue;
  /** 32 hex digits, or empty. */
  traceId: string;
  /** 16 hex digits, or empty. */
  spanId: string;
  attributes: Attributes;
  resource: Attributes;
  eventName: string;
  scopeName: string;
}

/** The bytes are not a message of the protocol. Nothing of them should be used. */
export class OtlpDecodeError extends Error {
  /** Byte offset where reading stopped. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(`${message} at byte ${offset}`);
    this.name = 'OtlpDecodeError';
    this.offset = offset;
  }
}
