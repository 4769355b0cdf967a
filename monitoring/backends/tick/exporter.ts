import type { Clock } from '../../../core/clock.ts';
import { RingdownError, toError } from '../../../core/errors.ts';
import type { Batch, Exported, Exporter, Rejection, Signal, SpoolRecord } from '../../exporter.ts';
import { GaugeState, type StatsdForwarder } from '../../statsd/index.ts';
import { type EncodedRecord, encodeRecord } from './encode/record.ts';
import type { InfluxClient } from './influx/client.ts';
import { provision } from './influx/provision.ts';
import { Writer } from './influx/writer.ts';

/** Longer than this, start does not wait for InfluxDB; the first export tries again. */
const START_WAITS_MS = 5_000;
const ITEMS_BETWEEN_PAUSES = 2_048;

export interface TickParts {
  /** A client with connections of its own; closed at shutdown. */
  connect(): InfluxClient;
  forwarder?: () => StatsdForwarder;
  clock: Clock;
}

/** What runs between start and shutdown. */
interface Running {
  client: InfluxClient;
  writer: Writer;
  forwarder: StatsdForwarder | undefined;
  stop: AbortController;
  underWay: Set<Promise<unknown>>;
}

/** The writing half: lines to InfluxDB, and StatsD on to Telegraf where there is one. */
export class TickExporter implements Exporter {
  readonly #parts: TickParts;
  readonly #gauges = new GaugeState();
  #running: Running | undefined;
  #isProvisioned = false;

  constructor(parts: TickParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    if (this.#running) return;
    const forwarder = this.#parts.forwarder?.();
    forwarder?.start();
    const client = this.#parts.connect();
    const stop = new AbortController();
    const writer = new Writer(client, this.#parts.clock, async (abort) => {
      await provision(client, abort);
    });
    this.#running = { client, writer, forwarder, stop, underWay: new Set() };
    this.#isProvisioned = false;
    // One that is away is told by the first export, with the reason.
    await this.#provision(this.#running, AbortSignal.any([stop.signal, AbortSignal.timeout(START_WAITS_MS)]));
  }

  async export(batch: Batch, abort: AbortSignal): Promise<Exported> {
    const running = this.#running;
    if (!running) return handedBack(batch, new Error('the exporter is not running'));
    const signal = AbortSignal.any([abort, running.stop.signal]);
    if (signal.aborted) return handedBack(batch, toError(signal.reason));
    const exporting = this.#export(batch, running, signal);
    running.underWay.add(exporting);
    try {
      return await exporting;
    } finally {
      running.underWay.delete(exporting);
    }
  }

  /** Lets running exports finish; when `abort` fires they come back as `retry`. */
  async shutdown(abort: AbortSignal): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#running = undefined;
    const stop = () => running.stop.abort(abort.reason);
    if (abort.aborted) stop();
    abort.addEventListener('abort', stop, { once: true });
    await Promise.allSettled(running.underWay);
    abort.removeEventListener('abort', stop);
    running.forwarder?.close();
    running.client.close();
  }

  async #export(batch: Batch, running: Running, abort: AbortSignal): Promise<Exported> {
    const settlement = new Settlement();
    const { forwarder } = running;
    const isForwarded = (record: SpoolRecord) => forwarder !== undefined && record.encoding === 'statsd';
    const forwarded = batch.records.filter(isForwarded);
    if (forwarder && forwarded.length > 0) {
      try {
        const counts = await forwarder.forward(forwarded, abort);
        for (const [index, record] of forwarded.entries()) settlement.lines(record, counts[index]!);
      } catch (thrown) {
        const { message } = toError(thrown);
        settlement.later(
          forwarded,
          abort.aborted ? toError(thrown) : new Error(`Telegraf does not take StatsD: ${message}`),
        );
      }
    }
    const rest = batch.records.filter((record) => !isForwarded(record));
    if (rest.length > 0) await this.#write(rest, running, abort, settlement);
    return settlement.of(batch);
  }

  async #write(records: SpoolRecord[], running: Running, abort: AbortSignal, settlement: Settlement): Promise<void> {
    try {
      const encoded = await this.#encode(records, abort);
      const away = await this.#provision(running, abort);
      if (away) return settlement.later(records, away);
      const { refusals, unsettled, error, retryAfterMs } = await running.writer.write(encoded, abort);
      for (const { of, count, reason, words } of refusals) settlement.refused(of, count, reason, words);
      for (const one of encoded) if (!unsettled.has(one)) settlement.written(one);
      if (error)
        settlement.later(
          [...unsettled].map(({ record }) => record),
          error,
          retryAfterMs,
        );
    } catch (thrown) {
      if (!abort.aborted) throw thrown;
      settlement.later(records, toError(abort.reason));
    }
  }

  /** Record after record, letting other work run in between. */
  async #encode(records: readonly SpoolRecord[], abort: AbortSignal): Promise<EncodedRecord[]> {
    const encoded: EncodedRecord[] = [];
    let since = 0;
    for (const record of records) {
      since += record.items;
      if (since > ITEMS_BETWEEN_PAUSES) {
        await new Promise((resolve) => setImmediate(resolve));
        abort.throwIfAborted();
        since = record.items;
      }
      encoded.push(encodeRecord(record, this.#gauges));
    }
    return encoded;
  }

  /**
   * Once per start. Who may write need not be allowed to make databases: what InfluxDB refuses here is left to the
   * write, which tells whether anything is missing.
   * @returns why InfluxDB cannot be reached
   */
  async #provision({ client }: Running, abort: AbortSignal): Promise<Error | undefined> {
    if (this.#isProvisioned) return undefined;
    try {
      await provision(client, abort);
    } catch (thrown) {
      if (!(thrown instanceof RingdownError)) return toError(thrown);
    }
    this.#isProvisioned = true;
    return undefined;
  }
}

/** Adds up what became of the records of one batch. */
class Settlement {
  readonly #accepted: Partial<Record<Signal, number>> = {};
  readonly #filtered: Partial<Record<Signal, number>> = {};
  readonly #rejected: Rejection[] = [];
  readonly #refused = new Map<SpoolRecord, number>();
  readonly #later = new Set<SpoolRecord>();
  #error: Error | undefined;
  #retryAfterMs: number | undefined;

  /** StatsD lines that Telegraf got. */
  lines(record: SpoolRecord, wellFormed: number): void {
    const taken = Math.min(wellFormed, record.items);
    add(this.#accepted, record.signal, taken);
    this.#reject(record, record.items - taken, 'malformed item');
  }

  refused({ record }: EncodedRecord, count: number, reason: string, words: string): void {
    this.#refused.set(record, (this.#refused.get(record) ?? 0) + count);
    this.#reject(record, count, reason, words);
  }

  /** After its refusals. */
  written({ record, filtered, malformed, sample }: EncodedRecord): void {
    add(this.#accepted, record.signal, record.items - malformed - filtered - (this.#refused.get(record) ?? 0));
    add(this.#filtered, record.signal, filtered);
    const reason = malformed === record.items ? 'malformed record' : 'malformed item';
    this.#reject(record, malformed, reason, sample);
  }

  later(records: readonly SpoolRecord[], error: Error, retryAfterMs?: number): void {
    for (const record of records) this.#later.add(record);
    this.#error ??= error;
    this.#retryAfterMs ??= retryAfterMs;
  }

  of(batch: Batch): Exported {
    const records = batch.records.filter((record) => this.#later.has(record));
    return {
      accepted: this.#accepted,
      ...(Object.keys(this.#filtered).length > 0 ? { filtered: this.#filtered } : {}),
      rejected: this.#rejected,
      ...(records.length > 0 ? { retry: { records, end: batch.end } } : {}),
      ...(this.#retryAfterMs === undefined ? {} : { retryAfterMs: this.#retryAfterMs }),
      ...(this.#error ? { error: this.#error } : {}),
    };
  }

  #reject({ signal, position }: SpoolRecord, count: number, reason: string, sample?: string): void {
    if (count <= 0) return;
    this.#rejected.push({ signal, count, reason, position, ...(sample === undefined ? {} : { sample }) });
  }
}

function add(to: Partial<Record<Signal, number>>, signal: Signal, count: number): void {
  if (count > 0) to[signal] = (to[signal] ?? 0) + count;
}

function handedBack(batch: Batch, error: Error): Exported {
  return { accepted: {}, rejected: [], retry: batch, error };
}
