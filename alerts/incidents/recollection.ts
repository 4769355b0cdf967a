import type { Clock } from '../../core/clock.ts';
import { toError } from '../../core/errors.ts';
import { COMMIT_PATIENCE_MS } from './committer.ts';

const AGAIN_MS = 5_000;

/**
 * Reads what the watcher knew before its restart, as often as it takes. A watcher that cannot read it still watches and
 * pages; what it knew joins in when it can be read, and nothing is written before.
 */
export class Recollection {
  readonly #clock: Clock;
  readonly #load: () => Promise<void>;
  readonly #onError: (error: Error) => void;
  readonly #stop = new AbortController();
  #loading: Promise<void> | null = null;

  constructor(clock: Clock, load: () => Promise<void>, onError: (error: Error) => void) {
    this.#clock = clock;
    this.#load = load;
    this.#onError = onError;
  }

  /** Resolves after the first attempt, or when the database has had its two seconds. */
  async start(): Promise<void> {
    const patience = new AbortController();
    const waited = this.#clock.timer(COMMIT_PATIENCE_MS, patience.signal).catch(() => undefined);
    const attempted = Promise.withResolvers<void>();
    void this.#untilItWorks(attempted.resolve);
    await Promise.race([attempted.promise, waited]);
    patience.abort(new Error('no need to wait any longer'));
  }

  /** Resolves once everything is known; rejects when the database does not answer. */
  async complete(): Promise<void> {
    this.#loading ??= this.#load();
    const asked = this.#loading;
    try {
      await asked;
    } catch (error) {
      // Whoever asks next, asks the database again.
      if (this.#loading === asked) this.#loading = null;
      throw error;
    }
  }

  stop(): void {
    this.#stop.abort(new Error('shutting down'));
  }

  async #untilItWorks(attempted: () => void): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.complete();
        attempted();
        return;
      } catch (error) {
        attempted();
        this.#onError(toError(error));
        await this.#clock.timer(AGAIN_MS, this.#stop.signal).catch(() => undefined);
      }
    }
  }
}
