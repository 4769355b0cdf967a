import type { Clock } from '../../core/clock.ts';
import type { Component } from '../../core/component.ts';
import {
  type Granted,
  LEASE_LENGTHS,
  LeaseBook,
  type LeaseLengths,
  type NotDone,
  type Order,
  type Settled,
} from './lease-book.ts';
import { LONGEST_WAIT_MS, type WorkerHello, type WorkerStatus } from './protocol.ts';

export interface WorkerDeskOptions<Work> {
  clock: Clock;
  newId: () => string;
  /** A run that did not happen: no failure, and no word about the service. */
  onNotDone(lost: NotDone<Work>): void;
  lengths?: LeaseLengths;
}

interface Waiter {
  worker: WorkerHello;
  wake(): void;
  /** Its worker has asked again, so nobody reads this answer any more. */
  replaced: boolean;
}

const LOOK_EVERY_MS = 500;

/** Where workers come for runs: hands orders to those who wait, and notices what is never answered. */
export class WorkerDesk<Work> implements Component {
  readonly #book: LeaseBook<Work>;
  readonly #options: WorkerDeskOptions<Work>;
  readonly #clock: Clock;
  /** One for each worker: whoever asks again has given its earlier question up. */
  readonly #waiters = new Map<string, Waiter>();
  readonly #stopping = new AbortController();
  #looking: Promise<void> | null = null;

  constructor(options: WorkerDeskOptions<Work>) {
    this.#options = options;
    this.#clock = options.clock;
    this.#book = new LeaseBook(options.newId, options.lengths ?? LEASE_LENGTHS);
  }

  async start(): Promise<void> {
    this.#looking ??= this.#look();
  }

  /** Answers who waits. What was given out is forgotten: its results will be unknown to the next watcher. */
  async shutdown(): Promise<void> {
    this.#stopping.abort(new Error('the watcher ends'));
    for (const { wake } of [...this.#waiters.values()]) wake();
    await this.#looking;
  }

  /** @returns false when the location still has the order before */
  offer(order: Order<Work>): boolean {
    const taken = this.#book.offer(order, this.#clock.monotonic());
    if (taken) this.#wakeOne(order.location);
    return taken;
  }

  /**
   * Waits until there is work for the worker, and gives it.
   * @param abort the worker is gone; what was given with the answer must then be handed back
   */
  async lease(worker: WorkerHello, capacity: number, waitMs: number, abort: AbortSignal): Promise<Granted<Work>[]> {
    const earlier = this.#waiters.get(worker.id);
    if (earlier) {
      earlier.replaced = true;
      earlier.wake();
    }
    this.#book.see(worker, this.#clock.monotonic());
    if (!this.#book.hasWork(worker)) {
      const { replaced } = await this.#wait(worker, Math.min(waitMs, LONGEST_WAIT_MS), abort);
      if (replaced) return [];
    }
    if (abort.aborted || this.#stopping.signal.aborted) return [];
    return this.#book.take(worker, capacity, this.#clock.monotonic());
  }

  handBack(leases: readonly string[]): void {
    this.#book.handBack(leases);
    for (const { wake } of [...this.#waiters.values()]) wake();
  }

  heartbeat(worker: WorkerHello, leases: readonly string[]): void {
    this.#book.renew(worker, leases, this.#clock.monotonic());
  }

  settle(lease: string, worker: WorkerHello): Settled<Work> | undefined {
    this.#book.see(worker, this.#clock.monotonic());
    return this.#book.settle(lease, worker.id);
  }

  drop(monitor: string): void {
    this.#book.drop(monitor);
  }

  pending(monitor: string): boolean {
    return this.#book.pending(monitor);
  }

  workers(): WorkerStatus[] {
    const monotonic = this.#clock.monotonic();
    const wall = (at: number) => new Date(this.#clock.now() - (monotonic - at)).toISOString();
    return this.#book.workers(monotonic).map(({ firstSeenAt, lastSeenAt, runs, ...worker }) => ({
      ...worker,
      runs: runs.map(({ monitor, grantedAt }) => ({ monitor, since: wall(grantedAt) })),
      first_seen_at: wall(firstSeenAt),
      last_seen_at: wall(lastSeenAt),
    }));
  }

  /** What waits for a worker, by location: how much, and for how long the oldest has. */
  waiting(): ReadonlyMap<string, { count: number; longest_ms: number }> {
    const now = this.#clock.monotonic();
    return new Map(
      [...this.#book.waiting()].map(([location, { count, since }]) => [
        location,
        { count, longest_ms: count === 0 ? 0 : now - since },
      ]),
    );
  }

  async #wait(worker: WorkerHello, ms: number, abort: AbortSignal): Promise<Waiter> {
    const woken = new AbortController();
    const waiter: Waiter = { worker, wake: () => woken.abort(new Error('woken')), replaced: false };
    this.#waiters.set(worker.id, waiter);
    // Either it is woken or its time is over: the book is asked next.
    await this.#clock.timer(ms, AbortSignal.any([woken.signal, abort])).catch(() => {});
    if (this.#waiters.get(worker.id) === waiter) this.#waiters.delete(worker.id);
    return waiter;
  }

  #wakeOne(location: string): void {
    for (const { worker, wake } of this.#waiters.values()) {
      if (worker.location !== location) continue;
      this.#waiters.delete(worker.id);
      wake();
      return;
    }
  }

  async #look(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      for (const lost of this.#book.expire(this.#clock.monotonic())) this.#options.onNotDone(lost);
      for (const { worker, wake } of [...this.#waiters.values()]) if (this.#book.hasWork(worker)) wake();
      await this.#clock.timer(LOOK_EVERY_MS, signal).catch(() => {});
    }
  }
}
