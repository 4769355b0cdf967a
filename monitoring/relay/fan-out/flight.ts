import { addCounts, type Counts, SIGNALS } from '../counts.ts';
import type { ReadResult } from '../spool/spool.ts';
import { nothingSettled } from './cursor-file.ts';
import type { Booking } from './ledger.ts';

/** A stretch of the spool on its way to the backend. */
export interface Flight {
  from: number;
  end: number;
  /** Of its first record, Unix milliseconds. */
  receivedAt: number;
  /** Of its records, as they lie in the spool. */
  bytes: number;
  items: Counts;
  booking: Booking;
  /** All of it is settled; it waits for those before it. */
  done: boolean;
}

/** What damage took on the way is part of it, so that it is booked when the cursor passes, and only then. */
export function flightOf(from: number, { records, lost, next }: ReadResult, now: number): Flight {
  const items = { ...lost };
  let bytes = 0;
  for (const record of records) {
    items[record.signal] += record.items;
    bytes += record.bytes.length;
  }
  const booking = { settled: nothingSettled(), reasons: new Map() };
  return { from, end: next, receivedAt: records[0]?.receivedAt ?? now, bytes, items, booking, done: false };
}

/** Items that have not ended yet. */
export function unsettledOf({ items, booking }: Flight): Counts {
  const left = { ...items };
  for (const counts of Object.values(booking.settled)) addCounts(left, counts, -1);
  for (const signal of SIGNALS) left[signal] = Math.max(0, left[signal]);
  return left;
}
