import type { Clock } from '../../../core/clock.ts';
import { type Backoff, backoffMs } from '../../../core/retry.ts';

export type CircuitState = 'closed' | 'open' | 'half_open';

/** A leave to send, to be given back with what came of it. */
export interface Pass {
  /** The one batch that finds out whether an open circuit can be closed. */
  trial: boolean;
}

export interface CircuitOptions {
  clock: Clock;
  /** Uniform in [0, 1). */
  random: () => number;
  backoff: Backoff;
}

/** Failures in a row that open it. */
export const OPENS_AFTER = 5;

/**
 * When a backend may be sent to. After a failure everybody waits, longer each time, with jitter and never less than the
 * destination asked for. After five in a row the circuit opens: once the wait is over a single batch is tried, and
 * nobody else is let through until it has succeeded.
 */
export class Circuit {
  readonly #options: CircuitOptions;
  #state: CircuitState = 'closed';
  #failures = 0;
  /** On the monotonic clock. */
  #notBefore = 0;
  #changed = Promise.withResolvers<void>();

  constructor(options: CircuitOptions) {
    this.#options = options;
  }

  get state(): CircuitState {
    return this.#state;
  }

  /** Unix milliseconds of the next try; undefined where nothing waits. */
  get retryAt(): number | undefined {
    const { clock } = this.#options;
    const left = this.#notBefore - clock.monotonic();
    return left > 0 ? clock.now() + left : undefined;
  }

  /** Waits until sending is allowed; undefined when `stop` fired first. */
  async enter(stop: AbortSignal): Promise<Pass | undefined> {
    const { clock } = this.#options;
    while (!stop.aborted) {
      const wait = this.#notBefore - clock.monotonic();
      if (this.#state === 'half_open') await aborted(this.#changed.promise, stop);
      else if (wait > 0) await clock.timer(wait, stop).catch(() => undefined);
      else if (this.#state === 'closed') return { trial: false };
      else {
        this.#state = 'half_open';
        return { trial: true };
      }
    }
    return undefined;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#notBefore = 0;
    this.#become('closed');
  }

  /** Nothing of what was sent was taken. @param retryAfterMs what the destination asked for */
  failed(pass: Pass, retryAfterMs = 0): void {
    this.#failures++;
    this.#wait(retryAfterMs);
    if (pass.trial || (this.#state === 'closed' && this.#failures >= OPENS_AFTER)) this.#become('open');
  }

  /** Part of what was sent was taken, the rest is to come again: a reason to wait, none to give up on it. */
  slowed(retryAfterMs = 0): void {
    this.#failures = 1;
    this.#wait(retryAfterMs);
    this.#become('closed');
  }

  /** What was tried came to nothing because it was called off. */
  calledOff(pass: Pass): void {
    if (pass.trial && this.#state === 'half_open') this.#become('open');
  }

  #wait(retryAfterMs: number): void {
    const { clock, random, backoff } = this.#options;
    const until = clock.monotonic() + backoffMs(backoff, this.#failures, random, retryAfterMs);
    this.#notBefore = Math.max(this.#notBefore, until);
  }

  #become(state: CircuitState): void {
    this.#state = state;
    const changed = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    changed.resolve();
  }
}

/** Waits for a promise that never rejects, or for the signal. */
async function aborted(promise: Promise<void>, stop: AbortSignal): Promise<void> {
  const settled = new AbortController();
  await Promise.race([
    promise,
    new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { signal: settled.signal })),
  ]);
  settled.abort();
}
