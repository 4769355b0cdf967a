import { Buffer } from 'node:buffer';
import type { SpoolRecord } from '../../exporter.ts';
import type { NewRecord } from '../spool/record.ts';

/** A record with items that a backend refused for good. */
export interface Letter {
  /** The record's position in the spool, which no other record ever has. */
  id: string;
  record: SpoolRecord;
  /** Unix milliseconds. */
  rejectedAt: number;
  /** Refused items by reason. */
  reasons: [reason: string, count: number][];
}

/** What stands before the record's own bytes, as JSON behind its length. */
type Head =
  | { position: number; rejected_at: number; reasons: [string, number][] }
  /** The letters of these ids are no more. */
  | { removed: string[] };

const MOST_REASONS = 20;

/**
 * A letter as a record of the spool's own format: the head's length as u32 little-endian, the head, the refused record's
 * bytes. Signal, encoding, items and time of receipt stand where they stand in the spool.
 */
export function encodeLetter({ record, rejectedAt, reasons }: Letter): NewRecord {
  const first = reasons.slice(0, MOST_REASONS);
  const rest = countOf(reasons.slice(MOST_REASONS));
  if (rest > 0) first.push(['other reasons', rest]);
  const head: Head = { position: record.position, rejected_at: rejectedAt, reasons: first };
  const { signal, encoding, items, receivedAt, bytes } = record;
  return { signal, encoding, items, receivedAt, bytes: Buffer.concat([encodeHead(head), bytes]) };
}

export function encodeRemoval(ids: readonly string[], now: number): NewRecord {
  return {
    signal: 'traces',
    encoding: 'otlp',
    items: 0,
    receivedAt: now,
    bytes: encodeHead({ removed: [...ids] }),
  };
}

function encodeHead(head: Head): Buffer {
  const text = Buffer.from(JSON.stringify(head));
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text]);
}

export function decodeLetter(stored: SpoolRecord): Letter | { removed: string[] } {
  const bytes = Buffer.from(stored.bytes.buffer, stored.bytes.byteOffset, stored.bytes.byteLength);
  const end = 4 + bytes.readUInt32LE(0);
  const head = JSON.parse(bytes.toString('utf8', 4, end)) as Head;
  if ('removed' in head) return head;
  return {
    id: String(head.position),
    record: { ...stored, position: head.position, bytes: bytes.subarray(end) },
    rejectedAt: head.rejected_at,
    reasons: head.reasons,
  };
}

export function countOf(reasons: readonly [string, number][]): number {
  return reasons.reduce((sum, [, count]) => sum + count, 0);
}
