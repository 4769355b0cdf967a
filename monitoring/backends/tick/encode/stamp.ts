import type { SpoolPosition } from '../../../exporter.ts';

/** The latest millisecond whose every nanosecond InfluxDB takes (the year 2262). */
const LAST_MS = 9_223_372_036_853n;
const DIGITS = 1_000_000;

/**
 * The time of a point, in nanoseconds: the millisecond it happened in, and in the six digits below a sequence instead
 * of the nanoseconds, because points of one series and one time overwrite each other. The sequence comes from where the
 * item lies in the spool: position of its record plus its index, modulo a million. So a retry overwrites itself, and as
 * a record takes at least as many bytes of the spool as it has items, two items get the same sequence only if they lie an
 * exact multiple of 1 MB apart. What is lost is kept in the field `ns`: see `belowMs`.
 */
export function stamp(ns: bigint, position: SpoolPosition, index: number): string {
  const ms = ns <= 0n ? 0n : ns / 1_000_000n;
  const sequence = ((position % DIGITS) + index) % DIGITS;
  return String(ms > LAST_MS ? LAST_MS : ms) + String(DIGITS + sequence).slice(1);
}

/** The nanoseconds below the millisecond. */
export function belowMs(ns: bigint): string {
  return `${ns <= 0n ? 0n : ns % 1_000_000n}i`;
}
