import { RingdownError } from '../../../core/errors.ts';
import { CannotAnswer, type TimeRange } from '../../reader.ts';

/** Most buckets of a TIMESERIES, and most rows of an answer. @see https://docs.newrelic.com/docs/nrql/nrql-syntax-clauses-functions/ */
export const MOST_BUCKETS = 366;
export const MOST_ROWS = 5_000;

/** Names with dots and the like stand between backticks. */
export function field(name: string): string {
  return `\`${name.replace(/[`\\]/g, '')}\``;
}

export function text(value: string): string {
  return `'${value.replace(/[\\']/g, (character) => `\\${character}`).replace(/\n/g, '\\n')}'`;
}

export function during({ from, to }: TimeRange): string {
  return `SINCE ${Math.floor(from)} UNTIL ${Math.floor(to)}`;
}

/** One condition after another; nothing where there are none. */
export function where(conditions: readonly (string | undefined)[]): string {
  const given = conditions.filter((condition) => condition !== undefined);
  return given.length === 0 ? '' : `WHERE ${given.join(' AND ')}`;
}

/** A pattern for RLIKE (RE2, the whole text) that finds a piece of text whatever its case. */
export function containing(piece: string): string {
  return text(`(?is).*${piece.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}.*`);
}

/** `TIMESERIES` with intervals of whole seconds, the smallest unit that NRQL has for them. */
export function timeseries(intervalMs: number): string {
  return `TIMESERIES ${intervalMs / 1_000} seconds`;
}

/**
 * Begins of the intervals of a window, at multiples of the interval.
 * @throws RingdownError `TOO_MANY_INTERVALS`; CannotAnswer where the interval is no whole number of seconds
 */
export function intervals({ from, to }: TimeRange, intervalMs: number): number[] {
  if (intervalMs % 1_000 !== 0) throw new CannotAnswer('New Relic knows intervals of whole seconds');
  const first = Math.floor(from / intervalMs) * intervalMs;
  const count = Math.ceil((to - first) / intervalMs);
  if (!(intervalMs >= 1) || count > MOST_BUCKETS) {
    throw new RingdownError('TOO_MANY_INTERVALS', `New Relic gives at most ${MOST_BUCKETS} intervals`, {
      hint: 'ask for a shorter window or a longer interval',
    });
  }
  return Array.from({ length: count }, (_, index) => first + index * intervalMs);
}
