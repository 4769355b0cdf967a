import type { Answerer } from '../incidents/people.ts';
import type { MaintenanceWindow, Matcher, Silence } from '../silences/silence.ts';
import { nextChange } from '../silences/windows.ts';
import { reconsider, settle } from './chain.ts';
import { Draft, type Surroundings } from './draft.ts';
import { named } from './people.ts';
import type { AlertChange, AlertState } from './state.ts';

/** Ended ones stay listed for so long. */
export const LISTED_AFTER_END_MS = 86_400_000;

/** Asks these incidents again: silences, windows or policies are other ones than before, or the hour is. */
export function reconsiderThese(state: AlertState, incidents: Iterable<string>, around: Surroundings): AlertChange {
  const draft = new Draft(state, around);
  ask(draft, incidents, around);
  return draft.change;
}

export function addSilence(state: AlertState, silence: Silence, around: Surroundings): AlertChange {
  const draft = new Draft(state, around);
  draft.change.silences.set(silence.id, silence);
  askMatching(draft, silence.matchers, around);
  return draft.change;
}

/**
 * @param who who ends it; null when its time is over by a clock that cannot be set
 * @returns an empty change when it is over already, or there is none
 */
export function endSilence(state: AlertState, id: string, who: Answerer | null, around: Surroundings): AlertChange {
  const draft = new Draft(state, around);
  const silence = state.silences.get(id);
  if (!silence || Date.parse(silence.ends_at) <= draft.now) return draft.change;
  const begun = Date.parse(silence.starts_at) <= draft.now;
  const starts_at = begun ? silence.starts_at : draft.at;
  draft.change.silences.set(id, { ...silence, starts_at, ends_at: draft.at, ended_by: who && named(who) });
  askMatching(draft, silence.matchers, around);
  return draft.change;
}

export function planWindow(state: AlertState, window: MaintenanceWindow, around: Surroundings): AlertChange {
  const draft = new Draft(state, around);
  draft.change.windows.set(window.id, window);
  askMatching(draft, window.matchers, around);
  return draft.change;
}

export function cancelWindow(state: AlertState, id: string, around: Surroundings): AlertChange {
  const draft = new Draft(state, around);
  const window = state.windows.get(id);
  if (!window) return draft.change;
  draft.change.windows.set(id, null);
  askMatching(draft, window.matchers, around);
  return draft.change;
}

/**
 * Silences and windows that ended more than a day ago are forgotten, and so are series of rules and alerts of other systems
 * that have been well, or have not been heard of, for so long: their labels may be new ones every day. So are monitors that
 * are no longer run, and what is remembered of a service for flapping once that is over.
 * @param kept monitors that are run; null while nobody said which
 */
export function prune(state: AlertState, around: Surroundings, kept: ReadonlySet<string> | null): AlertChange {
  const draft = new Draft(state, around);
  const long = draft.now - LISTED_AFTER_END_MS;
  for (const silence of state.silences.values()) {
    if (Date.parse(silence.ends_at) <= long) draft.change.silences.set(silence.id, null);
  }
  for (const window of state.windows.values()) {
    if (nextChange(window, long) === Number.POSITIVE_INFINITY) draft.change.windows.set(window.id, null);
  }
  for (const { key, source, state: now, since, incident_id, held_cause } of state.monitors.values()) {
    const over = now !== 'failing' && incident_id === null && held_cause === null;
    const gone = source === 'run' ? kept !== null && !kept.has(key) && incident_id === null : over;
    if (gone && Date.parse(since) <= long) draft.change.forgotten.add(key);
  }
  for (const { key, opened } of state.services.values()) {
    if (opened.every(({ at }) => Date.parse(at) <= long)) draft.change.services.set(key, null);
  }
  return draft.change;
}

/** Asks those that the matchers may match; members of theirs are looked at only then. */
function askMatching(draft: Draft, matchers: readonly Matcher[], around: Surroundings): void {
  const labels = matchers.flatMap(({ label, is, value }) =>
    is === '=' && label !== 'monitor' ? [[label, value]] : [],
  );
  ask(draft, draft.before.open.withAll(Object.fromEntries(labels) as Record<string, string>), around);
}

function ask(draft: Draft, incidents: Iterable<string>, around: Surroundings): void {
  for (const id of incidents) reconsider(draft, id, around);
  settle(draft, around);
}
