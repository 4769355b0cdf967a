import type { Hold } from '../incident.ts';
import type { Policy } from '../policies/policy.ts';
import { Draft, type Surroundings } from './draft.ts';
import { isOfChain, restartEscalation, scheduleUpdate, startEscalation } from './escalation.ts';
import { escalationFor } from './stages/escalate.ts';
import { HOLDING } from './stages/index.ts';
import { inhibitedBy, inhibits } from './stages/inhibit.ts';
import type { Held, HoldingStage } from './stages/stage.ts';
import type { AlertState, TrackedIncident } from './state.ts';
import { urgency } from './urgency.ts';

/** Incidents that hold back others may be held back themselves; so many turns are enough for every chain of them. */
const MOST_TURNS = 10_000;

/**
 * Asks the holding stages about an open incident, and does what follows: it is held, goes on, or begins to ring.
 * Asking again without a reason changes nothing.
 */
export function reconsider(draft: Draft, id: string, around: Surroundings): void {
  const current = draft.incident(id);
  if (!current || current.incident.state === 'resolved') return;
  const found = firstHold(current, draft, around);
  if (found) {
    const { stage, held } = found;
    const hold: Hold = { stage: stage.name, reason: held.reason, until: held.until };
    const by = held.by ?? null;
    if (same(current.incident.held, hold) && current.inhibited_by === by && isWatched(current, hold)) return;
    pause(draft, draft.edit(id), stage, hold, by);
  } else if (current.incident.held) {
    release(draft, draft.edit(id), around);
  } else if (!current.started && current.incident.state === 'triggered') {
    const row = draft.edit(id);
    for (const stage of HOLDING) draft.say(row, stage.name, 'passed', stage.passes);
    startEscalation(draft, row, around);
  }
}

/** Whether something holds an open incident at this moment, noticed before or not. */
export function isHeldNow(state: AlertState, id: string, around: Surroundings): boolean {
  const row = state.incidents.get(id);
  return (
    row !== undefined && row.incident.state !== 'resolved' && firstHold(row, new Draft(state, around), around) !== null
  );
}

/**
 * Asks again about everything that a change may have set free or held back: what it touched, and what incidents that it
 * opened, changed or ended inhibit.
 */
export function settle(draft: Draft, around: Surroundings): void {
  for (const id of [...draft.change.incidents.keys()]) reconsider(draft, id, around);
  const settled = new Map<string, boolean>();
  const touched = [...draft.change.incidents.keys()];
  for (let turn = 0; turn < Math.min(touched.length, MOST_TURNS); turn++) {
    const id = touched[turn]!;
    const row = draft.incident(id)!;
    const before = draft.before.incidents.get(id);
    const did = settled.get(id) ?? (before !== undefined && inhibits(before));
    const does = inhibits(row);
    settled.set(id, does);
    const relabelled = before !== undefined && before.incident.labels !== row.incident.labels;
    if (did === does && !relabelled) continue;
    const labels = relabelled ? [before.incident.labels, row.incident.labels] : does ? [row.incident.labels] : [];
    const newcomer = relabelled ? null : id;
    const freed = does ? [] : draft.before.open.inhibitedBy(id);
    const held = labels.flatMap((of) => [...inhibitedBy(of, newcomer, draft, around)]);
    for (const other of new Set([...freed, ...held])) {
      if (other === id) continue;
      reconsider(draft, other, around);
      if (draft.change.incidents.has(other) && !settled.has(other)) touched.push(other);
    }
  }
}

/** A more urgent monitor joined: the incident takes its policy and priority, and rings only where nobody was told yet. */
export function raisePriority(
  draft: Draft,
  id: string,
  policy: Policy,
  priority: Policy['priority'],
  around: Surroundings,
): void {
  const current = draft.incident(id);
  if (!current || urgency(priority) >= urgency(current.incident.priority)) return;
  const row = draft.edit(id);
  const incident = row.incident;
  draft.event(row, 'cause_changed', `priority raised from ${incident.priority} to ${priority}`, policy.id);
  draft.say(row, 'group', 'passed', `a more urgent failure joined: ${priority} of policy "${policy.id}"`);
  incident.priority = priority;
  incident.policy = policy.id;
  incident.labels = { ...incident.labels, ...policy.labels, priority, policy: policy.id };
  row.escalation = escalationFor(policy, incident.labels);
  row.escalation_loop = policy.escalation_loop;
  row.renotify = policy.renotify;
  row.quiet_hours = policy.quiet_hours;
  row.after_passing = Math.max(row.after_passing, policy.resolve.after_passing);
  scheduleUpdate(draft, row);
  if (incident.state !== 'triggered') return;
  const wasHeld = incident.held !== null;
  // What waited in the hold were the steps of the policy before.
  if (row.paused) row.paused = { timers: [], anew: true };
  reconsider(draft, id, around);
  if (!wasHeld && !incident.held) restartEscalation(draft, row, around);
}

function firstHold(row: TrackedIncident, draft: Draft, around: Surroundings) {
  for (const stage of HOLDING) {
    const held: Held | null = stage.hold(row, draft, around);
    if (held) return { stage, held };
  }
  return null;
}

function pause(draft: Draft, row: TrackedIncident, stage: HoldingStage, hold: Hold, by: string | null): void {
  const before = row.incident.held;
  if (!same(before, hold)) {
    draft.event(row, 'held', hold.reason, null);
    draft.say(row, stage.name, 'held', hold.reason);
  }
  row.incident.held = hold;
  row.inhibited_by = by;
  row.timers = row.timers.filter((timer) => timer.kind !== 'hold');
  const waiting = row.timers.filter(isOfChain).map((timer) => ({
    timer,
    left_ms: Math.max(0, Date.parse(timer.due_at) - draft.now),
  }));
  row.timers = row.timers.filter((timer) => !isOfChain(timer));
  row.paused = {
    timers: [...(row.paused?.timers ?? []), ...waiting],
    anew: (row.paused?.anew ?? false) || stage.timed,
  };
  if (hold.until !== null) draft.schedule(row, { kind: 'hold', due_at: hold.until });
  scheduleUpdate(draft, row);
}

function release(draft: Draft, row: TrackedIncident, around: Surroundings): void {
  const { held, state } = row.incident;
  const paused = row.paused;
  draft.event(row, 'released', `no longer held: ${held!.reason}`, null);
  draft.say(row, held!.stage, 'released', `no longer: ${held!.reason}`);
  row.released = held!.reason;
  row.incident.held = null;
  row.inhibited_by = null;
  row.paused = null;
  row.timers = row.timers.filter((timer) => timer.kind !== 'hold');
  if (state === 'triggered' && (!row.started || row.told.length === 0 || paused?.anew)) {
    startEscalation(draft, row, around);
    return;
  }
  for (const { timer, left_ms } of paused?.timers ?? []) {
    draft.schedule(row, { ...timer, due_at: draft.after(left_ms) });
  }
  scheduleUpdate(draft, row);
}

function same(a: Hold | null, b: Hold): boolean {
  return a?.stage === b.stage && a.reason === b.reason && a.until === b.until;
}

/** Its end is not waited for after a clock was set back: then the timer fired early and must be set again. */
function isWatched(row: TrackedIncident, { until }: Hold): boolean {
  return until === null || row.timers.some((timer) => timer.kind === 'hold' && timer.due_at === until);
}
