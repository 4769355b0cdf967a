import { builtInPolicy } from '../policies/policy.ts';
import { brokenRoute, causeKey, isTimeout, SPREAD_WINDOW_MS, UNREACHABLE } from './cause.ts';
import { Draft, type Surroundings } from './draft.ts';
import { raisePriority } from './escalation.ts';
import { changeCause, FLAPPING, isFlapping, joinIncident, leaveIncident, openIncident } from './lifecycle.ts';
import { confirmingPolicy } from './match.ts';
import type { Observation } from './observation.ts';
import type { AlertChange, AlertState, MonitorAlert, MonitorState, TrackedIncident } from './state.ts';

/**
 * What a finished run changes. Pure: the state is not touched, the same arguments give the same change, and seeing a
 * run a second time changes nothing.
 */
export function decide(state: AlertState, observation: Observation, around: Surroundings): AlertChange {
  const draft = new Draft(state, around);
  const known = state.monitors.get(observation.monitor);
  if (observation.status === 'skipped' || known?.last_run_id === observation.run_id) return draft.change;
  const monitor: MonitorAlert = {
    ...(known ?? unseen(observation)),
    name: observation.monitor_name,
    last_run_id: observation.run_id,
  };
  if (monitor.incident_id && !draft.incident(monitor.incident_id)) monitor.incident_id = null;
  // The watcher's own trouble says nothing about the service, good or bad.
  if (observation.watcher_fault !== null) enter(monitor, 'no_data', observation.at);
  else if (observation.status === 'passed') observePass(draft, monitor, observation, around);
  else observeFailure(draft, monitor, observation, around);
  if (!draft.change.monitors.has(monitor.key) && (!known || changed(known, monitor))) draft.putMonitor(monitor);
  return draft.change;
}

function observePass(draft: Draft, monitor: MonitorAlert, observation: Observation, around: Surroundings): void {
  enter(monitor, observation.degraded ? 'degraded' : 'passing', observation.at);
  monitor.consecutive_failures = 0;
  monitor.consecutive_passes++;
  monitor.passing_since ??= observation.at;
  monitor.first_failure = null;
  monitor.cause = null;
  monitor.held_cause = null;
  const row = monitor.incident_id ? draft.incident(monitor.incident_id) : undefined;
  if (!row) return;
  const longEnough =
    !isFlapping(draft.service(observation), row.causes, around.now) ||
    around.now - Date.parse(monitor.passing_since) >= FLAPPING.passingForMs;
  if (monitor.consecutive_passes >= row.after_passing && longEnough) {
    leaveIncident(draft, monitor, `${monitor.name} passes again`);
  }
}

function observeFailure(draft: Draft, monitor: MonitorAlert, observation: Observation, around: Surroundings): void {
  const cause = causeKey(observation);
  const before = monitor.cause;
  enter(monitor, 'failing', observation.at);
  monitor.consecutive_failures++;
  monitor.consecutive_passes = 0;
  monitor.passing_since = null;
  monitor.first_failure ??= { at: observation.started_at, scheduled_at: observation.scheduled_at };
  monitor.cause = cause;
  const own = monitor.incident_id ? draft.incident(monitor.incident_id) : undefined;
  if (observation.quarantined) {
    if (own) leaveIncident(draft, monitor, `${monitor.name} is in quarantine`);
    return;
  }
  const policy = confirmingPolicy(around.policies, observation, monitor.consecutive_failures);
  const held = observation.depends_on.some((key) => draft.monitor(key)?.state === 'failing');
  if (own) {
    if (cause === UNREACHABLE && !held && !belongs(own, cause, around)) {
      openIncident(draft, monitor, observation, cause, policy ?? policyOf(own, around), around);
      return;
    }
    const told = draft.monitor(own.incident.cause.monitor);
    const ledAway = told?.incident_id !== own.incident.id;
    if (ledAway || (cause !== before && before !== null)) {
      changeCause(draft, own.incident.id, monitor, observation, cause, ledAway);
    }
    if (policy) raisePriority(draft, own.incident.id, policy, around);
    return;
  }
  if (!policy || held || monitor.held_cause === cause) return;
  const open = draft.openIncidents(observation).find((row) => belongs(row, cause, around));
  if (open) joinIncident(draft, open.incident.id, monitor, observation, cause, policy, around);
  else openIncident(draft, monitor, observation, cause, policy, around);
}

/** Whether a failure for this cause is already told by the incident. */
function belongs(row: TrackedIncident, cause: string, around: Surroundings): boolean {
  if (isServiceWide(row)) return true;
  if (row.causes.includes(cause)) return true;
  if (around.now - Date.parse(row.incident.triggered_at) > SPREAD_WINDOW_MS) return false;
  // Whoever took a slow route may not know that the service is gone: that rings.
  if (cause === UNREACHABLE) return row.causes.some(isTimeout) && row.incident.state === 'triggered';
  return brokenRoute(cause) !== null && row.causes.some((known) => brokenRoute(known) !== null);
}

function isServiceWide(row: TrackedIncident): boolean {
  return row.causes.includes(UNREACHABLE);
}

function policyOf(row: TrackedIncident, around: Surroundings) {
  return around.policies.find((policy) => policy.id === row.incident.policy) ?? builtInPolicy;
}

function unseen(observation: Observation): MonitorAlert {
  return {
    key: observation.monitor,
    name: observation.monitor_name,
    service: observation.service,
    environment: observation.environment,
    state: 'no_data',
    since: observation.at,
    consecutive_failures: 0,
    consecutive_passes: 0,
    passing_since: null,
    first_failure: null,
    cause: null,
    incident_id: null,
    held_cause: null,
    last_run_id: '',
  };
}

function enter(monitor: MonitorAlert, state: MonitorState, at: string): void {
  if (monitor.state === state) return;
  monitor.state = state;
  monitor.since = at;
}

/** A passing run of a passing monitor is not worth a write. */
function changed(before: MonitorAlert, after: MonitorAlert): boolean {
  return (
    before.state !== after.state ||
    before.name !== after.name ||
    before.consecutive_failures !== after.consecutive_failures ||
    before.incident_id !== null ||
    before.held_cause !== after.held_cause
  );
}

/** The monitor is no longer run: it must not hold an incident open that nothing could ever resolve. */
export function retire(state: AlertState, key: string, around: Surroundings): AlertChange {
  const draft = new Draft(state, around);
  const known = state.monitors.get(key);
  if (!known) return draft.change;
  const monitor = { ...known };
  enter(monitor, 'no_data', draft.at);
  if (monitor.incident_id) leaveIncident(draft, monitor, `${monitor.name} is no longer run`);
  else if (monitor.state !== known.state) draft.putMonitor(monitor);
  return draft.change;
}
