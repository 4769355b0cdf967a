import type { Clock } from '../../core/clock.ts';
import { toError } from '../../core/errors.ts';
import { backoffMs } from '../../core/retry.ts';
import { type AlertChange, emptyChange, isEmpty, merge, type QueuedDelivery } from '../engine/state.ts';

/** After this long without a commit, pages leave from memory. */
export const COMMIT_PATIENCE_MS = 2_000;
const BACKOFF = { firstMs: 500, maxMs: 15_000 };
/** While the database is away, rows replace one another, but events only add up. */
const MOST_EVENTS_KEPT = 20_000;
/** So do the words of stages, which matter less: those of an incident are cut anyway. */
const MOST_WORDS_KEPT = 20_000;

interface Ticket {
  deliveries: readonly QueuedDelivery[];
  released: AbortController;
  resolve(onDisk: boolean): void;
}

export interface CommitterDeps {
  clock: Clock;
  random(): number;
  commit(change: AlertChange): Promise<void>;
  /** Deliveries may leave now; called once for each. */
  release(deliveries: readonly QueuedDelivery[]): void;
  /** The database stopped answering (an error), or answers again (null). */
  onTrouble(error: Error | null): void;
}

/**
 * Brings changes to the store, one transaction at a time; what arrives meanwhile is merged into the next. A page leaves
 * when its change is on disk, or from memory when the disk does not answer. The change is kept until it is written.
 */
export class Committer {
  readonly #deps: CommitterDeps;
  #waiting = emptyChange();
  #tickets: Ticket[] = [];
  #inFlight: Ticket[] = [];
  #running: Promise<void> | null = null;
  #trouble: Error | null = null;
  readonly #stop = new AbortController();
  /** Events that were let go because the database was away for too long. */
  eventsDropped = 0;

  constructor(deps: CommitterDeps) {
    this.#deps = deps;
  }

  get trouble(): Error | null {
    return this.#trouble;
  }

  /** Resolves when the change is on disk, or stands in memory because the disk does not answer. */
  async add(change: AlertChange, deliveries: readonly QueuedDelivery[]): Promise<void> {
    // There is nothing to write, and a run that ends as it begins would be taken for one that goes on.
    if (isEmpty(change)) return;
    merge(this.#waiting, change);
    const excess = this.#waiting.events.length - MOST_EVENTS_KEPT;
    if (excess > 0) {
      this.#waiting.events.splice(0, excess);
      this.eventsDropped += excess;
    }
    const { words } = this.#waiting;
    if (words.length > MOST_WORDS_KEPT) words.splice(0, words.length - MOST_WORDS_KEPT);
    const done = this.#queue(this.#tickets, deliveries);
    this.#running ??= this.#run();
    await done;
  }

  /**
   * Whether everything that was added so far is on disk. Waits for what is on its way there, and is false, at once, while
   * the disk does not answer: a process that ended now would forget it.
   */
  async written(): Promise<boolean> {
    if (this.#running === null) return isEmpty(this.#waiting);
    return this.#queue(isEmpty(this.#waiting) ? this.#inFlight : this.#tickets, []);
  }

  /** Waits until everything is written, at most until `abort` fires. */
  async shutdown(abort: AbortSignal): Promise<void> {
    if (!this.#running) return;
    const given = new Promise<void>((resolve) => {
      if (abort.aborted) resolve();
      else abort.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([this.#running, given]);
    // Whoever answers while the process ends is told that it was taken: it is written as long as the database stands.
    if (abort.aborted) this.#stop.abort(new Error('shutting down'));
    this.#releaseAll();
  }

  #queue(tickets: Ticket[], deliveries: readonly QueuedDelivery[]): Promise<boolean> {
    return new Promise<boolean>((resolve) => {
      const ticket: Ticket = { deliveries, released: new AbortController(), resolve };
      if (this.#trouble) return this.#release(ticket, false);
      tickets.push(ticket);
      this.#deps.clock.timer(COMMIT_PATIENCE_MS, ticket.released.signal).then(
        () => {
          this.#setTrouble(new Error(`the database did not answer within ${COMMIT_PATIENCE_MS / 1_000} s`));
          this.#releaseAll();
        },
        () => undefined, // released in time
      );
    });
  }

  async #run(): Promise<void> {
    for (let failures = 0; !isEmpty(this.#waiting) && !this.#stop.signal.aborted; ) {
      const batch = this.#waiting;
      const tickets = this.#tickets;
      this.#waiting = emptyChange();
      this.#tickets = [];
      // A ticket whose patience ends while its commit hangs is released by its own timer.
      this.#inFlight = tickets;
      try {
        await this.#deps.commit(batch);
        failures = 0;
        for (const ticket of tickets) this.#release(ticket, true);
        this.#setTrouble(null);
      } catch (error) {
        failures++;
        const later = this.#waiting;
        this.#waiting = batch;
        merge(this.#waiting, later);
        this.#setTrouble(toError(error));
        this.#releaseAll();
        const wait = backoffMs(BACKOFF, failures, this.#deps.random);
        await this.#deps.clock.timer(wait, this.#stop.signal).catch(() => undefined);
      } finally {
        this.#inFlight = [];
      }
    }
    // In the same turn as the last look at what waits: a later change starts a new run.
    this.#running = null;
  }

  #releaseAll(): void {
    for (const ticket of [...this.#inFlight, ...this.#tickets]) this.#release(ticket, false);
    this.#tickets = [];
  }

  #release(ticket: Ticket, onDisk: boolean): void {
    if (ticket.released.signal.aborted) return;
    ticket.released.abort(new Error('released'));
    if (ticket.deliveries.length > 0) this.#deps.release(ticket.deliveries);
    ticket.resolve(onDisk);
  }

  #setTrouble(error: Error | null): void {
    const before = this.#trouble;
    this.#trouble = error;
    if ((before === null) !== (error === null)) this.#deps.onTrouble(error);
  }
}
