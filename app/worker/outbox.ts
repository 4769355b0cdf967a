import type { Clock } from '../../core/clock.ts';
import { backoffMs } from '../../core/retry.ts';
import type { JobReport } from '../../scenarios/workers/protocol.ts';
import type { Asked } from './watcher-client.ts';

const MOST_REPORTS = 2_000;
const MOST_BYTES = 64 * 2 ** 20;
const BACKOFF = { firstMs: 250, maxMs: 5_000 };

export interface OutboxDeps {
  clock: Clock;
  random: () => number;
  send(report: JobReport, abort: AbortSignal): Promise<Asked<unknown>>;
  /** A report that can never be delivered, with why. */
  onLost(report: JobReport, reason: string): void;
}

interface Kept {
  report: JobReport;
  bytes: number;
  /** Monotonic: so that the age of a run is right whenever it is sent. */
  at: number;
}

/**
 * Reports on their way to the watcher: one after the other, in the order of their runs, again and again until they are
 * taken. Bounded in memory: past it the oldest go, which the watcher has given up long ago.
 */
export class Outbox {
  readonly #deps: OutboxDeps;
  #kept: Kept[] = [];
  #bytes = 0;
  #wake: () => void = () => {};

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#kept.length;
  }

  put(report: JobReport, bytes: number): void {
    this.#kept.push({ report, bytes, at: this.#deps.clock.monotonic() });
    this.#bytes += bytes;
    while (this.#kept.length > 1 && (this.#kept.length > MOST_REPORTS || this.#bytes > MOST_BYTES)) {
      const oldest = this.#kept.shift()!;
      this.#bytes -= oldest.bytes;
      this.#deps.onLost(oldest.report, 'too many results wait for the watcher');
    }
    this.#wake();
  }

  /** Sends until `end` fires and nothing is left, or until `abort` fires. */
  async drain(end: AbortSignal, abort: AbortSignal): Promise<void> {
    const wake = () => this.#wake();
    end.addEventListener('abort', wake);
    abort.addEventListener('abort', wake);
    let failures = 0;
    while (!abort.aborted) {
      const next = this.#kept[0];
      if (!next) {
        if (end.aborted) break;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      const asked = await this.#deps.send(this.#aged(next), abort);
      if ('trouble' in asked && asked.trouble === 'away') {
        failures++;
        await this.#deps.clock.timer(backoffMs(BACKOFF, failures, this.#deps.random), abort).catch(() => {});
        continue;
      }
      failures = 0;
      if (this.#kept[0] === next) {
        this.#kept.shift();
        this.#bytes -= next.bytes;
      }
      if ('trouble' in asked) this.#deps.onLost(next.report, asked.reason);
    }
    end.removeEventListener('abort', wake);
    abort.removeEventListener('abort', wake);
  }

  #aged({ report, at }: Kept): JobReport {
    return 'run' in report ? { ...report, ended_ms_ago: this.#deps.clock.monotonic() - at } : report;
  }
}
