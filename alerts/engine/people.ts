import type { Incident } from '../incident.ts';
import type { Answerer } from '../incidents/people.ts';
import { settle } from './chain.ts';
import { Draft, type Surroundings } from './draft.ts';
import { escalateNow, isOfChain, reopen, scheduleRenotify, scheduleUpdate } from './escalation.ts';
import { absorb, resolveIncident } from './lifecycle.ts';
import type { AlertChange, AlertState, TrackedIncident } from './state.ts';

/** Longer notes are cut: they are read on phones, and stored with the incident. */
export const LONGEST_NOTE = 5_000;

/** A person takes the incident: escalation ends, and everyone told hears who has it. Changes nothing unless triggered. */
export function acknowledge(state: AlertState, id: string, who: Answerer, around: Surroundings): AlertChange {
  const draft = new Draft(state, around);
  if (draft.incident(id)?.incident.state !== 'triggered') return draft.change;
  const row = draft.edit(id);
  row.incident.state = 'acknowledged';
  row.incident.acknowledged_at = draft.at;
  row.incident.acknowledged_by = who.by;
  row.timers = row.timers.filter((timer) => !isOfChain(timer));
  if (row.paused) row.paused = { timers: [], anew: false };
  scheduleRenotify(draft, row);
  draft.event(row, 'acknowledged', `acknowledged by ${named(who)}`, who.by);
  draft.say(row, 'escalate', 'nobody', `acknowledged by ${named(who)}: nobody else is called`);
  draft.tell(row, 'incident.acknowledged', row.told);
  return draft.change;
}

/**
 * A person ends the incident. Monitors that still fail are held: they ring again after they passed once, or when they
 * fail for another cause.
 */
export function resolve(state: AlertState, id: string, who: Answerer, around: Surroundings): AlertChange {
  return onOpen(state, id, around, (draft, row) => {
    for (const monitor of [...draft.waitingFor(row)]) {
      // Failing on, or in another way, is a new row of failures: it gets a key of its own.
      draft.putMonitor({ ...monitor, incident_id: null, first_failure: null, held_cause: monitor.cause });
    }
    resolveIncident(draft, row, who.by, `resolved by ${named(who)}`);
  });
}

/** Carries the next step out now, though something holds the incident: somebody wants it. */
export function escalate(state: AlertState, id: string, who: Answerer, around: Surroundings): AlertChange {
  return onOpen(state, id, around, (draft, row) => {
    draft.event(row, 'escalated', `${named(who)} wants more people to know`, who.by);
    if (row.incident.state === 'acknowledged') {
      // Whoever has it asks for help: the steps go on from theirs until somebody takes it again.
      row.incident.state = 'triggered';
      row.incident.acknowledged_at = null;
      row.incident.acknowledged_by = null;
      reopen(draft, row);
    }
    escalateNow(draft, row, around);
  });
}

export function note(state: AlertState, id: string, text: string, who: Answerer, around: Surroundings): AlertChange {
  return onOpen(state, id, around, (draft, row) => {
    draft.event(row, 'note', text.slice(0, LONGEST_NOTE), who.by);
    scheduleUpdate(draft, row);
  });
}

/** @param to null lets go */
export function assign(
  state: AlertState,
  id: string,
  to: string | null,
  who: Answerer,
  around: Surroundings,
): AlertChange {
  return onOpen(state, id, around, (draft, row) => {
    if (row.incident.assignee === to) return;
    row.incident.assignee = to;
    draft.event(row, 'assigned', to === null ? `no longer assigned, says ${named(who)}` : `assigned to ${to}`, who.by);
    scheduleUpdate(draft, row);
  });
}

/** `id` ends, and what it waits for moves into the other one, which takes the more urgent priority of both. */
export function mergeIncidents(
  state: AlertState,
  id: string,
  into: string,
  who: Answerer,
  around: Surroundings,
): AlertChange {
  if (id === into || !isOpen(state.incidents.get(into))) return new Draft(state, around).change;
  return onOpen(state, id, around, (draft) => {
    const wider = draft.edit(into);
    absorb(draft, wider, id, who.by, around);
    scheduleUpdate(draft, wider);
  });
}

/** `kim`, or `kim, by call-kim` where a channel carried the answer. */
export function named({ by, via }: Answerer): string {
  return via === 'web' || via === 'api' || via === by ? by : `${by}, by ${via}`;
}

function onOpen(
  state: AlertState,
  id: string,
  around: Surroundings,
  act: (draft: Draft, row: TrackedIncident) => void,
): AlertChange {
  const draft = new Draft(state, around);
  if (!isOpen(draft.incident(id))) return draft.change;
  const row = draft.edit(id);
  const before = JSON.stringify(row);
  act(draft, row);
  if (JSON.stringify(row) === before) return new Draft(state, around).change;
  settle(draft, around);
  return draft.change;
}

function isOpen(row: { incident: Pick<Incident, 'state'> } | undefined): boolean {
  return row !== undefined && row.incident.state !== 'resolved';
}
