import type { Clock, Instant } from '../../core/clock.ts';

interface Waiter {
  /** Of monotonic time. */
  at: number;
  order: number;
  over: boolean;
  fire(): void;
}

/**
 * A clock that goes from timer to timer: hours in which nothing is due cost nothing. Timers fire in the order of their
 * due time, then of their creation. Whoever moves it must wait for nothing but this clock.
 */
export class SimulationClock implements Clock {
  #elapsed = 0;
  #order = 0;
  #wallOffset: number;
  /** A binary heap by (at, order). Aborted ones stay until they come up. */
  readonly #heap: Waiter[] = [];

  constructor(start: Instant) {
    this.#wallOffset = start;
  }

  now(): Instant {
    return this.#wallOffset + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  timer(ms: number, abort?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (abort?.aborted) return reject(abort.reason);
      const onAbort = () => {
        waiter.over = true;
        reject(abort?.reason);
      };
      const waiter: Waiter = {
        at: this.#elapsed + Math.max(0, ms),
        order: this.#order++,
        over: false,
        fire() {
          abort?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      abort?.addEventListener('abort', onAbort, { once: true });
      this.#push(waiter);
    });
  }

  /** Sets the wall clock, as an NTP step does; monotonic time and timers do not notice. */
  step(ms: number): void {
    this.#wallOffset += ms;
  }

  /**
   * Moves to this moment of monotonic time, firing every timer that falls due, those included that fired timers create.
   * @param settled nobody did anything since it last came to rest
   */
  async advanceTo(end: number, settled = false): Promise<void> {
    if (!settled) await settle();
    for (;;) {
      const next = this.#peek();
      if (!next || next.at > end) break;
      this.#pop();
      this.#elapsed = Math.max(this.#elapsed, next.at);
      next.over = true;
      next.fire();
      await settle();
    }
    this.#elapsed = Math.max(this.#elapsed, end);
  }

  #peek(): Waiter | undefined {
    while (this.#heap[0]?.over) this.#pop();
    return this.#heap[0];
  }

  #push(waiter: Waiter): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(waiter);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(waiter, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = waiter;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function before(a: Waiter, b: Waiter): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Promise chains that are ready run to their end before the event loop turns: nothing here waits for the machine. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
