import { builtInPolicy } from '../policies/policy.ts';
import { causeKey, UNREACHABLE } from './cause.ts';
import { raisePriority, reconsider, settle } from './chain.ts';
import { Draft, type Surroundings } from './draft.ts';
import {
  changeCause,
  FLAPPING,
  isFlapping,
  isOlder,
  joinIncident,
  leaveIncident,
  openIncident,
  passedOftenEnough,
  policyOf,
  restate,
} from './lifecycle.ts';
import { failingRun, type Observation } from './observation.ts';
import { failingDependency } from './stages/dependency.ts';
import { confirmingPolicy, failsAnywhereNeeded, withVerdict } from './stages/evaluate.ts';
import { belongs, traitsToJoin } from './stages/group.ts';
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
  if (observation.watcher_fault !== null) {
    // The watcher's own trouble says nothing about the service, good or bad.
    if (!seenElsewhere(monitor, observation)) enter(monitor, 'no_data', observation.at);
  } else {
    look(draft, monitor, observation, around);
  }
  if (!draft.change.monitors.has(monitor.key) && (!known || changed(known, monitor))) draft.putMonitor(monitor);
  const joined = draft.monitor(monitor.key)?.incident_id ?? null;
  // What this change touched is asked below.
  if (joined !== null && !draft.change.incidents.has(joined)) reconsider(draft, joined, around);
  settle(draft, around);
  return draft.change;
}

/** One run says what one location sees; the monitor fails where so many of them do as a rule wants. */
function look(draft: Draft, monitor: MonitorAlert, observation: Observation, around: Surroundings): void {
  monitor.locations = withVerdict(monitor.locations, observation);
  monitor.depends_on = observation.depends_on;
  const passed = observation.status === 'passed';
  const failsEnough = failsAnywhereNeeded(around.policies, observation, monitor.locations);
  // A location that fell silent leaves fewer to see an outage, which does not end it: a failure is no pass.
  if (!failsEnough && (passed || monitor.incident_id === null)) {
    observePass(draft, monitor, { ...observation, degraded: observation.degraded || !passed }, around);
  } else if (failsEnough && !passed) {
    monitor.last_started_at = observation.started_at;
    observeFailure(draft, monitor, observation, around);
  }
  // What passes here and fails elsewhere fails on.
}

function seenElsewhere(monitor: MonitorAlert, observation: Observation): boolean {
  const here = observation.labels.location ?? '';
  return Object.keys(monitor.locations).some((location) => location !== here && location !== '');
}

function observePass(draft: Draft, monitor: MonitorAlert, observation: Observation, around: Surroundings): void {
  enter(monitor, observation.degraded ? 'degraded' : 'passing', observation.at);
  monitor.consecutive_failures = 0;
  monitor.consecutive_passes++;
  // Another system's clock may be wrong by any amount.
  monitor.passing_since ??= observation.source === 'run' ? observation.at : draft.at;
  monitor.first_failure = null;
  monitor.cause = null;
  monitor.held_cause = null;
  const row = monitor.incident_id ? draft.incident(monitor.incident_id) : undefined;
  if (!row) return;
  if (!passedOftenEnough(monitor, row)) return;
  const calmAt = Date.parse(monitor.passing_since) + FLAPPING.passingForMs;
  if (!isFlapping(draft.service(observation), row.causes, around.now) || around.now >= calmAt) {
    const why = observation.recovery;
    leaveIncident(draft, monitor, why ? `${monitor.name} counts as over: ${why}` : `${monitor.name} passes again`);
  } else if (!row.timers.some((timer) => timer.kind === 'calm')) {
    // Nothing may be heard of it any more: another system says once that it is over.
    draft.schedule(draft.edit(row.incident.id), { kind: 'calm', due_at: new Date(calmAt).toISOString() });
  }
}

function observeFailure(draft: Draft, monitor: MonitorAlert, observation: Observation, around: Surroundings): void {
  const policy = confirmingPolicy(around.policies, observation, monitor.locations);
  const cause = causeKey(observation, policy ?? builtInPolicy);
  const before = monitor.cause;
  enter(monitor, 'failing', observation.at);
  monitor.consecutive_failures++;
  monitor.consecutive_passes = 0;
  monitor.passing_since = null;
  monitor.first_failure ??= {
    at: observation.started_at,
    scheduled_at: observation.scheduled_at,
    run: failingRun(observation),
  };
  monitor.cause = cause;
  draft.putMonitor(monitor);
  const own = monitor.incident_id ? draft.incident(monitor.incident_id) : undefined;
  if (observation.quarantined) {
    if (own) leaveIncident(draft, monitor, `${monitor.name} is in quarantine`);
    return;
  }
  if (own) {
    const held = failingDependency(monitor, draft) !== undefined;
    if (cause === UNREACHABLE && !held && !belongs(own, cause, around.now)) {
      openIncident(draft, monitor, observation, cause, policy ?? policyOf(own, around), around);
      return;
    }
    const told = draft.monitor(own.incident.cause.monitor);
    const ledAway = told?.incident_id !== own.incident.id;
    if (ledAway || (cause !== before && before !== null)) {
      changeCause(draft, own.incident.id, monitor, observation, cause, ledAway);
    } else if (observation.source !== 'run') restate(draft, own, monitor, observation);
    if (policy) raisePriority(draft, own.incident.id, policy, observation.priority ?? policy.priority, around);
    return;
  }
  if (!policy || monitor.held_cause === cause) return;
  // What may be another one's failure tells by itself when that has recovered; until then it keeps apart.
  const dependent = failingDependency(monitor, draft) !== undefined;
  const open = openOne(draft, observation, cause, dependent);
  if (open) joinIncident(draft, open.incident.id, monitor, observation, cause, policy, around);
  else openIncident(draft, monitor, observation, cause, policy, around);
}

function openOne(
  draft: Draft,
  observation: Observation,
  cause: string,
  dependent: boolean,
): TrackedIncident | undefined {
  let oldest: TrackedIncident | undefined;
  for (const row of draft.openIncidents(observation, traitsToJoin(cause))) {
    const fits = (row.incident.held?.stage === 'dependency') === dependent && belongs(row, cause, draft.now);
    if (fits && (!oldest || isOlder(row, oldest))) oldest = row;
  }
  return oldest;
}

function unseen(observation: Observation): MonitorAlert {
  return {
    key: observation.monitor,
    name: observation.monitor_name,
    source: observation.source,
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
    depends_on: [],
    locations: {},
    last_key: null,
    last_run_id: '',
    last_started_at: '',
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
    before.held_cause !== after.held_cause ||
    JSON.stringify(before.locations) !== JSON.stringify(after.locations)
  );
}

/** The monitor is no longer run: it must not hold an incident open that nothing could ever resolve. */
export function retire(state: AlertState, key: string, around: Surroundings): AlertChange {
  const draft = new Draft(state, around);
  const known = state.monitors.get(key);
  if (!known) return draft.change;
  const monitor: MonitorAlert = { ...known, locations: {} };
  enter(monitor, 'no_data', draft.at);
  if (monitor.incident_id) leaveIncident(draft, monitor, `${monitor.name} is no longer run`);
  else if (monitor.state !== known.state) draft.putMonitor(monitor);
  settle(draft, around);
  return draft.change;
}
