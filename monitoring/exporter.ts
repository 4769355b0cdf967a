import type { Component } from '../core/component.ts';
import type { Reader } from './reader.ts';

export type Signal = 'traces' | 'metrics' | 'logs';

/** A place in the spool: grows with every record, survives restarts, never reused. */
export type SpoolPosition = number;

/**
 * One accepted payload as it lies in the spool. `otlp` bytes are an ExportTraceServiceRequest,
 * ExportMetricsServiceRequest or ExportLogsServiceRequest in protobuf, uncompressed (JSON bodies are transcoded on
 * receipt). `statsd` bytes are newline-separated StatsD/DogStatsD lines; their signal is `metrics`.
 */
export interface SpoolRecord {
  position: SpoolPosition;
  signal: Signal;
  encoding: 'otlp' | 'statsd';
  /** Spans, data points, log records or StatsD lines inside. */
  items: number;
  /** Unix milliseconds. */
  receivedAt: number;
  bytes: Uint8Array;
}

/** Consecutive records of the spool, handed to one backend. The exporter must not change or keep the bytes. */
export interface Batch {
  records: SpoolRecord[];
  /** Position after the last record: where the backend's cursor goes once the batch is settled. */
  end: SpoolPosition;
}

export interface Rejection {
  signal: Signal;
  count: number;
  /** The destination's words, without what differs from item to item: equal reasons are counted together. */
  reason: string;
  sample?: unknown;
  /** Position of the record that holds the items; the relay keeps it as a dead letter. */
  position?: SpoolPosition;
}

/** What became of a batch, counted in items: spans, log records, data points, StatsD lines. */
export interface Exported {
  accepted: Partial<Record<Signal, number>>;
  /** Items left out on purpose, by the backend's `filter`. */
  filtered?: Partial<Record<Signal, number>>;
  /** Permanently refused items; retrying the same bytes would fail again. */
  rejected: Rejection[];
  /** Records to hand over again, later: whole ones, so that a record is settled by one call and its ids stay the same. */
  retry?: Batch;
  retryAfterMs?: number;
  /** Why `retry` is there. */
  error?: Error;
}

/**
 * A backend's writing half. `export` reports failures of the outside world as values and throws only on a bug.
 * As many calls at a time as `queue.concurrency` of its settings says, 1 when absent. Queue, retry, timeout, circuit
 * breaker, filter and dead letters live around it, in the relay. The same record may come again after a crash or a lost
 * answer, and as a dead letter that is replayed: its ids must come out the same.
 */
export interface Exporter extends Component {
  export(batch: Batch, abort: AbortSignal): Promise<Exported>;
  /**
   * A backend that commits the cursor together with the data says here how far it got, after `start`;
   * the relay then resumes from there instead of from its own cursor file, so that a crash makes no duplicate.
   */
  committed?(): SpoolPosition | undefined;
}

/** Settings of one backend, from `backends:` in ringdown.yaml; `dataDir` is a folder of its own. */
export interface BackendSettings {
  name: string;
  type: string;
  dataDir: string;
  [key: string]: unknown;
}

/**
 * What the index of a folder under `monitoring/backends/` exports as `backend`. The folder's `config.ts` exports `schema`,
 * the shape of its entry in ringdown.yaml, and loads nothing heavy: every command reads it.
 */
export interface Backend {
  type: string;
  create(settings: BackendSettings): { exporter: Exporter; reader?: Reader };
  /**
   * Makes what the destination needs before data comes: templates, databases, retention. Idempotent; the exporter's
   * `start` does the same.
   * @returns one line for each thing that was made or found as it should be
   */
  provision?(settings: BackendSettings, abort: AbortSignal): Promise<string[]>;
}
