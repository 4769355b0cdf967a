import { RingdownError } from '../../../../core/errors.ts';
import type { TimeRange } from '../../../reader.ts';
import type { Query } from './search.ts';

const MOST_INTERVALS = 10_000;

/** The intervals that a window touches; they begin at multiples of their length, or one is the whole window. */
export interface Intervals {
  stepMs: number;
  /** Unix milliseconds of each one's begin. */
  starts: readonly number[];
  /** Groups documents by the begin of their interval, as `time`; nothing where there is one interval. */
  sources: readonly Query[];
}

/** @throws RingdownError `TOO_MANY_INTERVALS` */
export function intervalsOf({ from, to }: TimeRange, intervalMs: number | undefined): Intervals {
  if (intervalMs === undefined) return { stepMs: to - from, starts: [from], sources: [] };
  const stepMs = Math.floor(intervalMs);
  const first = Math.floor(from / stepMs);
  const count = Math.ceil(to / stepMs) - first;
  if (!(stepMs >= 1) || !(count <= MOST_INTERVALS)) {
    throw new RingdownError('TOO_MANY_INTERVALS', `a chart has at most ${MOST_INTERVALS} intervals`, {
      hint: 'ask for a shorter window or a longer interval',
    });
  }
  const starts = Array.from({ length: Math.max(0, count) }, (_, index) => (first + index) * stepMs);
  const time = { date_histogram: { field: '@timestamp', fixed_interval: `${stepMs}ms` } };
  return { stepMs, starts, sources: [{ time }] };
}

/** @param valueAt by the interval's start, Unix milliseconds */
export function pointsOf(
  { starts }: Intervals,
  valueAt: (start: number) => number | null | undefined,
): [number, number | null][] {
  return starts.map((start): [number, number | null] => [start, valueAt(start) ?? null]);
}
