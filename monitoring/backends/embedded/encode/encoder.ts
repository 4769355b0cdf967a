import type { Signal, SpoolRecord } from '../../../exporter.ts';
import { decodeLogs, decodeMetrics, decodeTraces, OtlpDecodeError } from '../../../otlp/index.ts';
import { Dictionary, type NextIds } from './dictionary.ts';
import { type Encoded, nothingYet } from './encoded.ts';
import { LogEncoder } from './logs.ts';
import { PointEncoder } from './points.ts';
import { SpanEncoder } from './spans.ts';
import { StatsdEncoder } from './statsd.ts';

/** Turns spool records into rows of one partition, whose tables of names it continues. */
export class Encoder {
  readonly #dictionary: Dictionary;
  readonly #spans: SpanEncoder;
  readonly #logs: LogEncoder;
  readonly #points: PointEncoder;
  readonly #statsd: StatsdEncoder;
  #versions: Map<string, bigint>;

  constructor(next: NextIds, versions: Map<string, bigint>) {
    this.#versions = new Map(versions);
    this.#dictionary = new Dictionary(next.resources, versions);
    this.#spans = new SpanEncoder(this.#dictionary, next);
    this.#logs = new LogEncoder(this.#dictionary, next.log_shapes);
    this.#points = new PointEncoder(this.#dictionary, next.series);
    this.#statsd = new StatsdEncoder(this.#points);
  }

  /** `service\0version` → when it was first seen, in nanoseconds; everything committed. */
  get versions(): ReadonlyMap<string, bigint> {
    return this.#versions;
  }

  /** Decodes record after record, letting other work run in between. A record that cannot be read is rejected whole. */
  async encode(records: readonly SpoolRecord[], batch: bigint): Promise<Encoded> {
    const encoded = nothingYet();
    let since = 0;
    for (const record of records) {
      since += record.items;
      if (since > 2048) {
        await new Promise((resolve) => setImmediate(resolve));
        since = record.items;
      }
      this.#encodeRecord(record, batch, encoded);
    }
    this.#statsd.flush(batch, encoded);
    return encoded;
  }

  #encodeRecord(record: SpoolRecord, batch: bigint, encoded: Encoded): void {
    try {
      const taken = this.#take(record, batch, encoded);
      const accepted = Math.min(taken, record.items);
      encoded.accepted[record.signal] = (encoded.accepted[record.signal] ?? 0) + accepted;
      if (accepted < record.items) reject(encoded, record.signal, record.items - accepted, 'malformed item');
    } catch (error) {
      if (!(error instanceof OtlpDecodeError)) throw error;
      reject(encoded, record.signal, record.items, 'malformed record', error.message);
    }
  }

  #take(record: SpoolRecord, batch: bigint, encoded: Encoded): number {
    if (record.encoding === 'statsd') return this.#statsd.take(record, encoded);
    if (record.signal === 'traces') {
      const spans = decodeTraces(record.bytes);
      for (const span of spans) this.#spans.push(span, batch, encoded);
      return spans.length;
    }
    if (record.signal === 'logs') {
      const logs = decodeLogs(record.bytes);
      for (const log of logs) this.#logs.push(log, record.receivedAt, batch, encoded);
      return logs.length;
    }
    const points = decodeMetrics(record.bytes);
    for (const point of points) this.#points.push(point, batch, encoded);
    return points.length;
  }

  committed(): void {
    this.#versions = new Map(this.#dictionary.versions);
    this.#statsd.committed();
  }

  /** What was encoded last is not in the file: forget the numbers given out for it. */
  rolledBack(): void {
    this.#dictionary.forget(this.#versions);
    this.#spans.forget();
    this.#logs.forget();
    this.#points.forget();
    this.#statsd.rolledBack();
  }
}

function reject(encoded: Encoded, signal: Signal, count: number, reason: string, sample?: string): void {
  const same = encoded.rejected.find((entry) => entry.signal === signal && entry.reason === reason);
  if (same) same.count += count;
  else encoded.rejected.push({ signal, count, reason, ...(sample === undefined ? {} : { sample }) });
}
