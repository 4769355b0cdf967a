import type { MonitorAlert, TrackedIncident } from '../../alerts/engine/state.ts';
import type { Incident } from '../../alerts/incident.ts';

type Older<Row> = Partial<Row>;

/** A monitor as an earlier version wrote it. */
export function completeMonitor(row: Older<MonitorAlert>): MonitorAlert {
  const failures = Math.min(row.consecutive_failures ?? 0, 100);
  const seen = failures === 0 ? {} : { '': { at: row.since!, failures: Array.from({ length: failures }, () => 1) } };
  return {
    source: 'run',
    depends_on: [],
    locations: seen,
    last_key: null,
    last_started_at: '',
    ...row,
    first_failure: row.first_failure ? { ...row.first_failure, run: row.first_failure.run ?? null } : null,
  } as MonitorAlert;
}

/** An incident as an earlier version wrote it: it had begun to ring, and nothing could hold it. */
export function completeIncident(row: Older<TrackedIncident>): TrackedIncident {
  const { incident } = row as { incident: Older<Incident> };
  return {
    first_run: null,
    escalation_loop: null,
    renotify: null,
    quiet_hours: [],
    messages: {},
    started: true,
    reached: 0,
    forced: [],
    paused: null,
    inhibited_by: null,
    released: null,
    words: [],
    said: 0,
    ...row,
    incident: {
      source: 'run',
      labels: {
        service: incident.service,
        environment: incident.environment,
        policy: incident.policy,
        priority: incident.priority,
        monitor: incident.cause?.monitor,
      },
      failing_count: 1,
      held: null,
      assignee: null,
      merged_into: null,
      ...incident,
    },
  } as TrackedIncident;
}
