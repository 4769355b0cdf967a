import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import type { Signal, SpoolRecord } from '../../exporter.ts';
import { type Counts, noCounts } from '../counts.ts';

/**
 * A record on disk: a header of 32 bytes, little-endian, and the payload.
 *
 *     0 u32 payload length      4 u32 CRC-32 of bytes 8..end
 *     8 u8  signal              9 u8  encoding            10 u16 version
 *    12 u32 items              16 f64 received at, ms     24 f64 position
 *
 * The position is that of the record itself, so a record read at the wrong place never passes for another.
 */
export const HEADER_BYTES = 32;
const VERSION = 1;

const SIGNALS: readonly Signal[] = ['traces', 'metrics', 'logs'];
/** `lost` stands where damaged records were: its payload is the JSON of how many items they held. */
const ENCODINGS = ['otlp', 'statsd', 'lost'] as const;

/** What a receiver hands to the spool. */
export type NewRecord = Omit<SpoolRecord, 'position'>;

/** What stands in a segment. */
export type StoredRecord =
  | { kind: 'record'; record: SpoolRecord; end: number }
  | { kind: 'lost'; lost: Counts; end: number };

export function encodeHeader(record: NewRecord, position: number): Buffer {
  return header(
    SIGNALS.indexOf(record.signal),
    ENCODINGS.indexOf(record.encoding),
    record.items,
    record.receivedAt,
    record.bytes,
    position,
  );
}

/** The record that stands for damaged ones. */
export function encodeLost(lost: Counts, position: number): Buffer {
  const payload = Buffer.from(JSON.stringify(lost));
  return Buffer.concat([header(0, 2, 0, 0, payload, position), payload]);
}

function header(
  signal: number,
  encoding: number,
  items: number,
  receivedAt: number,
  payload: Uint8Array,
  position: number,
): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES);
  bytes.writeUInt32LE(payload.length, 0);
  bytes.writeUInt8(signal, 8);
  bytes.writeUInt8(encoding, 9);
  bytes.writeUInt16LE(VERSION, 10);
  bytes.writeUInt32LE(items, 12);
  bytes.writeDoubleLE(receivedAt, 16);
  bytes.writeDoubleLE(position, 24);
  bytes.writeUInt32LE(crc32(payload, crc32(bytes.subarray(8))), 4);
  return bytes;
}

export type Parsed =
  | StoredRecord
  /** The buffer ends before the record does; it needs `bytes` in all. */
  | { kind: 'short'; bytes: number }
  /** Not a record, or one that was changed. */
  | { kind: 'damaged' };

/** Reads the record that starts at `offset` of `buffer` and at `position` of the spool. Its bytes are a view. */
export function parseRecord(buffer: Buffer, offset: number, position: number): Parsed {
  if (buffer.length - offset < HEADER_BYTES) return { kind: 'short', bytes: HEADER_BYTES };
  // Judged before the length is believed: foreign bytes must not make the reader wait for gigabytes.
  if (!isHeaderOf(buffer, offset, position)) return { kind: 'damaged' };
  const size = HEADER_BYTES + buffer.readUInt32LE(offset);
  if (buffer.length - offset < size) return { kind: 'short', bytes: size };
  if (crc32(buffer.subarray(offset + 8, offset + size)) !== buffer.readUInt32LE(offset + 4)) return { kind: 'damaged' };
  const signal = SIGNALS[buffer.readUInt8(offset + 8)];
  const encoding = ENCODINGS[buffer.readUInt8(offset + 9)];
  if (!signal || !encoding) return { kind: 'damaged' };
  const bytes = buffer.subarray(offset + HEADER_BYTES, offset + size);
  const end = position + size;
  if (encoding === 'lost') return { kind: 'lost', lost: { ...noCounts(), ...JSON.parse(bytes.toString()) }, end };
  const items = buffer.readUInt32LE(offset + 12);
  const receivedAt = buffer.readDoubleLE(offset + 16);
  return { kind: 'record', record: { position, signal, encoding, items, receivedAt, bytes }, end };
}

function isHeaderOf(buffer: Buffer, offset: number, position: number): boolean {
  return buffer.readDoubleLE(offset + 24) === position && buffer.readUInt16LE(offset + 10) === VERSION;
}

/**
 * Counts what damaged bytes held, as far as headers can be found in them: every header names its own position.
 * @param position where `buffer` starts in the spool
 */
export function countDamaged(buffer: Buffer, position: number): Counts {
  const counts = noCounts();
  for (let offset = 0; offset + HEADER_BYTES <= buffer.length; offset++) {
    if (!isHeaderOf(buffer, offset, position + offset)) continue;
    const signal = SIGNALS[buffer.readUInt8(offset + 8)];
    if (signal && buffer.readUInt8(offset + 9) < 2) counts[signal] += buffer.readUInt32LE(offset + 12);
  }
  return counts;
}
