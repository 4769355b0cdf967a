import type { Clock, Instant } from '../clock.ts';

interface Waiter {
  at: number;
  order: number;
  fire(): void;
}

/** A clock that stands still until a test moves it. Timers fire in order of their due time, then of their creation. */
export class VirtualClock implements Clock {
  #elapsed = 0;
  #order = 0;
  #wallOffset: number;
  #waiters: Waiter[] = [];

  constructor(start: Instant = Date.UTC(2026, 0, 1)) {
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
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        reject(abort?.reason);
      };
      const waiter: Waiter = {
        at: this.#elapsed + Math.max(0, ms),
        order: this.#order++,
        fire: () => {
          abort?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      abort?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(waiter);
    });
  }

  /** How many timers are waiting. */
  get pending(): number {
    return this.#waiters.length;
  }

  /** Jumps the wall clock, as an NTP step does; monotonic time and timers do not notice. */
  step(ms: number): void {
    this.#wallOffset += ms;
  }

  /** Moves time forward, firing every timer that falls due, those included that fired timers create. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await settle();
    for (;;) {
      const next = this.#waiters
        .filter((waiter) => waiter.at <= end)
        .reduce<Waiter | undefined>(
          (a, b) => (a && (a.at < b.at || (a.at === b.at && a.order < b.order)) ? a : b),
          undefined,
        );
      if (!next) break;
      this.#waiters = this.#waiters.filter((waiter) => waiter !== next);
      this.#elapsed = Math.max(this.#elapsed, next.at);
      next.fire();
      await settle();
    }
    this.#elapsed = end;
    await settle();
  }
}

/** Lets promise chains that are ready run to their end. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
