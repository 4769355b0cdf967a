/** An incident as it is stored, sent to webhooks and returned by the HTTP API, hence snake_case. Times are RFC 3339, UTC. */

export type Priority = 'P1' | 'P2' | 'P3' | 'P4';
export type IncidentState = 'triggered' | 'acknowledged' | 'resolved';

export interface Incident {
  id: string;
  /** Stable over all notifications of this incident, at most 255 characters. */
  dedup_key: string;
  title: string;
  priority: Priority;
  service: string;
  environment: string;
  state: IncidentState;
  policy: string;
  triggered_at: string;
  acknowledged_at: string | null;
  acknowledged_by: string | null;
  resolved_at: string | null;
  /** A person's name, or null when the monitors passed again. */
  resolved_by: string | null;
  /** `<public_url>/incidents/<id>`. */
  url: string;
  /** What opened it. */
  source: 'run' | 'rule' | 'inbound';
  /** Of policy, rule and what it is about; service, environment, policy, rule, priority and monitor are among them. */
  labels: Record<string, string>;
  /** Keys of all monitors that joined, first failing one first. */
  monitors: string[];
  /** Members that fail now; the last number before it was resolved, afterwards. */
  failing_count: number;
  /** Nobody is told while this stands; null when nothing holds it. */
  held: Hold | null;
  /** Who works on it; null while nobody said so. */
  assignee: string | null;
  /** Id of the incident that a person merged it into. */
  merged_into: string | null;
  cause: Cause;
  evidence: Evidence;
  deployment: Deployment | null;
  runbook: string | null;
}

/** Why nobody is told of an open incident, by the name of the stage that says so. */
export interface Hold {
  stage: 'inhibit' | 'dependency' | 'silence' | 'maintenance' | 'quiet_hours';
  /** For people: `silenced by kim until 14:00 UTC: deploying`. */
  reason: string;
  /** When it ends by itself; null where that depends on something else. */
  until: string | null;
}

export interface Cause {
  monitor: string;
  /** Name of the scenario, for people. */
  monitor_name: string;
  step: string;
  message: string;
  expected: string | null;
  actual: string | null;
  /** First error log or exception of the failing request's trace; null until telemetry brings it. */
  server_error: string | null;
  /** Null where no run stands behind it. */
  trace_id: string | null;
  run_id: string;
  run_url: string | null;
  /** Where the alert can be looked at in the system that sent it. */
  source_url: string | null;
  /** `METHOD /path/template` of the failing request; null when none was made. */
  route: string | null;
  failing_since: string;
  attempts: number;
}

/** What telemetry adds to a cause. `null` where it did not come. */
export interface Evidence {
  /** Real (not synthetic) traffic on the failing route over the last 5 minutes. */
  real_traffic: { route: string; requests: number; errors: number } | null;
  /** Monitors of the same service and environment that passed when it began; in a notification, those that pass by then. */
  healthy_monitors: string[];
  /** The newest records behind the number of a rule, newest first; absent where it counts none, or none came. */
  log_records?: LogEvidence[];
}

/** A log record that a rule counted, without what looks like a credential. */
export interface LogEvidence {
  /** RFC 3339 with nanoseconds. */
  time: string;
  level: string;
  service: string;
  /** Of its exception, where it has one; one line, at most 500 characters. */
  message: string;
  exception_type: string | null;
  trace_id: string | null;
}

export interface Deployment {
  id: string;
  service: string;
  environment: string | null;
  version: string;
  deployed_at: string;
  /** `api`: posted; `telemetry`: a new service.version was seen. */
  source: 'api' | 'telemetry';
  description: string | null;
}

/** One line of an incident's timeline. */
export interface IncidentEvent {
  id: string;
  incident_id: string;
  at: string;
  kind:
    | 'triggered'
    | 'monitor_joined'
    | 'monitor_recovered'
    | 'evidence_added'
    | 'cause_changed'
    | 'acknowledged'
    | 'escalated'
    | 'resolved'
    | 'notified'
    | 'held'
    | 'released'
    | 'renotified'
    | 'note'
    | 'assigned'
    | 'merged'
    | 'answered'
    | 'delivery_failed';
  message: string;
  /** Who or what did it: a person, a monitor's key, a channel. */
  actor: string | null;
}

/** One attempt, or the intent, to tell one channel about one change. */
export interface DeliveryRecord {
  /** Same over all attempts of one notification. */
  delivery_id: string;
  incident_id: string;
  dedup_key: string;
  channel: string;
  event: NotificationEvent;
  status: 'pending' | 'accepted' | 'failed' | 'cancelled';
  due_at: string;
  attempts: number;
  last_attempt_at: string | null;
  last_error: string | null;
  provider_ref: string | null;
}

export type NotificationEvent =
  | 'incident.triggered'
  | 'incident.acknowledged'
  | 'incident.resolved'
  | 'incident.escalated'
  | 'incident.updated'
  | 'test';
