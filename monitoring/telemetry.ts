/**
 * Telemetry as it is shown: the shapes that the HTTP API returns, hence snake_case.
 * Times are RFC 3339 with nanoseconds, UTC; ids are lower-case hex; attribute names are OpenTelemetry's.
 */

export type AttributeValue = string | number | boolean | null | AttributeValue[] | { [key: string]: AttributeValue };
export type Attributes = Record<string, AttributeValue>;

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface SpanRow {
  trace_id: string;
  span_id: string;
  parent_span_id: string | null;
  name: string;
  kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  service: string;
  service_version: string | null;
  start_time: string;
  duration_ms: number;
  status: 'unset' | 'ok' | 'error';
  status_message: string | null;
  attributes: Attributes;
  resource: Attributes;
  events: { time: string; name: string; attributes: Attributes }[];
}

export interface LogRow {
  time: string;
  level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  message: string;
  service: string;
  trace_id: string | null;
  span_id: string | null;
  exception: { type: string | null; message: string | null; stacktrace: string | null } | null;
  attributes: Attributes;
}

export interface Trace {
  trace_id: string;
  /** Ordered by start time. */
  spans: SpanRow[];
  /** Ordered by time. */
  logs: LogRow[];
}

/** One line of the list of traces: its first SERVER span, or its root. */
export interface TraceSummary {
  trace_id: string;
  service: string;
  name: string;
  route: string | null;
  status_code: number | null;
  error: boolean;
  synthetic: boolean;
  start_time: string;
  duration_ms: number;
}

export interface MetricSeries {
  name: string;
  unit: string;
  attributes: Record<string, string>;
  /** [Unix milliseconds of the interval's start, value or null where nothing was recorded]. */
  points: [number, number | null][];
}

export interface RouteStats {
  service: string;
  method: string;
  route: string;
  count: number;
  /** Answers of 5xx. */
  errors: number;
  p50_ms: number;
  p95_ms: number;
  p99_ms: number;
}

export interface ServiceVersion {
  service: string;
  version: string;
  first_seen: string;
}

/** One line of the ledger. received = delivered + pending + rejected + dropped + filtered, in items. */
export interface LedgerRow {
  backend: string;
  type: string;
  signal: 'traces' | 'metrics' | 'logs';
  received: number;
  delivered: number;
  pending: number;
  rejected: number;
  dropped: number;
  filtered: number;
}

export interface BackendStatus {
  name: string;
  type: string;
  healthy: boolean;
  /** `open`: it failed so often that nothing is sent until `retry_at`; `half_open`: one batch is tried. */
  circuit: 'closed' | 'open' | 'half_open';
  /** RFC 3339; null where nothing waits for another try. */
  retry_at: string | null;
  last_error: string | null;
  /** Age of the oldest record that is not delivered yet, in seconds; 0 when none. */
  lag_seconds: number;
  pending_bytes: number;
  /** Of settled records, as they lay in the spool, since the relay started. */
  delivered_bytes: number;
  /** Refused for good and kept on disk, to be looked at and replayed. */
  dead_letters: { records: number; bytes: number };
  ledger: LedgerRow[];
  /** Most frequent first. */
  rejections: { reason: string; count: number }[];
}

/** Records that a backend refused for good, with the reason: one line of `ringdown backends dead-letters`. */
export interface DeadLetter {
  id: string;
  backend: string;
  signal: 'traces' | 'metrics' | 'logs';
  /** RFC 3339. */
  rejected_at: string;
  reason: string;
  /** Refused items; the record may hold others that were taken. */
  count: number;
  bytes: number;
}

/** What the receivers counted, apart from the backends. */
export interface ReceiverStatus {
  otlp_requests: number;
  otlp_refused: number;
  statsd_packets: number;
  /** Over TCP and unix socket, since the relay started. */
  statsd_connections?: number;
  statsd_malformed: number;
  /** Well-formed StatsD lines that could not be written to the spool. */
  statsd_lost?: number;
  /** Datagrams that the kernel dropped because the socket's buffer was full, where the system tells. */
  statsd_socket_drops: number | null;
  /** Items whose tags were replaced by `otel.metric.overflow`, because their metric has too many sets of them. */
  overflowed?: number;
  /** The ten metrics with most of these, of those seen within the last hours. */
  overflowing?: { metric: string; items: number }[];
  spool_bytes: number;
}
