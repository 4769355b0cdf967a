import type { LedgerRow } from '../../telemetry.ts';
import { addCounts, type Counts, noCounts, SIGNALS } from '../counts.ts';
import { nothingSettled, type Settled } from './cursor-file.ts';
import type { Reasons } from './settlement.ts';

// Reasons may quote the payload; past this many, new ones share a line.
const MOST_REASONS = 50;
const OTHER = 'other reasons';
export const OUTCOMES = ['delivered', 'rejected', 'dropped', 'filtered'] as const;

/** What has ended of a batch that is still under way, or that waits for an earlier one. */
export interface Booking {
  settled: Settled;
  reasons: Reasons;
}

/**
 * One backend's books, in items: received = delivered + pending + rejected + dropped + filtered, always.
 * What a batch settles is tentative until everything before it is settled as well, because after a crash reading goes on
 * from there and the batch is handed over again.
 */
export class Ledger {
  readonly settled: Settled;
  readonly reasons: Reasons;
  readonly #received: Counts;
  readonly #tentative = nothingSettled();
  readonly #pending: Counts;

  /** @param pending items that lie in the spool past the cursor */
  constructor(settled: Settled, reasons: Record<string, number>, pending: Counts) {
    this.settled = settled;
    this.reasons = new Map(Object.entries(reasons));
    this.#pending = { ...pending };
    this.#received = { ...pending };
    for (const counts of Object.values(settled)) addCounts(this.#received, counts);
  }

  receive(counts: Partial<Counts>): void {
    addCounts(this.#received, counts);
    addCounts(this.#pending, counts);
  }

  /** Part of a batch under way has ended so. */
  book(booking: Booking, part: Booking): void {
    for (const outcome of OUTCOMES) {
      addCounts(booking.settled[outcome], part.settled[outcome]);
      addCounts(this.#tentative[outcome], part.settled[outcome]);
      addCounts(this.#pending, part.settled[outcome], -1);
    }
    for (const [reason, count] of part.reasons) booking.reasons.set(reason, (booking.reasons.get(reason) ?? 0) + count);
  }

  /** The batch is settled as a whole, and so is everything before it. */
  commit(booking: Booking): void {
    for (const outcome of OUTCOMES) {
      addCounts(this.settled[outcome], booking.settled[outcome]);
      addCounts(this.#tentative[outcome], booking.settled[outcome], -1);
    }
    this.#addReasons(booking.reasons);
  }

  #addReasons(reasons: Reasons): void {
    for (const [reason, count] of reasons) {
      const key = this.reasons.has(reason) || this.reasons.size < MOST_REASONS ? reason : OTHER;
      this.reasons.set(key, (this.reasons.get(key) ?? 0) + count);
    }
  }

  /**
   * Refused items were handed over again: what was taken now is delivered, what the filter leaves out now is filtered,
   * the rest stays refused, for the reasons given now.
   */
  replay(before: Reasons, now: Booking): void {
    const { delivered, filtered } = now.settled;
    for (const signal of SIGNALS) {
      const most = this.settled.rejected[signal];
      const taken = Math.min(most, delivered[signal]);
      const left = Math.min(most - taken, filtered[signal]);
      this.settled.rejected[signal] -= taken + left;
      this.settled.delivered[signal] += taken;
      this.settled.filtered[signal] += left;
    }
    for (const [reason, count] of before) {
      const key = this.reasons.has(reason) ? reason : OTHER;
      const rest = (this.reasons.get(key) ?? 0) - count;
      if (rest > 0) this.reasons.set(key, rest);
      else this.reasons.delete(key);
    }
    this.#addReasons(now.reasons);
  }

  /** Ends items that are in no batch: damaged, or deleted to make room. */
  drop(counts: Counts): void {
    addCounts(this.settled.dropped, counts);
    addCounts(this.#pending, counts, -1);
  }

  /** The backend itself says that it is past these already: delivered, but for what is known to have ended otherwise. */
  recognise(counts: Counts, known: Booking): void {
    const { filtered, rejected } = known.settled;
    addCounts(this.settled.delivered, counts);
    for (const [outcome, part] of [
      ['filtered', filtered],
      ['rejected', rejected],
    ] as const) {
      addCounts(this.settled.delivered, part, -1);
      addCounts(this.settled[outcome], part);
    }
    addCounts(this.#pending, counts, -1);
    this.#addReasons(known.reasons);
  }

  /** The backend itself says that it does not have these, which the spool still holds. @param leftOut those that the filter leaves out */
  reopen(counts: Counts, leftOut: Counts): void {
    for (const signal of SIGNALS) {
      const filtered = Math.min(leftOut[signal], this.settled.filtered[signal]);
      const delivered = Math.min(counts[signal] - filtered, this.settled.delivered[signal]);
      this.settled.filtered[signal] -= filtered;
      this.settled.delivered[signal] -= delivered;
      this.#pending[signal] += counts[signal];
      // Items that had ended otherwise are counted once more, as they are handed over once more.
      this.#received[signal] += counts[signal] - delivered - filtered;
    }
  }

  get pending(): Counts {
    return { ...this.#pending };
  }

  rows(backend: string, type: string): LedgerRow[] {
    const total = (outcome: keyof Settled) => {
      const counts = noCounts();
      addCounts(counts, this.settled[outcome]);
      addCounts(counts, this.#tentative[outcome]);
      return counts;
    };
    const [delivered, rejected, dropped, filtered] = [
      total('delivered'),
      total('rejected'),
      total('dropped'),
      total('filtered'),
    ];
    return SIGNALS.map((signal) => ({
      backend,
      type,
      signal,
      received: this.#received[signal],
      delivered: delivered[signal],
      pending: this.#pending[signal],
      rejected: rejected[signal],
      dropped: dropped[signal],
      filtered: filtered[signal],
    }));
  }
}
