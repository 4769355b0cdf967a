import type { SignalAnswers } from '../../../alerts/rules/signal.ts';
import type { Clock } from '../../../core/clock.ts';
import type { BackendStatus } from '../../../monitoring/telemetry.ts';

const DAY_MS = 86_400_000;
const SAMPLE_EVERY_MS = 30_000;

/** What became of telemetry on its way to the backends, with a memory of a day: the ledger itself only ever grows. */
export class LedgerSignals {
  readonly #clock: Clock;
  /** How much was lost by when, oldest first. */
  readonly #samples = new Map<string, { at: number; lost: number }[]>();
  #latest: readonly BackendStatus[] | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  see(backends: readonly BackendStatus[]): void {
    const now = this.#clock.now();
    this.#latest = backends;
    for (const backend of backends) {
      const samples = this.#samples.get(backend.name) ?? [];
      if (now - (samples.at(-1)?.at ?? Number.NEGATIVE_INFINITY) < SAMPLE_EVERY_MS) continue;
      const young = samples.filter(({ at }) => now - at <= DAY_MS);
      this.#samples.set(backend.name, [...young, { at: now, lost: lostBy(backend) }]);
    }
  }

  /** The relay does not answer: nothing is known. */
  lose(): void {
    this.#latest = null;
  }

  /** @throws Error where nothing is known of the backend */
  of(name: string, windowMs: number): SignalAnswers['backend'] {
    const backend = this.#latest?.find((one) => one.name === name);
    if (!backend)
      throw new Error(this.#latest ? `there is no backend "${name}"` : 'the relay does not tell its ledger');
    const from = this.#clock.now() - windowMs;
    const samples = this.#samples.get(name) ?? [];
    // A watcher younger than the window begins with its first look.
    const start = samples.findLast(({ at }) => at <= from) ?? samples[0];
    const lost = lostBy(backend);
    return { lag_ms: backend.lag_seconds * 1_000, lost: Math.max(0, lost - (start?.lost ?? lost)) };
  }
}

function lostBy({ ledger }: BackendStatus): number {
  return ledger.reduce((sum, { rejected, dropped }) => sum + rejected + dropped, 0);
}
