import { addCounts, type Counts, noCounts } from '../counts.ts';
import { nothingSettled } from './cursor-file.ts';
import { type Flight, unsettledOf } from './flight.ts';
import { type Booking, OUTCOMES } from './ledger.ts';

/** Batches under way, in the order of the spool. Those that are done wait for the first. */
export class Flights {
  #flights: Flight[] = [];

  get first(): Flight | undefined {
    return this.#flights[0];
  }

  add(flight: Flight): void {
    this.#flights.push(flight);
  }

  /** One that hangs holds as many others up as may be under way; those that passed it keep their counts only. */
  isFull(concurrency: number): boolean {
    const aloft = this.#flights.filter(({ done }) => !done).length;
    return aloft >= concurrency || this.#flights.length >= 4 * concurrency;
  }

  /** Takes away what is done, as far as everything before it is done. */
  land(): Booking[] {
    const landed: Booking[] = [];
    while (this.#flights[0]?.done) landed.push(this.#flights.shift()!.booking);
    return landed;
  }

  /** Of batches that are in memory, as they lie in the spool. */
  get bytes(): number {
    return this.#flights.reduce((sum, { done, bytes }) => sum + (done ? 0 : bytes), 0);
  }

  /**
   * Those whose records before `start` are gone: what has ended of them cannot come again, and the rest is lost with
   * this process.
   */
  overtakenBy(start: number): { ended: Booking; lost: Counts } {
    const ended: Booking = { settled: nothingSettled(), reasons: new Map() };
    const lost = noCounts();
    for (const flight of this.#flights) {
      if (flight.from >= start) break;
      for (const outcome of OUTCOMES) addCounts(ended.settled[outcome], flight.booking.settled[outcome]);
      for (const [reason, count] of flight.booking.reasons)
        ended.reasons.set(reason, (ended.reasons.get(reason) ?? 0) + count);
      addCounts(lost, unsettledOf(flight));
    }
    return { ended, lost };
  }
}
