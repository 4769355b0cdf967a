import type { Clock } from '../../core/clock.ts';

/** One timer for whatever falls due next, however often that changes. */
export class Alarm {
  readonly #clock: Clock;
  readonly #longestMs: number;
  readonly #ring: () => void;
  #sleep: { until: number; abort: AbortController } | null = null;

  /** @param longestMs it rings after that at the latest, whatever it is set to */
  constructor(clock: Clock, longestMs: number, ring: () => void) {
    this.#clock = clock;
    this.#longestMs = longestMs;
    this.#ring = ring;
  }

  /** Rings once, at `due` in monotonic time or when it was set to ring anyway, whichever is earlier. */
  set(due: number): void {
    const now = this.#clock.monotonic();
    const until = Math.min(due, now + this.#longestMs);
    if (this.#sleep && this.#sleep.until <= until) return;
    this.stop();
    const sleep = { until, abort: new AbortController() };
    this.#sleep = sleep;
    this.#clock.timer(Math.max(0, until - now), sleep.abort.signal).then(
      () => {
        if (this.#sleep !== sleep) return;
        this.#sleep = null;
        this.#ring();
      },
      () => {
        // Stopped, or set to ring earlier.
      },
    );
  }

  stop(): void {
    this.#sleep?.abort.abort();
    this.#sleep = null;
  }
}
