import { toError } from '../../../../core/errors.ts';
import { logGroupOf } from '../../../aws/log-group.ts';
import type { Rejection, SpoolRecord } from '../../../exporter.ts';
import { decodeLogs, decodeMetrics, decodeTraces, OtlpDecodeError } from '../../../otlp/index.ts';
import { GaugeState } from '../../../statsd/gauge-state.ts';
import type { CloudwatchConfig } from '../config.ts';
import type { MetricCatalog } from '../metric-catalog.ts';
import { type LogEvent, MAX_EVENT_BYTES, sizeOf } from './event.ts';
import { logDocument } from './logs.ts';
import type { Unmeasured } from './measured.ts';
import { DimensionGuard } from './metric-directive.ts';
import { memberName, metricDocuments } from './metrics.ts';
import { measurePoints } from './points.ts';
import { RunningTotals } from './running-totals.ts';
import { type Document, REQUEST_DURATION, REQUEST_ERRORS, spanDocument } from './spans.ts';
import { measureStatsd } from './statsd.ts';

/** A record as log events, and what of it no event carries. */
export interface EncodedRecord {
  record: SpoolRecord;
  events: LogEvent[];
  /** Items that need no event. */
  accepted: number;
  filtered: number;
  rejected: Rejection[];
}

/** More services than these share groups, so that names in the data cannot make log groups without end. */
const MOST_GROUPS = 500;
const STREAMS = { traces: 'traces', metrics: 'metrics', logs: 'logs' } as const;

export class Encoder {
  readonly #config: CloudwatchConfig;
  readonly #catalog: MetricCatalog;
  readonly #guard: DimensionGuard;
  readonly #totals: RunningTotals;
  readonly #gauges = new GaugeState();
  readonly #groups = new Set<string>();

  /** @param nowMs when watching begins */
  constructor(config: CloudwatchConfig, catalog: MetricCatalog, nowMs: number) {
    this.#config = config;
    this.#catalog = catalog;
    this.#guard = new DimensionGuard(config);
    this.#totals = new RunningTotals(BigInt(Math.floor(nowMs)) * 1_000_000n);
  }

  encode(record: SpoolRecord): EncodedRecord {
    const encoded: EncodedRecord = {
      record,
      events: [],
      accepted: 0,
      filtered: 0,
      rejected: [],
    };
    try {
      if (record.encoding === 'statsd') this.#statsd(record, encoded);
      else if (record.signal === 'traces') this.#spans(record, encoded);
      else if (record.signal === 'logs') this.#logs(record, encoded);
      else this.#points(record, encoded);
    } catch (error) {
      if (!(error instanceof OtlpDecodeError)) throw error;
      return {
        ...encoded,
        events: [],
        accepted: 0,
        filtered: 0,
        rejected: [reject(record, record.items, unreadable(error))],
      };
    }
    return encoded;
  }

  #spans(record: SpoolRecord, encoded: EncodedRecord): void {
    this.#catalog.learn(REQUEST_DURATION, 'ms', 'histogram');
    this.#catalog.learn(REQUEST_ERRORS, '', 'counter');
    decodeTraces(record.bytes).forEach((span, index) => {
      this.#push(encoded, { ...spanDocument(span, this.#guard), items: 1 }, index);
    });
  }

  #logs(record: SpoolRecord, encoded: EncodedRecord): void {
    decodeLogs(record.bytes).forEach((log, index) => {
      const document = logDocument(log, `${record.position}.${index}`, record.receivedAt);
      this.#push(encoded, { ...document, items: 1 }, index);
    });
  }

  #points(record: SpoolRecord, encoded: EncodedRecord): void {
    const totals = this.#totals.of(record.position);
    const { measured, unmeasured } = measurePoints(decodeMetrics(record.bytes), totals, record.receivedAt);
    this.#metrics(encoded, measured, unmeasured);
  }

  #statsd(record: SpoolRecord, encoded: EncodedRecord): void {
    const { measured, unmeasured } = measureStatsd(record, this.#gauges);
    this.#metrics(encoded, measured, unmeasured);
  }

  #metrics(encoded: EncodedRecord, measured: Parameters<typeof metricDocuments>[0], unmeasured: Unmeasured): void {
    const { record } = encoded;
    encoded.accepted += unmeasured.accepted;
    encoded.filtered += unmeasured.filtered;
    for (const { count, reason } of unmeasured.rejected) encoded.rejected.push(reject(record, count, reason));
    for (const { name, unit, type } of measured) this.#catalog.learn(memberName(name), unit, type);
    metricDocuments(measured, record.position, this.#guard).forEach((document, index) => {
      this.#push(encoded, document, index);
    });
  }

  #push(encoded: EncodedRecord, document: Document & { items: number }, index: number): void {
    const { record } = encoded;
    const { origin, timestampMs, message, items } = document;
    const sizeBytes = sizeOf(message);
    if (sizeBytes > MAX_EVENT_BYTES) {
      encoded.rejected.push(
        reject(record, items, 'larger than 1 MiB, the most that CloudWatch Logs takes of one event'),
      );
      return;
    }
    const group = this.#groupOf(origin.service, origin.environment);
    encoded.events.push({
      group,
      stream: STREAMS[record.signal],
      timestampMs,
      message,
      sizeBytes,
      record,
      index,
      items,
    });
  }

  #groupOf(service: string, environment: string): string {
    const { logGroup } = this.#config;
    const group = logGroupOf(logGroup, service, environment);
    if (!this.#groups.has(group) && this.#groups.size >= MOST_GROUPS) return logGroupOf(logGroup, '_others', '_others');
    this.#groups.add(group);
    return group;
  }
}

export function reject({ signal, position }: SpoolRecord, count: number, reason: string): Rejection {
  return { signal, count, reason, position };
}

function unreadable(error: unknown): string {
  return `not OTLP: ${toError(error).message.replace(/ at byte \d+$/, '')}`;
}
