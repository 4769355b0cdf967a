import type { Clock } from '../../../core/clock.ts';
import { toError } from '../../../core/errors.ts';
import type { Backoff } from '../../../core/retry.ts';
import type { Batch, Exported, Exporter, SpoolRecord } from '../../exporter.ts';
import { SIGNALS } from '../counts.ts';
import { Circuit, type Pass } from './circuit.ts';
import { rejectAll, type Settlement, settle } from './settlement.ts';
import { Slots } from './slots.ts';

export interface DeliveryOptions {
  name: string;
  exporter: Exporter;
  clock: Clock;
  /** Uniform in [0, 1). */
  random: () => number;
  /** How long one `export` may take before it is aborted. */
  timeoutMs: number;
  concurrency: number;
  backoff: Backoff;
  log(level: 'info' | 'warn' | 'error', message: string): void;
}

/** Since the relay started. */
export interface DeliveryCounters {
  exports: number;
  /** Exports of which at least a part has to come again. */
  retries: number;
  /** Time in `export`, of all calls together. */
  exportSeconds: number;
}

// A batch that makes the exporter throw is its bug; it must not hold the others up for ever.
const MOST_THROWS = 5;
/** An exporter that does not stop when it is told to is left behind. */
const ABANDON_MS = 500;

/** Brings batches to one backend: timeout, retry, backoff and circuit breaker around its exporter. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #circuit: Circuit;
  readonly #slots: Slots;
  readonly #stop = new AbortController();
  readonly #hurry = new AbortController();
  #started = false;
  #lastError: string | undefined;
  readonly counters: DeliveryCounters = { exports: 0, retries: 0, exportSeconds: 0 };

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#circuit = new Circuit(options);
    this.#slots = new Slots(options.concurrency);
  }

  /** Fires when no further batch is begun. */
  get stopping(): AbortSignal {
    return this.#stop.signal;
  }

  get state() {
    const { state, retryAt } = this.#circuit;
    return {
      healthy: this.#started && this.#lastError === undefined,
      lastError: this.#lastError,
      circuit: state,
      retryAt,
    };
  }

  /** Starts the exporter, again and again until it succeeds. @returns false when it was told to stop before */
  async start(): Promise<boolean> {
    while (!this.#stop.signal.aborted) {
      const pass = await this.#circuit.enter(this.#stop.signal);
      if (!pass) return false;
      try {
        const started = await orStopped(this.#options.exporter.start(), this.#stop.signal);
        if (!started) return false;
        this.#circuit.succeeded();
        this.#started = true;
        this.#lastError = undefined;
        return true;
      } catch (error) {
        this.failed(toError(error));
        this.#circuit.failed(pass);
      }
    }
    return false;
  }

  /**
   * Hands a batch over until all of it is settled.
   * @param book told of every part as it is settled
   * @returns false when it was told to stop before
   */
  async carry(batch: Batch, book: (part: Settlement) => Promise<void>): Promise<boolean> {
    let remaining: Batch | undefined = batch;
    let throws = 0;
    while (remaining) {
      const pass = await this.#circuit.enter(this.#stop.signal);
      const giveBack = pass && (await this.#slots.take(this.#stop.signal));
      if (!giveBack) {
        if (pass) this.#circuit.calledOff(pass);
        return false;
      }
      let exported: Exported;
      try {
        exported = await this.#exportOnce(remaining);
      } catch (error) {
        if (++throws < MOST_THROWS) exported = retryAll(remaining, toError(error));
        else exported = await this.#apart(remaining);
      } finally {
        giveBack();
      }
      const part = settle(remaining, exported);
      remaining = exported.retry && exported.retry.records.length > 0 ? exported.retry : undefined;
      this.#learn(pass, part, remaining, exported);
      await book(part);
    }
    return true;
  }

  /** Record by record, so that the one that makes the exporter throw is the only one that is given up. */
  async #apart({ records, end }: Batch): Promise<Exported> {
    const filtered: Exported['accepted'] = {};
    const all: Exported = { accepted: {}, filtered, rejected: [] };
    const retry: SpoolRecord[] = [];
    const add = (to: Exported['accepted'], more: Exported['accepted']) => {
      for (const signal of SIGNALS) if (more[signal]) to[signal] = (to[signal] ?? 0) + more[signal];
    };
    for (const [index, record] of records.entries()) {
      const batch = { records: [record], end: records[index + 1]?.position ?? end };
      const exported =
        retry.length > 0
          ? retryAll(batch, all.error!)
          : await this.#exportOnce(batch).catch((error) =>
              rejectAll(batch, `the exporter failed: ${toError(error).message}`),
            );
      add(all.accepted, exported.accepted);
      add(filtered, exported.filtered ?? {});
      // Alone in its batch, there is no doubt which record was meant.
      all.rejected.push(...exported.rejected.map((entry) => ({ position: record.position, ...entry })));
      if (!exported.retry || exported.retry.records.length === 0) continue;
      retry.push(record);
      all.error ??= exported.error ?? new Error('asked to come again');
      if (exported.retryAfterMs !== undefined) all.retryAfterMs = exported.retryAfterMs;
    }
    return retry.length > 0 ? { ...all, retry: { records: retry, end } } : all;
  }

  /**
   * One call of `export` beside those of `carry`, for who cannot wait for the circuit to close.
   * @returns undefined when it was told to stop before
   */
  async once(batch: Batch, abort: AbortSignal): Promise<Exported | undefined> {
    const giveBack = await this.#slots.take(AbortSignal.any([this.#stop.signal, abort]));
    if (!giveBack) return undefined;
    try {
      return await this.#exportOnce(batch, abort);
    } catch (error) {
      return retryAll(batch, toError(error));
    } finally {
      giveBack();
    }
  }

  #learn(pass: Pass, part: Settlement, remaining: Batch | undefined, exported: Exported): void {
    if (!remaining) {
      this.#circuit.succeeded();
      if (this.#lastError) this.#options.log('info', `${this.#options.name} takes data again`);
      this.#lastError = undefined;
      return;
    }
    this.counters.retries++;
    if (this.#hurry.signal.aborted) {
      this.#circuit.calledOff(pass);
      return;
    }
    this.failed(exported.error ?? new Error('asked to come again'));
    if (hasProgress(part)) this.#circuit.slowed(exported.retryAfterMs);
    else this.#circuit.failed(pass, exported.retryAfterMs);
  }

  async #exportOnce(batch: Batch, abort?: AbortSignal): Promise<Exported> {
    const { clock, timeoutMs, exporter } = this.#options;
    const settled = new AbortController();
    const timeout = new AbortController();
    clock.timer(timeoutMs, settled.signal).then(
      () => {
        timeout.abort(new Error(`no answer within ${timeoutMs} ms`));
        // Said now, because an exporter that does not listen may keep the batch for ever.
        this.failed(timeout.signal.reason);
      },
      () => undefined,
    );
    const signals = [timeout.signal, this.#hurry.signal, ...(abort ? [abort] : [])];
    const startedAt = clock.monotonic();
    this.counters.exports++;
    try {
      const exporting = exporter.export(batch, AbortSignal.any(signals));
      return await this.#unlessAbandoned(exporting, batch, settled.signal);
    } catch (error) {
      if (timeout.signal.aborted) return retryAll(batch, timeout.signal.reason);
      if (this.#hurry.signal.aborted || abort?.aborted) return retryAll(batch, toError(error));
      throw error;
    } finally {
      settled.abort();
      this.counters.exportSeconds += (clock.monotonic() - startedAt) / 1_000;
    }
  }

  /** A shutdown does not wait for an exporter that does not stop. */
  #unlessAbandoned(exporting: Promise<Exported>, batch: Batch, settled: AbortSignal): Promise<Exported> {
    return new Promise((resolve, reject) => {
      exporting.then(resolve, reject);
      const leave = () => {
        const error = new Error('it did not stop when it was told to');
        this.#options.clock.timer(ABANDON_MS, settled).then(
          () => resolve(retryAll(batch, error)),
          () => undefined,
        );
      };
      if (this.#hurry.signal.aborted) leave();
      else this.#hurry.signal.addEventListener('abort', leave, { once: true, signal: settled });
    });
  }

  /** Something went wrong that the status should tell; the log is told once. */
  failed(error: Error): void {
    if (this.#lastError !== error.message) this.#options.log('warn', `${this.#options.name}: ${error.message}`);
    this.#lastError = error.message;
  }

  /** Begins nothing more; calls under way end or, when `abort` fires, are aborted. */
  stop(abort: AbortSignal): void {
    this.#stop.abort(new Error('shutting down'));
    const hurry = () => this.#hurry.abort(new Error('shutting down'));
    if (abort.aborted) hurry();
    else abort.addEventListener('abort', hurry, { once: true });
  }
}

function retryAll(batch: Batch, error: Error): Exported {
  return { accepted: {}, rejected: [], retry: batch, error };
}

function hasProgress({ settled }: Settlement): boolean {
  const { delivered, rejected, filtered } = settled;
  return SIGNALS.some((signal) => delivered[signal] + rejected[signal] + filtered[signal] > 0);
}

/** @returns false when the signal fired before the work was done */
async function orStopped(work: Promise<void>, stop: AbortSignal): Promise<boolean> {
  const settled = new AbortController();
  const stopped = new Promise<boolean>((resolve) => {
    stop.addEventListener('abort', () => resolve(false), { once: true, signal: settled.signal });
  });
  try {
    return await Promise.race([work.then(() => true), stopped]);
  } finally {
    settled.abort();
  }
}
