import type { StoredAlerts } from '../alert-store.ts';
import { Draft, type Surroundings } from './draft.ts';
import { resolveIncident } from './lifecycle.ts';
import type { AlertChange, AlertState, MonitorAlert, TrackedIncident } from './state.ts';

/**
 * Takes in what the database knew, after the watcher had to begin without it. What was seen since counts for more:
 * a monitor that passes has left its stored incident, one that opened another incident continues there.
 */
export function adopt(state: AlertState, stored: StoredAlerts, around: Surroundings): AlertChange {
  const draft = new Draft(state, around);
  for (const monitor of inOrderOfJoining(stored)) if (!state.monitors.has(monitor.key)) draft.putMonitor(monitor);
  for (const service of stored.services) {
    const current = state.services.get(service.key);
    draft.putService({
      key: service.key,
      opened: [...service.opened, ...(current?.opened ?? [])],
    });
  }
  for (const silence of stored.silences)
    if (!state.silences.has(silence.id)) draft.change.silences.set(silence.id, silence);
  for (const window of stored.windows) if (!state.windows.has(window.id)) draft.change.windows.set(window.id, window);
  const before = new Map(stored.monitors.map((monitor) => [monitor.key, monitor]));
  for (const row of stored.incidents) {
    if (state.incidents.has(row.incident.id)) continue;
    draft.add({ ...row, incident: { ...row.incident } });
    if (row.incident.state !== 'resolved') reconcile(draft, row.incident.id, before, state);
  }
  return draft.change;
}

/** What holds an incident back speaks of the first of its members: of the same one as before. */
function* inOrderOfJoining({ monitors, incidents }: StoredAlerts): Generator<MonitorAlert> {
  const left = new Map(monitors.map((monitor) => [monitor.key, monitor]));
  for (const { incident } of incidents) {
    for (const key of incident.monitors) {
      const monitor = left.get(key);
      if (monitor?.incident_id !== incident.id) continue;
      yield monitor;
      left.delete(key);
    }
  }
  yield* left.values();
}

function reconcile(draft: Draft, id: string, before: ReadonlyMap<string, MonitorAlert>, state: AlertState): void {
  const row = draft.edit(id);
  const lost = lostMembers(row, before);
  let continued: TrackedIncident | undefined;
  for (const key of row.incident.monitors) {
    const seen = state.monitors.get(key);
    if (lost.has(key) && !seen) draft.putMonitor(failingAsKnown(key, row));
    if (!seen || (before.get(key)?.incident_id !== id && !lost.has(key))) continue;
    if (seen.incident_id) continued ??= draft.incident(seen.incident_id);
    else if (seen.state === 'failing' || seen.state === 'no_data')
      draft.putMonitor({ ...seen, incident_id: id } satisfies MonitorAlert);
  }
  const waiting = [...draft.waitingFor(row)];
  row.incident.failing_count = waiting.filter(({ state: now }) => now === 'failing' || now === 'no_data').length;
  if (waiting.length > 0) return;
  row.continues_as = continued?.incident.title ?? null;
  const message = continued ? `continues as: ${continued.incident.title}` : 'every monitor passes again';
  resolveIncident(draft, row, null, message);
}

/**
 * An open incident waits for somebody. Where nobody is left, their rows could not be read: they fail as they did until
 * somebody says otherwise, since an end that nobody saw must not be told.
 */
function lostMembers({ incident }: TrackedIncident, before: ReadonlyMap<string, MonitorAlert>): ReadonlySet<string> {
  const someoneWaits = incident.monitors.some((key) => before.get(key)?.incident_id === incident.id);
  return new Set(someoneWaits ? [] : incident.monitors.filter((key) => !before.has(key)));
}

function failingAsKnown(key: string, { incident, shown_cause }: TrackedIncident): MonitorAlert {
  const { id, source, service, environment, cause, triggered_at, dedup_key } = incident;
  const since = cause.failing_since;
  return {
    key,
    name: key === cause.monitor ? cause.monitor_name : key,
    source,
    service,
    environment,
    state: 'failing',
    since,
    consecutive_failures: 1,
    consecutive_passes: 0,
    passing_since: null,
    first_failure: { at: since, scheduled_at: since, run: null },
    cause: shown_cause,
    incident_id: id,
    held_cause: null,
    depends_on: [],
    locations: { '': { at: triggered_at, failures: [1] } },
    last_key: dedup_key,
    last_run_id: cause.run_id,
    last_started_at: '',
  };
}
