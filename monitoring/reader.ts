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
      group_by?: string;
      aggregate: Aggregate;
      interval_ms: number;
    }
  | { ask: 'metric_names' }
  | { ask: 'routes'; service?: string; route?: string; synthetic?: boolean }
  | { ask: 'versions'; service?: string };

export interface Answers {
  trace: Trace | null;
  traces: Page<TraceSummary>;
  logs: Page<LogRow>;
  metric: MetricSeries[];
  metric_names: { name: string; unit: string; type: string }[];
  routes: RouteStats[];
  versions: ServiceVersion[];
}

/** A backend's reading half. Rejects when the backend cannot be asked; an empty answer means there is nothing. */
export interface Reader {
  ask<Q extends Question>(question: Q, window: TimeRange, abort?: AbortSignal): Promise<Answers[Q['ask']]>;
}
