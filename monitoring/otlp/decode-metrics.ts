import type { Attributes } from '../telemetry.ts';
import { emptyAttributes, readAttribute } from './decode-attributes.ts';
import { readEnvelope, readMessage } from './decode-envelope.ts';
import type {
  DecodedPoint,
  ExponentialBuckets,
  ExponentialHistogramPoint,
  HistogramPoint,
  SummaryPoint,
  Temporality,
} from './model.ts';
import { BYTES, FIXED64, type ProtoReader, VARINT } from './proto-reader.ts';

const TEMPORALITIES: Temporality[] = ['unspecified', 'delta', 'cumulative'];
/** DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK */
const NO_RECORDED_VALUE = 1;

interface Metric {
  name: string;
  unit: string;
  description: string;
  temporality: Temporality;
  monotonic: boolean;
  resource: Attributes;
}

/**
 * Reads an ExportMetricsServiceRequest, one object per data point. Exemplars and unknown fields are skipped.
 * @throws OtlpDecodeError when the bytes are not such a message
 */
export function decodeMetrics(bytes: Uint8Array): DecodedPoint[] {
  const points: DecodedPoint[] = [];
  readEnvelope(bytes, (reader, resource) => readMetric(reader, resource, points));
  return points;
}

function readMetric(reader: ProtoReader, resource: Attributes, into: DecodedPoint[]): void {
  const metric: Metric = {
    name: '',
    unit: '',
    description: '',
    temporality: 'unspecified',
    monotonic: false,
    resource,
  };
  let dataTag = 0;
  let dataStart = 0;
  readMessage(reader, (tag) => {
    if (tag === ((1 << 3) | BYTES)) metric.name = reader.string();
    else if (tag === ((2 << 3) | BYTES)) metric.description = reader.string();
    else if (tag === ((3 << 3) | BYTES)) metric.unit = reader.string();
    else {
      if (tag in POINT_READERS) {
        dataTag = tag;
        dataStart = reader.pos;
      }
      return false;
    }
    return true;
  });
  const readPoint = POINT_READERS[dataTag];
  if (!readPoint) return;
  const after = reader.pos;
  // Name, unit and temporality may follow the points, so the points come last.
  reader.pos = dataStart;
  readMessage(reader, (tag) => {
    if (tag === ((2 << 3) | VARINT)) metric.temporality = TEMPORALITIES[reader.varint32()] ?? 'unspecified';
    else if (tag === ((3 << 3) | VARINT)) metric.monotonic = reader.int64() !== 0;
    else return false;
    return true;
  });
  reader.pos = dataStart;
  readMessage(reader, (tag) => {
    if (tag !== ((1 << 3) | BYTES)) return false;
    into.push(readPoint(reader, metric));
    return true;
  });
  reader.pos = after;
}

const POINT_READERS: Record<number, (reader: ProtoReader, metric: Metric) => DecodedPoint> = {
  [(5 << 3) | BYTES]: (reader, metric) => ({ type: 'gauge', ...base(metric), ...readNumber(reader) }),
  [(7 << 3) | BYTES]: (reader, metric) => ({
    type: 'sum',
    ...base(metric),
    temporality: metric.temporality,
    monotonic: metric.monotonic,
    ...readNumber(reader),
  }),
  [(9 << 3) | BYTES]: readHistogram,
  [(10 << 3) | BYTES]: readExponentialHistogram,
  [(11 << 3) | BYTES]: readSummary,
};

function base({ name, unit, description, resource }: Metric) {
  return { name, unit, description, resource };
}

function readNumber(reader: ProtoReader) {
  const point = { timeNs: 0n, startNs: 0n, attributes: emptyAttributes(), value: null as number | null };
  let flags = 0;
  readMessage(reader, (tag) => {
    if (tag === ((7 << 3) | BYTES)) readAttribute(reader, point.attributes);
    else if (tag === ((2 << 3) | FIXED64)) point.startNs = reader.fixed64();
    else if (tag === ((3 << 3) | FIXED64)) point.timeNs = reader.fixed64();
    else if (tag === ((4 << 3) | FIXED64)) point.value = reader.double();
    else if (tag === ((6 << 3) | FIXED64)) point.value = reader.sfixed64();
    else if (tag === ((8 << 3) | VARINT)) flags = reader.varint32();
    else return false;
    return true;
  });
  if (flags & NO_RECORDED_VALUE) point.value = null;
  return point;
}

function readHistogram(reader: ProtoReader, metric: Metric): DecodedPoint {
  const point = {
    type: 'histogram' as const,
    ...base(metric),
    temporality: metric.temporality,
    timeNs: 0n,
    startNs: 0n,
    attributes: emptyAttributes(),
    count: 0,
    sum: null as number | null,
    min: null as number | null,
    max: null as number | null,
    bounds: [] as number[],
    bucketCounts: [] as number[],
  };
  let flags = 0;
  readMessage(reader, (tag) => {
    switch (tag) {
      case (9 << 3) | BYTES:
        readAttribute(reader, point.attributes);
        return true;
      case (10 << 3) | VARINT:
        flags = reader.varint32();
        return true;
      case (11 << 3) | FIXED64:
        point.min = reader.double();
        return true;
      case (12 << 3) | FIXED64:
        point.max = reader.double();
        return true;
      case (6 << 3) | FIXED64:
        point.bucketCounts.push(reader.count64());
        return true;
      case (7 << 3) | FIXED64:
        point.bounds.push(reader.double());
        return true;
      case (6 << 3) | BYTES:
        readPacked(reader, () => point.bucketCounts.push(reader.count64()));
        return true;
      case (7 << 3) | BYTES:
        readPacked(reader, () => point.bounds.push(reader.double()));
        return true;
      default:
        return readTotals(tag, reader, point);
    }
  });
  return told(point, flags);
}

function readExponentialHistogram(reader: ProtoReader, metric: Metric): DecodedPoint {
  const point = {
    type: 'exponential_histogram' as const,
    ...base(metric),
    temporality: metric.temporality,
    timeNs: 0n,
    startNs: 0n,
    attributes: emptyAttributes(),
    count: 0,
    sum: null as number | null,
    min: null as number | null,
    max: null as number | null,
    scale: 0,
    zeroCount: 0,
    zeroThreshold: 0,
    positive: { offset: 0, counts: [] } as ExponentialBuckets,
    negative: { offset: 0, counts: [] } as ExponentialBuckets,
  };
  let flags = 0;
  readMessage(reader, (tag) => {
    switch (tag) {
      case (1 << 3) | BYTES:
        readAttribute(reader, point.attributes);
        return true;
      case (10 << 3) | VARINT:
        flags = reader.varint32();
        return true;
      case (6 << 3) | VARINT:
        point.scale = reader.sint32();
        return true;
      case (7 << 3) | FIXED64:
        point.zeroCount = reader.count64();
        return true;
      case (8 << 3) | BYTES:
        point.positive = readBuckets(reader);
        return true;
      case (9 << 3) | BYTES:
        point.negative = readBuckets(reader);
        return true;
      case (12 << 3) | FIXED64:
        point.min = reader.double();
        return true;
      case (13 << 3) | FIXED64:
        point.max = reader.double();
        return true;
      case (14 << 3) | FIXED64:
        point.zeroThreshold = reader.double();
        return true;
      default:
        return readTotals(tag, reader, point);
    }
  });
  return told(point, flags);
}

function readBuckets(reader: ProtoReader): ExponentialBuckets {
  const buckets: ExponentialBuckets = { offset: 0, counts: [] };
  readMessage(reader, (tag) => {
    if (tag === ((1 << 3) | VARINT)) buckets.offset = reader.sint32();
    else if (tag === ((2 << 3) | VARINT)) buckets.counts.push(reader.uint64());
    else if (tag === ((2 << 3) | BYTES)) readPacked(reader, () => buckets.counts.push(reader.uint64()));
    else return false;
    return true;
  });
  return buckets;
}

function readSummary(reader: ProtoReader, metric: Metric): DecodedPoint {
  const point = {
    type: 'summary' as const,
    ...base(metric),
    timeNs: 0n,
    startNs: 0n,
    attributes: emptyAttributes(),
    count: 0,
    sum: 0,
    quantiles: [] as { quantile: number; value: number }[],
  };
  let flags = 0;
  readMessage(reader, (tag) => {
    if (tag === ((7 << 3) | BYTES)) readAttribute(reader, point.attributes);
    else if (tag === ((6 << 3) | BYTES)) point.quantiles.push(readQuantile(reader));
    else if (tag === ((8 << 3) | VARINT)) flags = reader.varint32();
    else return readTotals(tag, reader, point);
    return true;
  });
  return told(point, flags);
}

/** A distribution that ended shows zeros; taken at their word, they would be a counter that began again. */
function told(point: HistogramPoint | ExponentialHistogramPoint | SummaryPoint, flags: number): DecodedPoint {
  if (!(flags & NO_RECORDED_VALUE)) return point;
  const { name, unit, description, resource, timeNs, startNs, attributes } = point;
  return { type: 'gauge', name, unit, description, resource, timeNs, startNs, attributes, value: null };
}

/** What points of every kind of distribution have under the same numbers. */
function readTotals(
  tag: number,
  reader: ProtoReader,
  point: { startNs: bigint; timeNs: bigint; count: number; sum: number | null },
): boolean {
  switch (tag) {
    case (2 << 3) | FIXED64:
      point.startNs = reader.fixed64();
      return true;
    case (3 << 3) | FIXED64:
      point.timeNs = reader.fixed64();
      return true;
    case (4 << 3) | FIXED64:
      point.count = reader.count64();
      return true;
    case (5 << 3) | FIXED64:
      point.sum = reader.double();
      return true;
    default:
      return false;
  }
}

function readQuantile(reader: ProtoReader): { quantile: number; value: number } {
  const at = { quantile: 0, value: 0 };
  readMessage(reader, (tag) => {
    if (tag === ((1 << 3) | FIXED64)) at.quantile = reader.double();
    else if (tag === ((2 << 3) | FIXED64)) at.value = reader.double();
    else return false;
    return true;
  });
  return at;
}

function readPacked(reader: ProtoReader, read: () => void): void {
  const outer = reader.end;
  const end = reader.lengthEnd();
  reader.end = end;
  while (reader.pos < end) read();
  reader.end = outer;
}
