/** What a rule asks about: always of a window that ends so long ago, in milliseconds. */
interface Windowed {
  window_ms: number;
  /** 0: the window ends now. */
  offset_ms: number;
}

export type MetricAggregate = 'count' | 'sum' | 'rate' | 'avg' | 'min' | 'max' | 'p50' | 'p90' | 'p95' | 'p99';

/** Numbers over a window, one for each combination of the values of `by` that occurs, or one of all where it is empty. Plain data: the app answers from telemetry, runs and ledgers. */
export type SeriesQuestion = Windowed &
  (
    | {
        of: 'metric';
        metric: string;
        aggregate: MetricAggregate;
        /** Attributes and their values. */
        where: Readonly<Record<string, string>>;
        by: readonly string[];
      }
    | {
        /** How many log records. */
        of: 'logs';
        service: string | null;
        /** This level and everything more severe. */
        level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | null;
        /** Case-insensitive substring of message or exception. */
        text: string | null;
        by: readonly string[];
      }
    | {
        /** SERVER spans of the service, counted or measured. */
        of: 'requests';
        service: string | null;
        route: string | null;
        /** `error`: 5xx, or a failure without a status; `ok`: everything else. */
        status: '2xx' | '3xx' | '4xx' | '5xx' | 'ok' | 'error' | number | null;
        /** False leaves out requests made by scenarios. */
        synthetic: boolean | null;
        aggregate: 'count' | 'p50' | 'p95' | 'p99';
        by: readonly string[];
      }
    | {
        /** Finished runs of scenarios; an empty list matches all. */
        of: 'runs';
        ids: readonly string[];
        tags: readonly string[];
        services: readonly string[];
        environments: readonly string[];
        status: 'passed' | 'failed' | null;
      }
  );

export type SignalQuestion =
  | SeriesQuestion
  /** The certificate that a host presents; `host:port`. */
  | { of: 'certificate'; target: string }
  | { of: 'heartbeat'; name: string }
  /** Of the relay's ledger; `window_ms` is the time in which losses count. */
  | { of: 'backend'; name: string; window_ms: number };

export interface SignalGroup {
  labels: Readonly<Record<string, string>>;
  /** Null: there is no data. */
  value: number | null;
  /** How many samples the value was made of; null where that is not known. */
  samples: number | null;
}

export interface SeriesAnswer {
  /** UCUM, such as `s`, `ms`, `By`, `1`; null where unknown. */
  unit: string | null;
  groups: readonly SignalGroup[];
}

export interface SignalAnswers {
  metric: SeriesAnswer;
  logs: SeriesAnswer;
  requests: SeriesAnswer;
  runs: SeriesAnswer;
  /** RFC 3339. */
  certificate: { expires_at: string; subject: string };
  /** `last_at` null: none since it is known, which is `known_since`. `failed`: the last one reported a failure. */
  heartbeat: { known_since: string; last_at: string | null; failed: boolean; message: string | null };
  /** `lost`: items that the backend refused or that were dropped for it within the window. */
  backend: { lag_ms: number; lost: number };
}

export type SignalAnswer<Q extends SignalQuestion = SignalQuestion> = SignalAnswers[Q['of']];

/**
 * Where rules get their numbers; implemented by app. Rejects when it cannot be asked at the moment, with an error whose
 * message says why; that is no data and never an alarm about the service.
 */
export interface SignalSource {
  ask<Q extends SignalQuestion>(question: Q, abort: AbortSignal): Promise<SignalAnswer<Q>>;
}
