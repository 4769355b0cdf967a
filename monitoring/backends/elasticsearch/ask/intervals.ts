import { RingdownError } from '../../../../core/errors.ts';
import type { TimeRange } from '../../../reader.ts';

const MOST_INTERVALS = 10_000;

/** The intervals that a window touches; they begin at multiples of their length. */
export interface Intervals {
  stepMs: number;
  first: number;
  count: number;
}

/** @throws RingdownError `TOO_MANY_INTERVALS` */
export function intervalsOf({ from, to }: TimeRange, intervalMs: number): Intervals {
  const stepMs = Math.floor(intervalMs);
  const first = Math.floor(from / stepMs);
  const count = Math.ceil(to / stepMs) - first;
  if (!(stepMs >= 1) || !(count <= MOST_INTERVALS)) {
    throw new RingdownError('TOO_MANY_INTERVALS', `a chart has at most ${MOST_INTERVALS} intervals`, {
      hint: 'ask for a shorter window or a longer interval',
    });
  }
  return { stepMs, first, count: Math.max(0, count) };
}

/** @param valueAt by the interval's start, Unix milliseconds */
export function pointsOf(
  { stepMs, first, count }: Intervals,
  valueAt: (start: number) => number | null | undefined,
): [number, number | null][] {
  return Array.from({ length: count }, (_, index): [number, number | null] => {
    const start = (first + index) * stepMs;
    return [start, valueAt(start) ?? null];
  });
}
