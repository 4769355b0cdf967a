import type { Component } from '../core/component.ts';

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

/** What became of a batch, counted in items: spans, log records, data points, StatsD lines. */
export interface Exported {
  accepted: Partial<Record<Signal, number>>;
  /** Items left out on purpose, by the backend's `filter`. */
  filtered?: Partial<Record<Signal, number>>;
  /** Permanently refused items; retrying the same bytes would fail again. */
  rejected: { signal: Signal; count: number; reason: string; sample?: unknown }[];
  /** Records to hand over again, later. */
  retry?: Batch;
  retryAfterMs?: number;
  /** Why `retry` is there. */
  error?: Error;
}

/**
 * A backend's writing half. `export` reports failures of the outside world as values and throws only on a bug.
 * One call at a time per exporter. Queue, retry and timeout live around it, in the relay.
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

/** What a folder under `monitoring/backends/` exports as `backend`. */
export interface Backend {
  type: string;
  create(settings: BackendSettings): { exporter: Exporter; reader?: import('./reader.ts').Reader };
}
