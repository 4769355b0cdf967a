import type { Counters, Signal } from './counters.ts';
import type { Sent, Transport } from './transport.ts';

const FIRST_BACKOFF_MS = 500;
/** Short, because a receiver that is back is wanted by the next page: only Retry-After asks for more. */
const MAX_BACKOFF_MS = 5_000;
/** A receiver that asks for more is asked again all the same: a wrong date must not silence the app for days. */
const MAX_RETRY_AFTER_MS = 300_000;
const WARN_INTERVAL_MS = 60_000;
/** What a waiting parcel costs beside its bytes, so that many small ones are bounded too. */
const PARCEL_OVERHEAD_BYTES = 1024;

/** One export request, encoded. */
export interface Parcel {
  signal: Signal;
  items: number;
  sizeBytes: number;
  body: Uint8Array[];
  /** Called once, when the bytes are no longer needed. */
  release(): void;
}

export interface OutboxDependencies {
  transport: Transport;
  counters: Counters;
  /** Waiting and sent but unanswered bytes together; the newest parcel is dropped where it would pass this. */
  limitBytes: number;
  /** Requests at a time. */
  connections: number;
  warn(message: string): void;
  /** Milliseconds, monotonic. */
  now(): number;
  /** Uniform in [0, 1): spreads retries. */
  random(): number;
}

/** Keeps parcels until the receiver has answered: bounded, retried with growing pauses, and every item accounted for. */
export class Outbox {
  readonly #dependencies: OutboxDependencies;
  readonly #waiting: Parcel[] = [];
  readonly #abort = new AbortController();
  #bytes = 0;
  #sending = 0;
  #backoffMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #lastWarning = Number.NEGATIVE_INFINITY;
  #closing = false;
  #idle: (() => void) | undefined;

  constructor(dependencies: OutboxDependencies) {
    this.#dependencies = dependencies;
  }

  /** Bytes held. */
  get pendingBytes(): number {
    return this.#bytes;
  }

  put(parcel: Parcel): void {
    const { counters, limitBytes } = this.#dependencies;
    if (this.#closing) {
      // Recorded after the app has closed.
      counters[parcel.signal].dropped += parcel.items;
      parcel.release();
      return;
    }
    if (this.#bytes + parcel.sizeBytes + PARCEL_OVERHEAD_BYTES > limitBytes) {
      counters[parcel.signal].dropped += parcel.items;
      parcel.release();
      this.#warn(`dropped ${parcel.items} ${parcel.signal} items: ${limitBytes} bytes are waiting already`);
      return;
    }
    this.#bytes += parcel.sizeBytes + PARCEL_OVERHEAD_BYTES;
    this.#waiting.push(parcel);
    this.#pump();
  }

  /** Gives what waits one more try within `deadlineMs`; the rest is dropped and counted. */
  async close(deadlineMs: number): Promise<void> {
    this.#closing = true;
    this.#resume();
    if (this.#sending > 0 || this.#waiting.length > 0) {
      const deadline = setTimeout(() => this.#abort.abort(), deadlineMs);
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
      clearTimeout(deadline);
    }
    this.#dependencies.transport.close();
  }

  #pump(): void {
    while (this.#timer === undefined && this.#waiting.length > 0 && this.#sending < this.#allowance()) {
      void this.#send(this.#waiting.shift()!);
    }
    if (this.#sending === 0 && this.#waiting.length === 0) this.#idle?.();
  }

  /** After a failure one request at a time probes the receiver. */
  #allowance(): number {
    return this.#backoffMs > 0 && !this.#closing ? 1 : this.#dependencies.connections;
  }

  async #send(parcel: Parcel): Promise<void> {
    this.#sending++;
    const sent = await this.#dependencies.transport.send(
      parcel.signal,
      parcel.body,
      parcel.sizeBytes,
      this.#abort.signal,
    );
    this.#sending--;
    if (sent.status === 'retryable' && !this.#closing) this.#putBack(parcel, sent);
    else this.#settle(parcel, sent);
    this.#pump();
  }

  #putBack(parcel: Parcel, sent: Sent & { status: 'retryable' }): void {
    this.#waiting.unshift(parcel);
    this.#warn(`export failed, will be retried: ${sent.reason}`);
    if (this.#timer !== undefined) return;
    this.#backoffMs = Math.min(MAX_BACKOFF_MS, this.#backoffMs * 2 || FIRST_BACKOFF_MS);
    const pauseMs = sent.retryAfterMs ?? this.#backoffMs * (0.5 + this.#dependencies.random() / 2);
    this.#timer = setTimeout(() => this.#resume(), Math.min(pauseMs, MAX_RETRY_AFTER_MS));
    this.#timer.unref();
  }

  #resume(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pump();
  }

  #settle(parcel: Parcel, sent: Sent): void {
    const counters = this.#dependencies.counters[parcel.signal];
    if (sent.status === 'accepted') {
      const rejected = Math.min(sent.rejected, parcel.items);
      counters.exported += parcel.items - rejected;
      counters.rejected += rejected;
      this.#backoffMs = 0;
      if (rejected > 0) this.#warn(`the receiver rejected ${rejected} ${parcel.signal} items: ${sent.reason ?? ''}`);
    } else if (sent.status === 'failure') {
      counters.rejected += parcel.items;
      this.#warn(`the receiver refused ${parcel.items} ${parcel.signal} items: ${sent.reason}`);
    } else {
      counters.dropped += parcel.items;
      this.#warn(`closed before ${parcel.items} ${parcel.signal} items were taken: ${sent.reason}`);
    }
    this.#bytes -= parcel.sizeBytes + PARCEL_OVERHEAD_BYTES;
    parcel.release();
  }

  #warn(message: string): void {
    const now = this.#dependencies.now();
    if (now - this.#lastWarning < WARN_INTERVAL_MS) return;
    this.#lastWarning = now;
    this.#dependencies.warn(message);
  }
}
