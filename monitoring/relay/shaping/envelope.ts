import { Buffer } from 'node:buffer';
import type { Signal } from '../../exporter.ts';
import { BYTES, ProtoReader } from '../../otlp/proto-reader.ts';
import { varint } from '../../otlp/proto-writer.ts';

/** Field 1 of the request leads to resources, field 2 below to scopes and then to spans, metrics or log records. */
const LEVELS = 3;

/**
 * Visits the content of every span, metric or log record of an export request, in order.
 * @param visit called with the reader bounded to the content
 * @throws OtlpDecodeError
 */
export function visitItems(bytes: Uint8Array, visit: (reader: ProtoReader) => void): void {
  const reader = new ProtoReader(bytes);
  visitLevel(reader, LEVELS, visit);
}

function visitLevel(reader: ProtoReader, level: number, visit: (reader: ProtoReader) => void): void {
  const { end } = reader;
  const path = level === LEVELS ? 1 : 2;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag !== ((path << 3) | BYTES)) {
      reader.skip(tag & 7);
      continue;
    }
    const contentEnd = reader.lengthEnd();
    reader.end = contentEnd;
    if (level === 1) visit(reader);
    else visitLevel(reader, level - 1, visit);
    reader.end = end;
    reader.pos = contentEnd;
  }
}

/**
 * The request without the items that start at the given places. Scopes and resources that hold none any more go as
 * well; everything else stays byte for byte, but for the lengths around it.
 */
export function withoutItems(bytes: Uint8Array, dropped: ReadonlySet<number>): Buffer {
  return copyLevel(new ProtoReader(bytes), LEVELS, dropped)?.bytes ?? Buffer.alloc(0);
}

/** @returns undefined where nothing is left of what was there */
function copyLevel(reader: ProtoReader, level: number, dropped: ReadonlySet<number>): { bytes: Buffer } | undefined {
  const parts: Buffer[] = [];
  const { end } = reader;
  const path = level === LEVELS ? 1 : 2;
  let kept = 0;
  while (reader.pos < end) {
    const start = reader.pos;
    const tag = reader.tag();
    if (tag !== ((path << 3) | BYTES)) {
      reader.skip(tag & 7);
      parts.push(reader.bytes.subarray(start, reader.pos));
      continue;
    }
    const contentEnd = reader.lengthEnd();
    if (level === 1) {
      if (!dropped.has(reader.pos)) {
        parts.push(reader.bytes.subarray(start, contentEnd));
        kept++;
      }
    } else {
      reader.end = contentEnd;
      const content = copyLevel(reader, level - 1, dropped);
      reader.end = end;
      if (content) {
        parts.push(varint(tag), varint(content.bytes.length), content.bytes);
        kept++;
      }
    }
    reader.pos = contentEnd;
  }
  return kept > 0 ? { bytes: Buffer.concat(parts) } : undefined;
}

/** How many data points a metric holds, by its field numbers: gauge 5, sum 7, histogram 9, exponential 10, summary 11. */
const DATA_FIELDS = new Set([5, 7, 9, 10, 11]);

/** Items of the ledger inside what `visitItems` visits: one, or the data points of a metric. */
export function countIn(signal: Signal, reader: ProtoReader): number {
  if (signal !== 'metrics') return 1;
  const { pos, end } = reader;
  let points = 0;
  while (reader.pos < end) {
    const tag = reader.tag();
    if ((tag & 7) !== BYTES || !DATA_FIELDS.has(tag >>> 3)) {
      reader.skip(tag & 7);
      continue;
    }
    reader.end = reader.lengthEnd();
    while (reader.pos < reader.end) {
      const inner = reader.tag();
      if (inner === ((1 << 3) | BYTES)) points++;
      reader.skip(inner & 7);
    }
    reader.end = end;
  }
  reader.pos = pos;
  return points;
}
