import { mkdir, open, readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addCounts, type Counts, noCounts } from '../counts.ts';
import { countDamaged, encodeLost, HEADER_BYTES, parseRecord, type StoredRecord } from './record.ts';

/** One file of the spool. It covers the positions from `base` up to `base + bytes`. */
export interface Segment {
  path: string;
  base: number;
  /** Durable bytes; the file may be longer for a moment. */
  bytes: number;
  /** All items in it. */
  counts: Counts;
}

export function segmentPath(folder: string, base: number): string {
  return join(folder, `${String(base).padStart(16, '0')}.segment`);
}

/** Segments on disk in the order of their positions. */
export async function listSegments(folder: string): Promise<{ path: string; base: number }[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{16}\.segment$/.test(name)).sort();
  return names.map((name) => ({ path: join(folder, name), base: Number(name.slice(0, 16)) }));
}

/** Reads `length` bytes at `offset`, fewer at the end of the file. */
export async function readAt(path: string, offset: number, length: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  } finally {
    await file.close();
  }
}

/** Parses from `offset` on until the buffer ends or something does not parse. */
export function* parseAll(buffer: Buffer, base: number, offset = 0): Generator<StoredRecord, number> {
  let at = offset;
  while (at < buffer.length) {
    const parsed = parseRecord(buffer, at, base + at);
    if (parsed.kind === 'short' || parsed.kind === 'damaged') break;
    yield parsed;
    at = parsed.end - base;
  }
  return at;
}

/** Counts the items of `buffer`, which starts at `base`; `sound` is where the first unreadable byte stands. */
export function countAll(buffer: Buffer, base: number): { counts: Counts; sound: number } {
  const counts = noCounts();
  const all = parseAll(buffer, base);
  for (;;) {
    const next = all.next();
    if (next.done) return { counts, sound: next.value };
    if (next.value.kind === 'lost') addCounts(counts, next.value.lost);
    else counts[next.value.record.signal] += next.value.record.items;
  }
}

/**
 * Whether unreadable bytes at the end of the newest segment are what a crash left of a write that nobody was told of.
 * Anything that contains a further record is damage instead.
 */
export function isTornTail(tail: Buffer, position: number): boolean {
  if (tail.length <= HEADER_BYTES) return true;
  if (parseRecord(tail, 0, position).kind !== 'short') return false;
  const further = countDamaged(tail.subarray(1), position + 1);
  return further.traces + further.metrics + further.logs === 0;
}

/**
 * Moves what follows `offset` into the quarantine folder and leaves a record in its place that says how much it was.
 * @returns the file's new length
 */
export async function quarantineTail(
  folder: string,
  segment: Pick<Segment, 'path' | 'base'>,
  offset: number,
  tail: Buffer,
  lost: Counts,
): Promise<number> {
  const aside = join(folder, 'quarantine');
  await mkdir(aside, { recursive: true });
  await writeFile(join(aside, `${segment.base}-${offset}.damaged`), tail, { flush: true });
  await truncate(segment.path, offset);
  const mark = encodeLost(lost, segment.base + offset);
  const file = await open(segment.path, 'r+');
  try {
    await file.write(mark, 0, mark.length, offset);
    await file.sync();
  } finally {
    await file.close();
  }
  return offset + mark.length;
}
