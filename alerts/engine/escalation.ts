import { ALL_CHANNELS, type EscalationStep, type Policy } from '../policies/policy.ts';
import type { Draft, Surroundings } from './draft.ts';
import { urgency } from './match.ts';
import type { IncidentTimer, QueuedDelivery, TrackedIncident } from './state.ts';

/** A repeating step ends after so many calls: by then nobody is there, and the provider's bill grows. */
export const MAX_REPEATS = 100;
/** Changes within this time are told in one update. */
export const UPDATE_DELAY_MS = 3_000;

/** Starts the policy's steps from now; those without delay ring at once. */
export function startEscalation(draft: Draft, row: TrackedIncident, around: Surroundings): void {
  row.timers = row.timers.filter((timer) => timer.kind !== 'escalate');
  row.escalation.forEach((step, index) => {
    if (step.after_ms > 0) {
      draft.schedule(row, { kind: 'escalate', step: index, repeat: 0, due_at: draft.after(step.after_ms) });
    } else {
      ring(draft, row, index, 0, around);
    }
  });
}

/** A more urgent monitor joined: the incident takes its priority and steps, and rings only where nobody was told yet. */
export function raisePriority(draft: Draft, id: string, policy: Policy, around: Surroundings): void {
  const current = draft.incident(id);
  if (!current || urgency(policy.priority) >= urgency(current.incident.priority)) return;
  const row = draft.edit(id);
  const incident = row.incident;
  draft.event(row, 'cause_changed', `priority raised from ${incident.priority} to ${policy.priority}`, policy.id);
  incident.priority = policy.priority;
  incident.policy = policy.id;
  row.escalation = policy.escalation;
  row.after_passing = Math.max(row.after_passing, policy.resolve.after_passing);
  scheduleUpdate(draft, row);
  if (incident.state !== 'triggered') return;
  const told = new Set(row.told);
  row.timers = row.timers.filter((timer) => timer.kind !== 'escalate');
  row.escalation.forEach((step, index) => {
    if (step.after_ms > 0) {
      draft.schedule(row, { kind: 'escalate', step: index, repeat: 0, due_at: draft.after(step.after_ms) });
      return;
    }
    const untold = channelsOf(step, around).filter((name) => !told.has(name));
    if (untold.length > 0) draft.tell(row, 'incident.triggered', untold, index);
    scheduleRepeat(draft, row, index, 0);
  });
}

export function scheduleUpdate(draft: Draft, row: TrackedIncident): void {
  if (row.told.length === 0 || row.timers.some((timer) => timer.kind === 'update')) return;
  draft.schedule(row, { kind: 'update', due_at: draft.after(UPDATE_DELAY_MS) });
}

/** Carries out timers that fell due, if they still stand. */
export function fireTimer(draft: Draft, row: TrackedIncident, timer: IncidentTimer, around: Surroundings): void {
  if (!row.timers.some((waiting) => sameTimer(waiting, timer))) return;
  row.timers = row.timers.filter((waiting) => !sameTimer(waiting, timer));
  if (row.incident.state === 'resolved') return;
  if (timer.kind === 'update') draft.tell(row, 'incident.updated', row.told);
  else if (row.incident.state === 'triggered') ring(draft, row, timer.step, timer.repeat, around);
}

/**
 * A page did not get through, or not yet. The step after its own is carried out now instead of later; where no step
 * is left, every channel that has not been told is told.
 */
export function bringForward(draft: Draft, row: TrackedIncident, failed: QueuedDelivery, around: Surroundings): void {
  if (row.incident.state !== 'triggered' || failed.step === null) return;
  const next = failed.step + 1;
  if (next < row.escalation.length) {
    const waiting = row.timers.find((timer) => timer.kind === 'escalate' && timer.step === next && timer.repeat === 0);
    if (waiting) fireTimer(draft, row, waiting, around);
    return;
  }
  const untold = around.channels.map((channel) => channel.name).filter((name) => !row.told.includes(name));
  if (untold.length === 0) return;
  draft.event(row, 'escalated', `no step is left, so everyone is told: ${untold.join(', ')}`, null);
  draft.tell(row, 'incident.escalated', untold, failed.step);
}

/** When and whom the next step rings; null when none is left. */
export function nextEscalation(row: TrackedIncident): { at: string; notify: readonly string[] } | null {
  const next = row.timers
    .filter((timer) => timer.kind === 'escalate')
    .sort((a, b) => (a.due_at < b.due_at ? -1 : 1))[0];
  const step = next && row.escalation[next.step];
  return step ? { at: next.due_at, notify: step.notify } : null;
}

export function timerKey(incident: string, timer: IncidentTimer): string {
  return timer.kind === 'update'
    ? `${incident} update ${timer.due_at}`
    : `${incident} escalate ${timer.step} ${timer.repeat} ${timer.due_at}`;
}

function sameTimer(a: IncidentTimer, b: IncidentTimer): boolean {
  return timerKey('', a) === timerKey('', b);
}

function ring(draft: Draft, row: TrackedIncident, index: number, repeat: number, around: Surroundings): void {
  const step = row.escalation[index];
  if (!step) return;
  const channels = channelsOf(step, around);
  const first = index === 0 && repeat === 0;
  if (!first) {
    const again = repeat > 0 ? ', again' : '';
    draft.event(
      row,
      'escalated',
      `step ${index + 1} of ${row.escalation.length}${again}: ${channels.join(', ')}`,
      null,
    );
  }
  draft.tell(row, first ? 'incident.triggered' : 'incident.escalated', channels, index);
  scheduleRepeat(draft, row, index, repeat);
}

function scheduleRepeat(draft: Draft, row: TrackedIncident, step: number, repeat: number): void {
  const every = row.escalation[step]?.repeat_every_ms ?? null;
  if (every === null || repeat >= MAX_REPEATS) return;
  draft.schedule(row, { kind: 'escalate', step, repeat: repeat + 1, due_at: draft.after(every) });
}

/** Names that are no longer configured are left out; a step that names none that is would be silent, so it means all. */
function channelsOf(step: EscalationStep, around: Surroundings): string[] {
  const all = around.channels.map((channel) => channel.name);
  if (step.notify.includes(ALL_CHANNELS)) return all;
  const known = step.notify.filter((name) => all.includes(name));
  return known.length > 0 ? [...new Set(known)] : all;
}
