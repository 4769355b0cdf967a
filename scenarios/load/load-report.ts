/** What a load test found: stored with its run and printed as JSON, hence snake_case. Lengths of time are milliseconds. */
export interface LoadReport {
  /** `k6 v1.8.1`. */
  tool: string;
  duration_ms: number;
  /** It was stopped before its phases were over. */
  stopped: boolean;
  iterations: {
    count: number;
    failed: number;
    /** Not started because no virtual user was free: the load was less than asked for. */
    dropped: number;
    rate_per_s: number;
  };
  /** Virtual users at most. */
  vus_max: number;
  requests: {
    count: number;
    /** No answer came: refused, cut, timed out. */
    unanswered: number;
    rate_per_s: number;
    duration: Percentiles | null;
  };
  thresholds: LoadThreshold[];
  /** In the order of the file. */
  steps: LoadStep[];
  /** What went wrong, each once, at most 20. Secrets are redacted. */
  messages: string[];
}

export interface Percentiles {
  p50_ms: number;
  p90_ms: number;
  p95_ms: number;
  p99_ms: number;
  max_ms: number;
}

export interface LoadThreshold {
  /** As in the file: `duration_p95`, `failed`. */
  metric: string;
  /** `less than 300 ms`. */
  expected: string;
  actual: string;
  crossed: boolean;
}

export interface LoadStep {
  name: string;
  section: 'before' | 'steps' | 'after' | 'always';
  /** How often it ran; a step that was skipped did not. */
  runs: number;
  failed: number;
  requests: number;
  /** null: it sent no request. */
  duration: Percentiles | null;
  checks: { name: string; passed: number; failed: number }[];
}
