import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { followWallClock } from '../wall-clock.ts';
import { BATCH_BYTES, type Batch, type Lane } from './batch.ts';
import type { Counters } from './counters.ts';
import type { Outbox, Parcel } from './outbox.ts';

const INTERVAL_MS = 500;
/** Scenario requests in a row share an export: at most one per this long. */
const URGENT_SPACING_MS = 5;

/** Our own requests are not traced, and a timer must not keep the request alive that happened to start it. */
const UNTRACED = suppressTracing(ROOT_CONTEXT);

/** Decides when batches leave: full, at every tick, or at once for a scenario's request. */
export class Shipper {
  readonly spans: Batch;
  readonly logs: Batch;
  readonly #outbox: Outbox;
  readonly #counters: Counters;
  readonly #ticker: NodeJS.Timeout;
  #urgent: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(spans: Batch, logs: Batch, outbox: Outbox, counters: Counters) {
    this.spans = spans;
    this.logs = logs;
    this.#outbox = outbox;
    this.#counters = counters;
    this.#ticker = context.with(UNTRACED, () => setInterval(() => this.#tick(), INTERVAL_MS));
    this.#ticker.unref();
  }

  /** To be called after an item was written to a lane of `spans`. */
  addedSpan(lane: Lane): void {
    lane.items++;
    this.#counters.traces.recorded++;
    if (lane.writer.position >= BATCH_BYTES || this.#closed) this.#ship(this.spans.seal());
  }

  /** To be called after an item was written to a lane of `logs`. */
  addedLog(lane: Lane): void {
    lane.items++;
    this.#counters.logs.recorded++;
    if (lane.writer.position >= BATCH_BYTES || this.#closed) this.#ship(this.logs.seal());
  }

  /** Sends everything within a few milliseconds. */
  shipSoon(): void {
    if (this.#urgent !== undefined || this.#closed) return;
    this.#urgent = context.with(UNTRACED, () =>
      setTimeout(() => {
        this.#urgent = undefined;
        this.flush();
      }, URGENT_SPACING_MS),
    );
  }

  /** Hands everything recorded so far to the outbox. */
  flush(): void {
    this.#ship(this.spans.seal());
    this.#ship(this.logs.seal());
  }

  /** An export request encoded elsewhere. */
  ship(parcel: Parcel): void {
    this.#counters[parcel.signal].recorded += parcel.items;
    this.#ship(parcel);
  }

  async close(deadlineMs: number): Promise<void> {
    clearInterval(this.#ticker);
    clearTimeout(this.#urgent);
    this.flush();
    this.#closed = true;
    await context.with(UNTRACED, () => this.#outbox.close(deadlineMs));
  }

  #tick(): void {
    followWallClock();
    this.flush();
  }

  #ship(parcel: Parcel | undefined): void {
    if (parcel) context.with(UNTRACED, () => this.#outbox.put(parcel));
  }
}
