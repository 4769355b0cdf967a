import { Buffer } from 'node:buffer';
import { BYTES, ProtoReader } from '../../otlp/proto-reader.ts';
import { ProtoWriter } from '../../otlp/proto-writer.ts';
import { type CardinalityGuard, hashBytes, OVERFLOW_TAG } from './cardinality.ts';

/** Where a point keeps its attributes, by the field of Metric that holds the points. */
const ATTRIBUTES: Record<number, number> = { 5: 7, 7: 7, 9: 9, 10: 1, 11: 7 };
/** KeyValue of `otel.metric.overflow` and true. */
const OVERFLOW = keyValueTrue(OVERFLOW_TAG);

/**
 * Replaces the attributes of data points whose metric has too many sets of them, in an ExportMetricsServiceRequest that
 * `inspect` has checked. Attributes of the resource are no part of it. Several points of one request may then have the
 * same attributes: deltas still add up, of cumulative ones the overflow series means nothing.
 * @returns the same array where nothing had to be replaced
 */
export function limitPoints(bytes: Uint8Array, guard: CardinalityGuard): Uint8Array {
  guard.advance();
  const reader = new ProtoReader(bytes);
  const overflowing = new Set<number>();
  eachField(reader, (group) => {
    if (group !== 8 + BYTES) return;
    eachInside(reader, (scope) => {
      if (scope !== 2 * 8 + BYTES) return;
      eachInside(reader, (metric) => {
        if (metric === 2 * 8 + BYTES) judgeMetric(reader, guard, overflowing);
      });
    });
  });
  if (overflowing.size === 0) return bytes;
  const writer = new ProtoWriter();
  reader.pos = 0;
  reader.end = bytes.length;
  rewrite(reader, writer, LEVELS, overflowing);
  return writer.finish();
}

function judgeMetric(reader: ProtoReader, guard: CardinalityGuard, overflowing: Set<number>): void {
  const start = reader.pos;
  let nameStart = 0;
  let nameEnd = 0;
  eachInside(reader, (tag) => {
    if (tag !== 8 + BYTES) return;
    nameEnd = reader.lengthEnd();
    nameStart = reader.pos;
    reader.pos = nameEnd;
  });
  const nameHash = hashBytes(guard.seed, reader.bytes, nameStart, nameEnd);
  const after = reader.pos;
  reader.pos = start;
  eachInside(reader, (tag) => {
    const attributes = (tag & 7) === BYTES ? ATTRIBUTES[tag >>> 3] : undefined;
    if (attributes === undefined) return;
    eachInside(reader, (point) => {
      if (point !== 8 + BYTES) return;
      const at = reader.pos;
      const hash = hashAttributes(reader, attributes, nameHash);
      if (hash === nameHash || guard.isKnown(hash)) return;
      if (!guard.admit(hash, reader.bytes.toString('utf8', nameStart, nameEnd))) overflowing.add(at);
    });
  });
  reader.pos = after;
}

/** @returns `hash` as it was for a point without attributes */
function hashAttributes(reader: ProtoReader, field: number, hash: number): number {
  let result = hash;
  eachInside(reader, (tag) => {
    if (tag !== field * 8 + BYTES) return;
    const end = reader.lengthEnd();
    result = hashBytes(result, reader.bytes, reader.pos, end);
    reader.pos = end;
  });
  return result;
}

/** request → resource_metrics → scope_metrics → metrics: the field that leads on from each. */
const LEVELS = [1, 2, 2];

/** Copies a message, with the points that overflow rewritten; `path` leads to the metrics. */
function rewrite(reader: ProtoReader, writer: ProtoWriter, path: readonly number[], overflowing: Set<number>): void {
  copyFields(reader, writer, (tag) => {
    if (tag !== path[0]! * 8 + BYTES) return false;
    writeInside(reader, writer, tag, () => {
      if (path.length > 1) rewrite(reader, writer, path.slice(1), overflowing);
      else rewriteMetric(reader, writer, overflowing);
    });
    return true;
  });
}

function rewriteMetric(reader: ProtoReader, writer: ProtoWriter, overflowing: Set<number>): void {
  copyFields(reader, writer, (tag) => {
    const attributes = (tag & 7) === BYTES ? ATTRIBUTES[tag >>> 3] : undefined;
    if (attributes === undefined) return false;
    writeInside(reader, writer, tag, () => {
      copyFields(reader, writer, (point) => {
        if (point !== 8 + BYTES || !overflowing.has(reader.pos)) return false;
        writeInside(reader, writer, point, () => rewritePoint(reader, writer, attributes * 8 + BYTES));
        return true;
      });
    });
    return true;
  });
}

function rewritePoint(reader: ProtoReader, writer: ProtoWriter, attributes: number): void {
  copyFields(reader, writer, (tag) => {
    if (tag !== attributes) return false;
    reader.skip(BYTES);
    return true;
  });
  writer.varint(attributes);
  writer.bytes(OVERFLOW);
}

/** Writes a message in place of the one that is read next, from whose content `write` reads. */
function writeInside(reader: ProtoReader, writer: ProtoWriter, tag: number, write: () => void): void {
  writer.varint(tag);
  writer.delimited(() => {
    const outer = reader.end;
    reader.end = reader.lengthEnd();
    write();
    reader.end = outer;
  });
}

/** Copies every field that `replaced` does not read, up to the end of the message. */
function copyFields(reader: ProtoReader, writer: ProtoWriter, replaced: (tag: number) => boolean): void {
  while (reader.pos < reader.end) {
    const start = reader.pos;
    const tag = reader.tag();
    if (replaced(tag)) continue;
    reader.skip(tag & 7);
    writer.raw(reader.bytes.subarray(start, reader.pos));
  }
}

/** Calls `field` with every tag up to the end of the message; what it leaves unread is stepped over. */
function eachField(reader: ProtoReader, field: (tag: number) => void): void {
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    const content = reader.pos;
    field(tag);
    if (reader.pos === content) reader.skip(tag & 7);
  }
}

function eachInside(reader: ProtoReader, field: (tag: number) => void): void {
  const outer = reader.end;
  reader.end = reader.lengthEnd();
  eachField(reader, field);
  reader.end = outer;
}

function keyValueTrue(key: string): Buffer {
  const writer = new ProtoWriter();
  writer.varint(8 + BYTES);
  writer.string(key);
  writer.varint(2 * 8 + BYTES);
  writer.delimited(() => {
    writer.varint(2 * 8);
    writer.varint(1);
  });
  return Buffer.from(writer.finish());
}
