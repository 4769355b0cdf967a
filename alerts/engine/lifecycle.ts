import { formatDuration } from '../../core/units.ts';
import type { Cause } from '../incident.ts';
import { incidentTitle } from '../page/title.ts';
import { builtInPolicy, type Policy } from '../policies/policy.ts';
import { brokenRoutes, isTimeout, UNREACHABLE, withCause } from './cause.ts';
import { raisePriority, reconsider } from './chain.ts';
import type { Draft, Surroundings } from './draft.ts';
import { scheduleUpdate } from './escalation.ts';
import { healthyBeside } from './healthy.ts';
import { dedupKey, incidentId } from './keys.ts';
import { failingRun, type Observation } from './observation.ts';
import { escalationFor } from './stages/escalate.ts';
import type { MonitorAlert, ServiceAlert, TrackedIncident } from './state.ts';

/** A cause that opened this many incidents within the window is flapping. */
export const FLAPPING = { incidents: 3, windowMs: 3_600_000, passingForMs: 600_000 } as const;

/** Opens an incident for the monitor, which rings unless something holds it; an unreachable service takes in what is open already. */
export function openIncident(
  draft: Draft,
  monitor: MonitorAlert,
  observation: Observation,
  cause: string,
  policy: Policy,
  around: Surroundings,
): void {
  const absorbed = cause === UNREACHABLE ? oldestFirst([...draft.openIncidents(observation, ['source run'])]) : [];
  // A monitor that moves on from its own incident fails anew: the first key is taken.
  const since = absorbed.length > 0 ? observation.scheduled_at : monitor.first_failure!.scheduled_at;
  let key = dedupKey(monitor.key, policy.id, since);
  // What another system sends again, or a clock that was set back, must not open what is over.
  if (key === monitor.last_key) key = dedupKey(monitor.key, policy.id, `${since} ${draft.at}`);
  const id = incidentId(key);
  const labels = labelsOf(observation, policy);
  const row: TrackedIncident = {
    incident: {
      id,
      dedup_key: key,
      title: '',
      priority: observation.priority ?? policy.priority,
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
      labels,
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
    // A monitor that moves on from another incident began to fail for something else.
    first_run: monitor.incident_id === null ? (monitor.first_failure?.run ?? null) : failingRun(observation),
    causes: [cause],
    shown_cause: cause,
    continues_as: null,
    escalation: escalationFor(policy, labels),
    escalation_loop: policy.escalation_loop,
    renotify: policy.renotify,
    quiet_hours: policy.quiet_hours,
    after_passing: policy.resolve.after_passing,
    timers: [],
    told: [],
    messages: {},
    started: false,
    reached: -1,
    forced: [],
    paused: null,
    inhibited_by: null,
    released: null,
    words: [],
    said: 0,
    sequence: 1,
  };
  draft.add(row);
  draft.join(row, { ...monitor, last_key: key });
  retitle(row, cause, observation.failure?.status_code ?? null);
  const service = draft.service(observation);
  const recent = new Date(around.now - FLAPPING.windowMs).toISOString();
  draft.putService({
    key: service.key,
    opened: [...service.opened.filter(({ at }) => at > recent), { cause, at: draft.at }].slice(-50),
  });
  row.incident.evidence.healthy_monitors = healthyBeside(draft.before, row.incident);
  draft.event(row, 'triggered', row.incident.title, monitor.key);
  draft.say(row, 'evaluate', 'passed', confirmed(monitor, observation, policy));
  draft.say(row, 'group', 'passed', `the first open incident of its cause: ${cause}`);
  if (isFlapping(draft.service(observation), row.causes, around.now)) {
    const passing = formatDuration(FLAPPING.passingForMs);
    draft.event(row, 'cause_changed', `it comes and goes, so it ends only after ${passing} of passing`, null);
  }
  reconsider(draft, id, around);
  // One that nobody is told of must not end those that somebody was.
  if (!row.incident.held) for (const narrower of absorbed) absorb(draft, row, narrower.incident.id, null, around);
  // But for the one that the monitor was the last to wait for, be it of another service: nothing could end it any more.
  const former = monitor.incident_id === null ? undefined : draft.incident(monitor.incident_id);
  if (!former || former.incident.state === 'resolved' || !draft.waitingFor(former).next().done) return;
  absorb(draft, row, former.incident.id, null, around);
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
  draft.say(row, 'group', 'passed', `failures of the same cause join it: ${cause}`);
  row.causes = withCause(row.causes, cause);
  if (row.incident.source !== 'run') {
    retitle(row, row.shown_cause, null);
  } else if (cause === UNREACHABLE && row.shown_cause !== UNREACHABLE) {
    speakOf(draft, row, monitor, observation, cause);
  } else if (brokenRoutes(row.causes).length > 1 && row.shown_cause !== UNREACHABLE) {
    retitle(row, row.shown_cause, observation.failure?.status_code ?? null);
  }
  raisePriority(draft, id, policy, observation.priority ?? policy.priority, around);
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

/**
 * A rule, or another system, goes on and says something new of the same: a value. Whoever is told next, or looks, hears what
 * is so now. Nobody is told because of it.
 */
export function restate(draft: Draft, own: TrackedIncident, monitor: MonitorAlert, { failure }: Observation): void {
  const { cause, id } = own.incident;
  if (!failure || cause.monitor !== monitor.key) return;
  const { message, expected, actual } = failure;
  if (message === cause.message && expected === cause.expected && actual === cause.actual) return;
  const row = draft.edit(id);
  row.incident.cause = { ...row.incident.cause, message, expected, actual };
  retitle(row, row.shown_cause, null);
}

/** The monitor no longer holds the incident open. The last one to leave resolves it. */
export function leaveIncident(draft: Draft, monitor: MonitorAlert, message: string): void {
  const id = monitor.incident_id!;
  // A later incident of the same row of failures must not get the key of this one.
  draft.putMonitor({ ...monitor, incident_id: null, first_failure: null });
  if (!draft.incident(id)) return;
  const row = draft.edit(id);
  draft.event(row, 'monitor_recovered', message, monitor.key);
  if (draft.waitingFor(row).next().done) {
    resolveIncident(draft, row, null, 'every monitor passes again');
    return;
  }
  if (row.incident.source !== 'run') retitle(row, row.shown_cause, null);
  scheduleUpdate(draft, row);
}

/** Another system, and a rule, say once that it is over; runs are counted. */
export function passedOftenEnough(monitor: MonitorAlert, row: TrackedIncident): boolean {
  return monitor.consecutive_passes >= (monitor.source === 'run' ? row.after_passing : 1);
}

/** Members that came and went, and have passed long enough by now, leave. */
export function letCalmOnesGo(draft: Draft, row: TrackedIncident): void {
  const waits: number[] = [];
  for (const monitor of [...draft.waitingFor(row)]) {
    if (monitor.passing_since === null || !passedOftenEnough(monitor, row)) continue;
    const calmAt = Date.parse(monitor.passing_since) + FLAPPING.passingForMs;
    if (calmAt <= draft.now) leaveIncident(draft, monitor, `${monitor.name} passes again`);
    else waits.push(calmAt);
  }
  if (waits.length > 0 && row.incident.state !== 'resolved') {
    draft.schedule(row, { kind: 'calm', due_at: new Date(Math.min(...waits)).toISOString() });
  }
}

/** Ends the incident and says so wherever it was told. */
export function resolveIncident(draft: Draft, row: TrackedIncident, by: string | null, message: string): void {
  const incident = row.incident;
  incident.state = 'resolved';
  incident.resolved_at = draft.at;
  incident.resolved_by = by;
  incident.held = null;
  // The members have let go by now: it keeps the number that failed before.
  incident.failing_count ||= draft.before.incidents.get(incident.id)?.incident.failing_count || 1;
  row.timers = [];
  row.paused = null;
  row.inhibited_by = null;
  draft.event(row, 'resolved', message, by);
  draft.tell(row, 'incident.resolved', row.told);
}

/** True while a cause opened so many incidents lately that one passing run proves nothing. */
export function isFlapping(service: ServiceAlert | undefined, causes: readonly string[], now: number): boolean {
  const recent = new Date(now - FLAPPING.windowMs).toISOString();
  const opened = (service?.opened ?? []).filter(({ at }) => at > recent);
  return causes.some((cause) => opened.filter((one) => one.cause === cause).length >= FLAPPING.incidents);
}

/**
 * Moves what one incident waits for into another, and ends it.
 * @param by who wanted it; null where the wider one stands for both
 */
export function absorb(
  draft: Draft,
  wider: TrackedIncident,
  id: string,
  by: string | null,
  around: Surroundings,
): void {
  const narrower = draft.edit(id);
  for (const key of narrower.incident.monitors) {
    const member = draft.monitor(key);
    if (member?.incident_id === id) draft.join(wider, { ...member });
  }
  wider.causes = narrower.causes.reduce(withCause, wider.causes);
  if (wider.incident.source !== 'run') retitle(wider, wider.shown_cause, null);
  const { priority, policy } = narrower.incident;
  raisePriority(draft, wider.incident.id, policyOf(narrower, around), priority, around);
  if (by === null) draft.event(wider, 'monitor_joined', `takes in: ${narrower.incident.title}`, null);
  else draft.event(wider, 'merged', `${by} merged into it: ${narrower.incident.title}`, by);
  draft.say(wider, 'group', 'passed', `takes in an incident of policy "${policy}": ${narrower.incident.title}`);
  narrower.continues_as = wider.incident.title;
  narrower.incident.merged_into = wider.incident.id;
  const message = `continues as: ${wider.incident.title}`;
  if (by !== null) draft.event(narrower, 'merged', `merged by ${by} into ${wider.incident.id}`, by);
  resolveIncident(draft, narrower, by, message);
}

/** The policy of an incident as it is now; one that was removed leaves what the incident was opened with. */
export function policyOf(row: TrackedIncident, around: Surroundings): Policy {
  const { policy, priority } = row.incident;
  const { escalation, escalation_loop, renotify, quiet_hours } = row;
  return (
    around.policies.find(({ id }) => id === policy) ?? {
      ...builtInPolicy,
      id: policy,
      priority,
      escalation,
      escalation_loop,
      renotify,
      quiet_hours,
    }
  );
}

function confirmed(monitor: MonitorAlert, observation: Observation, policy: Policy): string {
  const priority = observation.priority ?? policy.priority;
  if (observation.source === 'rule') return `rule ${observation.rule} of policy "${policy.id}" fires, ${priority}`;
  if (observation.source === 'inbound') return `another system says so: policy "${policy.id}", ${priority}`;
  const { consecutive_failures: count } = monitor;
  const runs = count === 1 ? 'its last run' : `${count} runs in a row`;
  return `${monitor.key} failed in ${runs}, which is enough for policy "${policy.id}", ${priority}`;
}

function oldestFirst(rows: TrackedIncident[]): TrackedIncident[] {
  return rows.sort((a, b) => (isOlder(a, b) ? -1 : 1));
}

/** The same order after a restart. */
export function isOlder({ incident: a }: TrackedIncident, { incident: b }: TrackedIncident): boolean {
  return a.triggered_at === b.triggered_at ? a.id < b.id : a.triggered_at < b.triggered_at;
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
  const { log_records: _ofBefore, ...evidence } = row.incident.evidence;
  row.incident.evidence = evidence;
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
  // Where a run was made says nothing about an incident, which all locations share.
  const { location: _location, ...labels } = observation.labels;
  return {
    ...policy.labels,
    ...(observation.source === 'run' ? labels : observation.labels),
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
  const { service, source, cause: described, monitors, failing_count } = row.incident;
  row.shown_cause = cause;
  if (source !== 'run') {
    row.incident.title = incidentTitle({ service, summary: described.message, monitors, failing_count });
    return;
  }
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
