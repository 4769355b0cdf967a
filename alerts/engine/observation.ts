import type { Deployment, Evidence, Priority } from '../incident.ts';
import type { FailingRun } from './state.ts';

/**
 * What the alert engine needs to know of one finished run, one evaluation of a rule for one set of labels, or one alert
 * of another system. Plain data, so that it can be stored, replayed and written in a test by hand; `app` derives it from a
 * run result, `alerts/rules` from a reading, `alerts/inbound` from what a log system sent. Times are RFC 3339, UTC.
 */
export interface Observation {
  source: 'run' | 'rule' | 'inbound';
  /** `id@environment`; `rule:<policy>/<rule>{label="value",…}`; `inbound:<source>/<key>`. */
  monitor: string;
  monitor_name: string;
  service: string;
  environment: string;
  /** Of a run its id; of anything else what tells this observation from the one before. */
  run_id: string;
  /** Null where no run stands behind it. */
  run_url: string | null;
  trace_id: string | null;
  /** Beside service, environment, policy, rule, priority and monitor, which are labels of every incident. */
  labels: Readonly<Record<string, string>>;
  /** Id of the rule in its policy; null for runs. */
  rule: string | null;
  /** Of a rule or another system's alert; null: the policy's. */
  priority: Priority | null;
  /** Where the alert can be looked at in the system that sent it; null for runs and rules. */
  source_url: string | null;
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
  /** Why it counts as passed where nobody said that it does: `not repeated for 5 h`. */
  recovery?: string;
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
  /** `rule` and `inbound`: `step` is empty and `message` says it all. */
  kind: 'assertion' | 'network' | 'timeout' | 'template' | 'refused_target' | 'response_limit' | 'rule' | 'inbound';
  /** `METHOD /path/template`; null when no request was made. */
  route: string | null;
  status_code: number | null;
}

/** Null where no run stands behind it. */
export function failingRun({ source, run_id, run_url }: Observation): FailingRun | null {
  return source === 'run' ? { id: run_id, url: run_url } : null;
}
