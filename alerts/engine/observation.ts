import type { Deployment, Evidence } from '../incident.ts';

/**
 * What the alert engine needs to know of one finished run. Plain data, so that it can be stored, replayed and written
 * in a test by hand; `app` derives it from a run result. Times are RFC 3339, UTC.
 */
export interface Observation {
  /** `id@environment`. */
  monitor: string;
  monitor_name: string;
  service: string;
  environment: string;
  run_id: string;
  run_url: string;
  trace_id: string;
  /** When the run began: an outage that it finds is at least as old. */
  started_at: string;
  /** When the run ended. */
  at: string;
  scheduled_at: string;
  /** After the run's own retries. */
  status: 'passed' | 'failed' | 'error' | 'skipped';
  degraded: boolean;
  /** The watcher could not do its part: says nothing about the service and never rings. */
  watcher_fault: string | null;
  tags: readonly string[];
  /** The scenario's own `alert.policy`. */
  policy: string | null;
  /** Shown, never rings. */
  quarantined: boolean;
  /** Keys of the monitors that it depends on: while one of them fails, a failure of this one pages nobody. */
  depends_on: readonly string[];
  runbook: string | null;
  attempts: number;
  failure: ObservedFailure | null;
  /** What is known of the cause already; the rest may be attached later. */
  evidence: Partial<Evidence> & { server_error?: string | null };
  /** The last deployment of the service. */
  deployment: Deployment | null;
}

export interface ObservedFailure {
  step: string;
  message: string;
  expected: string | null;
  actual: string | null;
  kind: 'assertion' | 'network' | 'timeout' | 'template' | 'refused_target' | 'response_limit';
  /** `METHOD /path/template`; null when no request was made. */
  route: string | null;
  status_code: number | null;
}
