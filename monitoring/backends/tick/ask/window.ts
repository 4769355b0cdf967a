import type { TimeRange } from '../../../reader.ts';
import type { Row } from '../influx/query.ts';

/** Of rows that Ringdown adds up itself, because InfluxQL groups by tags only. */
export const MOST_ROWS = 500_000;

/** Asks InfluxDB; several questions at once where they belong together. */
export interface Ask {
  (q: string): Promise<Row[]>;
  all(questions: readonly string[]): Promise<Row[][]>;
}

/** As InfluxQL's condition: half-open, Unix milliseconds. Points lie on their millisecond, so it is exact. */
export function within({ from, to }: TimeRange): string {
  return `time >= ${Math.ceil(from)}ms AND time < ${Math.ceil(to)}ms`;
}

/** Exact time of a row, in nanoseconds since the epoch: its millisecond, and the rest from the field `ns`. */
export function exactNs({ time, ns }: Row): bigint {
  return BigInt(Math.floor(time)) * 1_000_000n + BigInt(Number(ns ?? 0));
}

/** RFC 3339 in UTC with nine digits. */
export function formatNs(ns: bigint): string {
  const rest = (ns % 1_000_000_000n).toString().padStart(9, '0');
  return `${new Date(Number(ns / 1_000_000_000n) * 1_000).toISOString().slice(0, -5)}.${rest}Z`;
}

/** Intervals of a chart: begin at multiples of `stepMs`, or one is the whole window. */
export interface Steps {
  stepMs: number;
  /** Begin of each, Unix milliseconds. */
  starts: number[];
  /** Which one a time falls in; undefined where none. */
  indexOf(time: number): number | undefined;
}

/** @returns undefined when they would be more than `most` */
export function stepsOf({ from, to }: TimeRange, stepMs: number | undefined, most: number): Steps | undefined {
  if (stepMs === undefined) return { stepMs: to - from, starts: [from], indexOf: () => 0 };
  const first = Math.floor(from / stepMs);
  const count = Math.max(0, Math.ceil(to / stepMs) - first);
  if (!(stepMs >= 1) || count > most) return undefined;
  const starts = Array.from({ length: count }, (_, index) => (first + index) * stepMs);
  const indexOf = (time: number) => {
    const index = Math.floor(time / stepMs) - first;
    return index >= 0 && index < count ? index : undefined;
  };
  return { stepMs, starts, indexOf };
}

/** A place in a list: opaque outside, a JSON array of strings inside. */
export function writeCursor(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** @throws Error when the text is not a cursor that this reader gave out */
export function readCursor(cursor: string): [rank: bigint, id: string] {
  try {
    const [rank, id, ...rest] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    if (typeof rank === 'string' && /^\d{1,20}$/.test(rank) && typeof id === 'string' && rest.length === 0) {
      return [BigInt(rank), id];
    }
  } catch {
    // Said below.
  }
  throw new Error('the cursor is not one that this list gave out');
}

/** JSON that a field holds. */
export function fromJson<T>(text: unknown, otherwise: T): T {
  if (typeof text !== 'string') return otherwise;
  try {
    return JSON.parse(text) as T;
  } catch {
    // Written by somebody else.
    return otherwise;
  }
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
