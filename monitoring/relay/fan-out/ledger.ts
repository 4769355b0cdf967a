import type { LedgerRow } from '../../telemetry.ts';
import { addCounts, type Counts, noCounts, SIGNALS } from '../counts.ts';
import { nothingSettled, type Settled } from './cursor-file.ts';

// Reasons may quote the payload; past this many, new ones share a line.
const MOST_REASONS = 50;
const OTHER = 'other reasons';

/**
 * One backend's books, in items: received = delivered + pending + rejected + dropped + filtered, always.
 * What a batch settles is tentative until the batch is settled as a whole, because after a crash the whole batch is
 * handed over again.
 */
export class Ledger {
  readonly settled: Settled;
  readonly reasons: Map<string, number>;
  readonly #received: Counts;
  #tentative = nothingSettled();
  #tentativeReasons: [string, number][] = [];
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

  /** Part of the batch under way has ended so. */
  settle(outcome: keyof Settled, counts: Partial<Counts>, reason?: string): void {
    addCounts(this.#tentative[outcome], counts);
    addCounts(this.#pending, counts, -1);
    if (reason !== undefined)
      this.#tentativeReasons.push([reason, SIGNALS.reduce((sum, signal) => sum + (counts[signal] ?? 0), 0)]);
  }

  /** The batch is settled as a whole. */
  commit(): void {
    for (const outcome of Object.keys(this.#tentative) as (keyof Settled)[]) {
      addCounts(this.settled[outcome], this.#tentative[outcome]);
    }
    for (const [reason, count] of this.#tentativeReasons) {
      const key = this.reasons.has(reason) || this.reasons.size < MOST_REASONS ? reason : OTHER;
      this.reasons.set(key, (this.reasons.get(key) ?? 0) + count);
    }
    this.#tentative = nothingSettled();
    this.#tentativeReasons = [];
  }

  /** Ends items that are in no batch: damaged, or deleted to make room. */
  drop(counts: Counts): void {
    addCounts(this.settled.dropped, counts);
    addCounts(this.#pending, counts, -1);
  }

  /** The backend itself says that it has these already. */
  recognise(counts: Counts): void {
    addCounts(this.settled.delivered, counts);
    addCounts(this.#pending, counts, -1);
  }

  /** The backend itself says that it does not have these, which the spool still holds. */
  reopen(counts: Counts): void {
    for (const signal of SIGNALS) {
      const back = Math.min(counts[signal], this.settled.delivered[signal]);
      this.settled.delivered[signal] -= back;
      this.#pending[signal] += counts[signal];
      // Items that had ended otherwise are counted once more, as they are handed over once more.
      this.#received[signal] += counts[signal] - back;
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
