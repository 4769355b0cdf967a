import { formatDuration } from '../../core/units.ts';
import type { Cause } from '../incident.ts';
import { incidentTitle } from '../page/title.ts';
import { builtInPolicy, type Policy } from '../policies/policy.ts';
import { brokenRoutes, isTimeout, UNREACHABLE, withCause } from './cause.ts';
import type { Draft, Surroundings } from './draft.ts';
import { raisePriority, scheduleUpdate, startEscalation } from './escalation.ts';
import { healthyBeside } from './healthy.ts';
import { dedupKey, incidentId } from './keys.ts';
import type { Observation } from './observation.ts';
import type { MonitorAlert, ServiceAlert, TrackedIncident } from './state.ts';

/** A cause that opened this many incidents within the window is flapping. */
export const FLAPPING = { incidents: 3, windowMs: 3_600_000, passingForMs: 600_000 } as const;

/** Opens an incident for the monitor and rings; an unreachable service takes in what is open already. */
export function openIncident(
  draft: Draft,
  monitor: MonitorAlert,
  observation: Observation,
  cause: string,
  policy: Policy,
  around: Surroundings,
): void {
  const absorbed = cause === UNREACHABLE ? draft.openIncidents(observation) : [];
  // A monitor that moves on from its own incident fails anew: the first key is taken.
  const since = absorbed.length > 0 ? observation.scheduled_at : monitor.first_failure!.scheduled_at;
  const key = dedupKey(monitor.key, policy.id, since);
  const id = incidentId(key);
  const row: TrackedIncident = {
    incident: {
      id,
      dedup_key: key,
      title: '',
      priority: policy.priority,
      service: observation.service,
      environment: observation.environment,
      state: 'triggered',
      policy: policy.id,
      triggered_at: draft.at,
      acknowledged_at: null,
      acknowledged_by: null,
      resolved_at: null,
      resolved_by: null,
      url: `${around.publicUrl}/incidents/${id}`,
      source: observation.source,
      labels: labelsOf(observation, policy),
      monitors: [],
      failing_count: 0,
      held: null,
      assignee: null,
      merged_into: null,
      cause: describeCause(observation, monitor),
      evidence: { real_traffic: null, healthy_monitors: [], ...knownEvidence(observation) },
      deployment: observation.deployment,
      runbook: observation.runbook,
    },
    causes: [cause],
    shown_cause: cause,
    continues_as: null,
    escalation: policy.escalation,
    after_passing: policy.resolve.after_passing,
    timers: [],
    told: [],
    sequence: 1,
  };
  retitle(row, cause, observation.failure?.status_code ?? null);
  draft.add(row);
  draft.join(row, { ...monitor });
  const service = draft.service(observation);
  const recent = new Date(around.now - FLAPPING.windowMs).toISOString();
  draft.putService({
    ...service,
    open: [...service.open, id],
    opened: [...service.opened.filter(({ at }) => at > recent), { cause, at: draft.at }].slice(-50),
  });
  row.incident.evidence.healthy_monitors = healthyBeside(draft.before, row.incident);
  draft.event(row, 'triggered', row.incident.title, monitor.key);
  if (isFlapping(draft.service(observation), row.causes, around.now)) {
    const passing = formatDuration(FLAPPING.passingForMs);
    draft.event(row, 'cause_changed', `it comes and goes, so it ends only after ${passing} of passing`, null);
  }
  startEscalation(draft, row, around);
  for (const narrower of absorbed) absorb(draft, row, narrower.incident.id, around);
}

/** The monitor fails for a cause that is already told. Nobody is rung. */
export function joinIncident(
  draft: Draft,
  id: string,
  monitor: MonitorAlert,
  observation: Observation,
  cause: string,
  policy: Policy,
  around: Surroundings,
): void {
  const row = draft.edit(id);
  draft.join(row, { ...monitor });
  draft.event(
    row,
    'monitor_joined',
    `${observation.monitor_name}: ${observation.failure?.message ?? observation.status}`,
    monitor.key,
  );
  row.causes = withCause(row.causes, cause);
  if (cause === UNREACHABLE && row.shown_cause !== UNREACHABLE) {
    speakOf(draft, row, monitor, observation, cause);
  } else if (brokenRoutes(row.causes).length > 1 && row.shown_cause !== UNREACHABLE) {
    retitle(row, row.shown_cause, observation.failure?.status_code ?? null);
  }
  raisePriority(draft, id, policy, around);
  scheduleUpdate(draft, row);
}

/**
 * A member fails differently than before. The incident stays one; what it says changes with the monitor that it speaks of.
 * @param ledAway that monitor has passed meanwhile, so the incident speaks of this one from now on
 */
export function changeCause(
  draft: Draft,
  id: string,
  monitor: MonitorAlert,
  observation: Observation,
  cause: string,
  ledAway: boolean,
): void {
  const row = draft.edit(id);
  row.causes = withCause(row.causes, cause);
  if (!ledAway && row.incident.cause.monitor !== monitor.key) return;
  speakOf(draft, row, monitor, observation, cause);
  scheduleUpdate(draft, row);
}

/** The monitor no longer holds the incident open. The last one to leave resolves it. */
export function leaveIncident(draft: Draft, monitor: MonitorAlert, message: string): void {
  const id = monitor.incident_id!;
  // A later incident of the same row of failures must not get the key of this one.
  draft.putMonitor({ ...monitor, incident_id: null, first_failure: null });
  if (!draft.incident(id)) return;
  const row = draft.edit(id);
  draft.event(row, 'monitor_recovered', message, monitor.key);
  if (draft.waitingFor(row).next().done) resolveIncident(draft, row, null, 'every monitor passes again');
  else scheduleUpdate(draft, row);
}

/** Ends the incident and says so wherever it was told. */
export function resolveIncident(draft: Draft, row: TrackedIncident, by: string | null, message: string): void {
  const incident = row.incident;
  incident.state = 'resolved';
  incident.resolved_at = draft.at;
  incident.resolved_by = by;
  row.timers = [];
  const service = draft.service(incident);
  draft.putService({ ...service, open: service.open.filter((open) => open !== incident.id) });
  draft.event(row, 'resolved', message, by);
  draft.tell(row, 'incident.resolved', row.told);
}

/** True while a cause opened so many incidents lately that one passing run proves nothing. */
export function isFlapping(service: ServiceAlert | undefined, causes: readonly string[], now: number): boolean {
  const recent = new Date(now - FLAPPING.windowMs).toISOString();
  const opened = (service?.opened ?? []).filter(({ at }) => at > recent);
  return causes.some((cause) => opened.filter((one) => one.cause === cause).length >= FLAPPING.incidents);
}

function absorb(draft: Draft, wider: TrackedIncident, id: string, around: Surroundings): void {
  const narrower = draft.edit(id);
  for (const member of [...draft.waitingFor(narrower)]) draft.join(wider, { ...member });
  wider.causes = [...new Set([...wider.causes, ...narrower.causes])];
  const policy = around.policies.find((candidate) => candidate.id === narrower.incident.policy) ?? builtInPolicy;
  raisePriority(draft, wider.incident.id, policy, around);
  draft.event(wider, 'monitor_joined', `takes in: ${narrower.incident.title}`, null);
  narrower.continues_as = wider.incident.title;
  resolveIncident(draft, narrower, null, `continues as: ${wider.incident.title}`);
}

/** From now on title and page are about this failure. */
function speakOf(
  draft: Draft,
  row: TrackedIncident,
  monitor: MonitorAlert,
  observation: Observation,
  cause: string,
): void {
  row.incident.cause = { ...describeCause(observation, monitor), failing_since: row.incident.cause.failing_since };
  retitle(row, cause, observation.failure?.status_code ?? null);
  draft.event(row, 'cause_changed', row.incident.title, monitor.key);
}

function describeCause(observation: Observation, monitor: MonitorAlert): Cause {
  const failure = observation.failure;
  return {
    monitor: monitor.key,
    monitor_name: observation.monitor_name,
    step: failure?.step ?? '',
    message: failure?.message ?? observation.status,
    expected: failure?.expected ?? null,
    actual: failure?.actual ?? null,
    server_error: observation.evidence.server_error ?? null,
    trace_id: observation.trace_id,
    run_id: observation.run_id,
    run_url: observation.run_url,
    source_url: observation.source_url,
    route: failure?.route ?? null,
    failing_since: monitor.first_failure!.at,
    attempts: observation.attempts,
  };
}

/** What silences, routes and inhibition match. */
function labelsOf(observation: Observation, policy: Policy): Record<string, string> {
  return {
    ...policy.labels,
    ...observation.labels,
    service: observation.service,
    environment: observation.environment,
    policy: policy.id,
    priority: observation.priority ?? policy.priority,
    monitor: observation.monitor,
    ...(observation.rule === null ? {} : { rule: observation.rule }),
  };
}

function knownEvidence(observation: Observation) {
  return observation.evidence.real_traffic ? { real_traffic: observation.evidence.real_traffic } : {};
}

function retitle(row: TrackedIncident, cause: string, statusCode: number | null): void {
  const { service, cause: described } = row.incident;
  row.shown_cause = cause;
  row.incident.title = incidentTitle({
    service,
    monitor_name: described.monitor_name,
    step: described.step,
    route: described.route,
    failing_routes: brokenRoutes(row.causes),
    unreachable: cause === UNREACHABLE,
    timed_out: isTimeout(cause),
    status_code: statusCode,
  });
}
