import { RingdownError } from '../core/errors.ts';
import type { GroupBy } from './group-by.ts';
import type { LogRow, MetricSeries, Page, RouteStats, ServiceVersion, Trace, TraceSummary } from './telemetry.ts';

/** Half-open: from ≤ t < to. Unix milliseconds. */
export interface TimeRange {
  from: number;
  to: number;
}

export type Aggregate = 'count' | 'sum' | 'rate' | 'avg' | 'min' | 'max' | 'p50' | 'p90' | 'p95' | 'p99';

/** What operators ask of telemetry. `synthetic: false` leaves out requests made by scenarios, `true` keeps only them. */
export type Question =
  | { ask: 'trace'; trace_id: string }
  | {
      ask: 'traces';
      order: 'latest' | 'slowest';
      service?: string;
      route?: string;
      min_duration_ms?: number;
      errors_only?: boolean;
      synthetic?: boolean;
      limit: number;
      cursor?: string;
    }
  | {
      ask: 'logs';
      trace_id?: string;
      span_id?: string;
      service?: string;
      /** This level and everything more severe. */
      level?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
      /** Case-insensitive substring of message or exception. */
      text?: string;
      limit: number;
      cursor?: string;
    }
  | {
      ask: 'metric';
      name: string;
      attributes?: Record<string, string>;
      /** One group of all when absent. */
      group_by?: GroupBy;
      aggregate: Aggregate;
      /** One interval of the whole window when absent. */
      interval_ms?: number;
    }
  | { ask: 'metric_names' }
  | { ask: 'routes'; service?: string; route?: string; synthetic?: boolean }
  | { ask: 'versions'; service?: string }
  | {
      /** SERVER spans, counted or measured: the error rate, p95 per route per minute, requests per client, distinct users. */
      ask: 'requests';
      measure: 'count' | 'error_rate' | 'p50' | 'p95' | 'p99' | 'distinct';
      /** Of `distinct`: the span attribute whose values are counted. */
      attribute?: string;
      /** Span attributes such as `http.route` or `client.address`; one group of all when absent. */
      group_by?: GroupBy;
      /** One interval of the whole window when absent. */
      interval_ms?: number;
      service?: string;
      /** `http.route`, whole. */
      route?: string;
      status?: RequestStatus;
      synthetic?: boolean;
      /** Of groups, those with the most requests. */
      limit: number;
    }
  | {
      /** How many log records there are. */
      ask: 'log_counts';
      service?: string;
      /** This level and everything more severe. */
      level?: LogRow['level'];
      /** Case-insensitive substring of message or exception. */
      text?: string;
      /** Attributes of the record or its resource, or `log.level`; one group of all when absent. */
      group_by?: GroupBy;
      /** One interval of the whole window when absent. */
      interval_ms?: number;
      /** Of groups, those with the most records. */
      limit: number;
    };

/** A class of answers, one status, what counts as an error (5xx; without a status, a span that failed), or all but errors. */
export type RequestStatus = '2xx' | '3xx' | '4xx' | '5xx' | 'ok' | 'error' | number;

/** One group of log records. */
export interface LogCounts {
  /** Its name (see group-by.ts): the value of the attribute grouped by; null where there is none, or nothing was grouped by. */
  group: string | null;
  /** [Unix milliseconds of the interval's start, records]. */
  points: [number, number][];
}

/** One group of SERVER spans. Milliseconds for percentiles, 0 to 1 for `error_rate` (answers of 5xx). */
export interface RequestSeries {
  /** Its name (see group-by.ts): the value of the attribute grouped by; null where there is none, or nothing was grouped by. */
  group: string | null;
  /** [Unix milliseconds of the interval's start, value or null where there were no requests]. */
  points: [number, number | null][];
}

export interface Answers {
  trace: Trace | null;
  traces: Page<TraceSummary>;
  logs: Page<LogRow>;
  metric: MetricSeries[];
  metric_names: { name: string; unit: string; type: string }[];
  routes: RouteStats[];
  versions: ServiceVersion[];
  requests: RequestSeries[];
  log_counts: LogCounts[];
}

/** Why a backend has no answer to a question, however often it is asked. */
export class CannotAnswer extends RingdownError {
  constructor(reason: string) {
    super('CANNOT_ANSWER', reason);
  }
}

/**
 * A backend's reading half. Rejects when the backend cannot be asked, with CannotAnswer where it never could; an empty
 * answer means there is nothing.
 */
export interface Reader {
  ask<Q extends Question>(question: Q, window: TimeRange, abort?: AbortSignal): Promise<Answers[Q['ask']]>;
}
