import { writeAttributes, writeDouble, writeNumber, writeText, writeTime } from './encode-attributes.ts';
import { runEnd, writeEnvelope } from './encode-envelope.ts';
import type {
  DecodedPoint,
  ExponentialBuckets,
  ExponentialHistogramPoint,
  HistogramPoint,
  SummaryPoint,
} from './model.ts';
import { BYTES, FIXED64, VARINT } from './proto-reader.ts';
import type { ProtoWriter } from './proto-writer.ts';

const TEMPORALITIES = { unspecified: 0, delta: 1, cumulative: 2 } as const;
const NO_RECORDED_VALUE = 1;
/** Field of Metric that holds the points. */
const DATA_FIELDS: Record<DecodedPoint['type'], number> = {
  gauge: 5,
  sum: 7,
  histogram: 9,
  exponential_histogram: 10,
  summary: 11,
};
const MAX_COUNT = 2n ** 64n - 1n;

/**
 * Writes an ExportMetricsServiceRequest that `decodeMetrics` reads back as the same points in the same order;
 * neighbours of one metric share its message. Values are doubles throughout, so that no series changes its type between
 * two points; counts are whole numbers from 0. Exemplars, flags and the scope are not in the decoded model and so not
 * there.
 */
export function encodeMetrics(points: readonly DecodedPoint[]): Uint8Array {
  return writeEnvelope(points, (writer, index, limit) => {
    const first = points[index]!;
    const end = runEnd(points, index, limit, (point) => isSameMetric(first, point));
    writer.varint((2 << 3) | BYTES);
    writer.delimited(() => {
      writeText(writer, 1, first.name);
      writeText(writer, 2, first.description);
      writeText(writer, 3, first.unit);
      writer.varint((DATA_FIELDS[first.type] << 3) | BYTES);
      writer.delimited(() => {
        for (let at = index; at < end; at++) writePoint(writer, points[at]!);
        if ('temporality' in first) writeNumber(writer, 2, TEMPORALITIES[first.temporality]);
        if ('monotonic' in first) writeNumber(writer, 3, first.monotonic ? 1 : 0);
      });
    });
    return end;
  });
}

function isSameMetric(one: DecodedPoint, other: DecodedPoint): boolean {
  return (
    one.name === other.name &&
    one.type === other.type &&
    one.unit === other.unit &&
    one.description === other.description &&
    ('temporality' in one ? one.temporality : undefined) === ('temporality' in other ? other.temporality : undefined) &&
    ('monotonic' in one ? one.monotonic : undefined) === ('monotonic' in other ? other.monotonic : undefined)
  );
}

function writePoint(writer: ProtoWriter, point: DecodedPoint): void {
  writer.varint((1 << 3) | BYTES);
  writer.delimited(() => {
    writeTime(writer, 2, point.startNs);
    writeTime(writer, 3, point.timeNs);
    switch (point.type) {
      case 'gauge':
      case 'sum':
        writeDouble(writer, 4, point.value);
        writeAttributes(writer, 7, point.attributes);
        if (point.value === null) writeNumber(writer, 8, NO_RECORDED_VALUE);
        return;
      case 'histogram':
        writeHistogram(writer, point);
        return;
      case 'exponential_histogram':
        writeExponentialHistogram(writer, point);
        return;
      case 'summary':
        writeSummary(writer, point);
    }
  });
}

function writeHistogram(writer: ProtoWriter, point: HistogramPoint): void {
  writeCount(writer, 4, point.count);
  writeDouble(writer, 5, point.sum);
  writePacked(writer, 6, point.bucketCounts, (count) => writer.fixed64(whole(count)));
  writePacked(writer, 7, point.bounds, (bound) => writer.double(bound));
  writeAttributes(writer, 9, point.attributes);
  writeDouble(writer, 11, point.min);
  writeDouble(writer, 12, point.max);
}

function writeExponentialHistogram(writer: ProtoWriter, point: ExponentialHistogramPoint): void {
  writeAttributes(writer, 1, point.attributes);
  writeCount(writer, 4, point.count);
  writeDouble(writer, 5, point.sum);
  writeSigned(writer, 6, point.scale);
  writeCount(writer, 7, point.zeroCount);
  writeBuckets(writer, 8, point.positive);
  writeBuckets(writer, 9, point.negative);
  writeDouble(writer, 12, point.min);
  writeDouble(writer, 13, point.max);
  writeDouble(writer, 14, point.zeroThreshold);
}

function writeBuckets(writer: ProtoWriter, number: number, { offset, counts }: ExponentialBuckets): void {
  if (offset === 0 && counts.length === 0) return;
  writer.varint((number << 3) | BYTES);
  writer.delimited(() => {
    writeSigned(writer, 1, offset);
    writePacked(writer, 2, counts, (count) => {
      if (Number.isSafeInteger(count) && count >= 0) writer.varint(count);
      else writer.varint64(whole(count));
    });
  });
}

function writeSummary(writer: ProtoWriter, point: SummaryPoint): void {
  writeCount(writer, 4, point.count);
  writeDouble(writer, 5, point.sum);
  for (const { quantile, value } of point.quantiles) {
    writer.varint((6 << 3) | BYTES);
    writer.delimited(() => {
      writeDouble(writer, 1, quantile);
      writeDouble(writer, 2, value);
    });
  }
  writeAttributes(writer, 7, point.attributes);
}

function writeCount(writer: ProtoWriter, number: number, count: number): void {
  writer.varint((number << 3) | FIXED64);
  writer.fixed64(whole(count));
}

/** sint32, zigzag. */
function writeSigned(writer: ProtoWriter, number: number, value: number): void {
  if (value === 0) return;
  writer.varint((number << 3) | VARINT);
  writer.varint(value > 0 ? value * 2 : -value * 2 - 1);
}

function writePacked(
  writer: ProtoWriter,
  number: number,
  values: readonly number[],
  write: (value: number) => void,
): void {
  if (values.length === 0) return;
  writer.varint((number << 3) | BYTES);
  writer.delimited(() => values.forEach(write));
}

/** uint64 nearest to a count. */
function whole(count: number): bigint {
  if (!(count > 0)) return 0n;
  const rounded = Number.isFinite(count) ? BigInt(Math.round(count)) : MAX_COUNT;
  return rounded > MAX_COUNT ? MAX_COUNT : rounded;
}
