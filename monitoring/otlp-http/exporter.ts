import { type Clock, systemClock } from '../../core/clock.ts';
import { toError } from '../../core/errors.ts';
import type { Batch, Exported, Exporter, Rejection, Signal, SpoolPosition, SpoolRecord } from '../exporter.ts';
import { type Delivered, deliver, type Payload } from './deliver.ts';
import { OtlpEndpoint, type OtlpEndpointOptions } from './endpoint.ts';
import type { Convert, Converted } from './payloads.ts';

export interface OtlpHttpExporterOptions {
  endpoint: OtlpEndpointOptions;
  convert: Convert;
  /** Of a request before compression. Default 4 MiB. */
  maxRequestBytes?: number;
  clock?: Clock;
}

const SIGNALS: readonly Signal[] = ['traces', 'metrics', 'logs'];
/** Of conversions kept for records that come again: those of a few batches. */
const MOST_KEPT_BYTES = 32 * 2 ** 20;
/** Requests of one record each that follow a partial refusal. */
const APART_FOR = 1_000;

/**
 * Sends batches as OTLP/HTTP protobuf: a request at a time for each signal, the three signals beside each other. At least
 * once: OTLP has no ids for requests, so a lost answer repeats what was sent.
 *
 * Where a destination refuses part of a request that held several records, the count is exact and the records are the
 * first ones of the request; from then on, for a while, every record gets a request of its own, so that refusals name
 * theirs.
 */
export class OtlpHttpExporter implements Exporter {
  readonly #options: OtlpHttpExporterOptions;
  readonly #clock: Clock;
  readonly #apart: Record<Signal, number> = { traces: 0, metrics: 0, logs: 0 };
  /** Converting may move state (gauges with a sign, running totals): who comes again is not converted again. */
  readonly #kept = new Map<SpoolPosition, Converted>();
  #keptBytes = 0;
  readonly #running = new Set<Promise<unknown>>();
  #endpoint: OtlpEndpoint | undefined;
  #stop = new AbortController();

  constructor(options: OtlpHttpExporterOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Connects to nothing: a destination that is away is found by the first export. */
  async start(): Promise<void> {
    if (this.#endpoint) return;
    this.#stop = new AbortController();
    this.#endpoint = new OtlpEndpoint(this.#options.endpoint);
  }

  async export(batch: Batch, abort: AbortSignal): Promise<Exported> {
    const endpoint = this.#endpoint;
    if (!endpoint || abort.aborted) {
      const error = endpoint ? toError(abort.reason) : new Error('not started');
      return { accepted: {}, rejected: [], retry: batch, error };
    }
    const exporting = this.#export(batch, endpoint, AbortSignal.any([abort, this.#stop.signal]));
    this.#running.add(exporting);
    try {
      return await exporting;
    } finally {
      this.#running.delete(exporting);
    }
  }

  async #export(batch: Batch, endpoint: OtlpEndpoint, abort: AbortSignal): Promise<Exported> {
    const conversions = new Map(batch.records.map((record) => [record.position, this.#converted(record)]));
    const payloads: Record<Signal, Payload[]> = { traces: [], metrics: [], logs: [] };
    for (const { position, signal } of batch.records) payloads[signal].push(...conversions.get(position)!.payloads);
    const delivered = await Promise.all(
      SIGNALS.map((signal) => this.#deliver(signal, payloads[signal], endpoint, abort)),
    );
    const of = Object.fromEntries(SIGNALS.map((signal, index) => [signal, delivered[index]!])) as Record<
      Signal,
      Delivered
    >;
    return this.#settle(batch, conversions, of);
  }

  async #deliver(
    signal: Signal,
    payloads: readonly Payload[],
    endpoint: OtlpEndpoint,
    abort: AbortSignal,
  ): Promise<Delivered> {
    const apart = this.#apart[signal] > 0;
    if (apart) this.#apart[signal] -= payloads.length;
    const delivered = await deliver(payloads, {
      signal,
      maxBytes: this.#options.maxRequestBytes ?? 4 * 2 ** 20,
      apart,
      send: (body) => endpoint.send(signal, body, this.#clock.now(), abort),
    });
    if (delivered.isBlurred) this.#apart[signal] = APART_FOR;
    return delivered;
  }

  #converted(record: SpoolRecord): Converted {
    return this.#kept.get(record.position) ?? this.#options.convert(record);
  }

  #keep(record: SpoolRecord, converted: Converted): void {
    if (this.#kept.has(record.position) || converted.payloads.every(({ bytes }) => bytes === record.bytes)) return;
    this.#kept.set(record.position, converted);
    this.#keptBytes += sizeOf(converted);
    for (const position of this.#kept.keys()) {
      if (this.#keptBytes <= MOST_KEPT_BYTES) break;
      this.#forget(position);
    }
  }

  #forget(position: SpoolPosition): void {
    const converted = this.#kept.get(position);
    if (!converted) return;
    this.#kept.delete(position);
    this.#keptBytes -= sizeOf(converted);
  }

  /** A record is settled whole: what has to be sent again takes the rest of its record along. */
  #settle(batch: Batch, conversions: Map<SpoolPosition, Converted>, of: Record<Signal, Delivered>): Exported {
    const accepted: Partial<Record<Signal, number>> = {};
    const filtered: Partial<Record<Signal, number>> = {};
    const rejected: Rejection[] = [];
    const retry: SpoolRecord[] = [];
    const add = (to: Partial<Record<Signal, number>>, signal: Signal, count: number) => {
      if (count > 0) to[signal] = (to[signal] ?? 0) + count;
    };
    for (const record of batch.records) {
      const { position, signal } = record;
      const converted = conversions.get(position)!;
      const settled = of[signal].byPosition.get(position);
      if (settled?.retry) {
        retry.push(record);
        this.#keep(record, converted);
        continue;
      }
      this.#forget(position);
      add(accepted, signal, settled?.accepted ?? 0);
      add(filtered, signal, converted.filtered ?? 0);
      if (converted.rejected) rejected.push({ signal, position, ...converted.rejected });
      for (const [reason, count] of settled?.rejected ?? []) rejected.push({ signal, position, count, reason });
    }
    const failures = Object.values(of).filter(({ error }) => error);
    const after = failures.map(({ retryAfterMs }) => retryAfterMs ?? 0);
    return {
      accepted,
      ...(Object.keys(filtered).length > 0 ? { filtered } : {}),
      rejected,
      ...(retry.length > 0 ? { retry: { records: retry, end: batch.end } } : {}),
      ...(retry.length > 0 && Math.max(...after) > 0 ? { retryAfterMs: Math.max(...after) } : {}),
      ...(failures.length > 0 ? { error: failures[0]!.error! } : {}),
    };
  }

  /** Lets exports under way end; when `abort` fires they come back as `retry`. */
  async shutdown(abort: AbortSignal): Promise<void> {
    const stop = () => this.#stop.abort(abort.reason);
    if (abort.aborted) stop();
    abort.addEventListener('abort', stop, { once: true });
    const endpoint = this.#endpoint;
    this.#endpoint = undefined;
    await Promise.allSettled(this.#running);
    abort.removeEventListener('abort', stop);
    endpoint?.close();
  }
}

function sizeOf({ payloads }: Converted): number {
  return payloads.reduce((sum, { bytes }) => sum + bytes.length, 0);
}
