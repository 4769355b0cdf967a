import { setTimeout as delay } from 'node:timers/promises';

/** A point in time: milliseconds since the Unix epoch, UTC. */
export type Instant = number;

/** The only source of time. Code that waits takes a Clock, so that tests can move it by hand. */
export interface Clock {
  /** Wall-clock time; it can jump when the system's clock is set. Use it to say when, never to measure how long. */
  now(): Instant;
  /** Milliseconds from an arbitrary origin, fractional, never going back. */
  monotonic(): number;
  /** Resolves after `ms` of monotonic time; rejects with the signal's reason when aborted first. */
  timer(ms: number, abort?: AbortSignal): Promise<void>;
}

// Node fires a longer timer at once, so longer waits are cut into pieces.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async timer(ms, abort) {
    const end = performance.now() + ms;
    for (let left = ms; left > 0; left = end - performance.now()) {
      abort?.throwIfAborted();
      try {
        await delay(Math.min(left, LONGEST_TIMER_MS), undefined, abort ? { signal: abort } : {});
      } catch (error) {
        abort?.throwIfAborted();
        throw error;
      }
    }
  },
};
