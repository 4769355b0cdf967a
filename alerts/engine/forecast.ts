import type { Hold, Priority } from '../incident.ts';
import { isScenarioRule, type Policy } from '../policies/policy.ts';
import { decide } from './decide.ts';
import type { Surroundings } from './draft.ts';
import type { Observation } from './observation.ts';
import { calledBy } from './stages/escalate.ts';
import type { AlertState, TrackedIncident } from './state.ts';

/** Somebody who would be told; times are RFC 3339, null where nobody knows when a hold ends. */
export interface ComingCall {
  channel: string;
  /** Key of the person that the step named, or who is on call then; null for a channel that was named itself. */
  user: string | null;
  at: string | null;
}

/** A step of an escalation that is to come, as it would be carried out if nothing changed until then. */
export interface ComingStep {
  /** Counts from 1. */
  step: number;
  at: string | null;
  /** It has been carried out before, and nobody has taken the incident since. */
  again: boolean;
  /** As the policy says it: channels, `on-call:…`, `user:…`, `all`. */
  notify: readonly string[];
  calls: readonly ComingCall[];
  /** Targets that come to nobody. */
  nobody: readonly string[];
  /** All of them do, so everyone is told. */
  everyone: boolean;
  repeat_every_ms: number | null;
}

/** What would follow if a failure were seen now. */
export interface Forecast {
  /** An incident of its own; one that is open takes it in; or nobody is told, because a person has resolved it while it fails. */
  outcome: 'opens' | 'joins' | 'quiet';
  /** The one that is open; null for one that would be opened. */
  incident_id: string | null;
  /** Under which it would ring. */
  policy: string;
  priority: Priority;
  /** What would hold it back. */
  held: Hold | null;
  steps: readonly ComingStep[];
  /** The steps begin again so often while nobody answers. */
  loop: Policy['escalation_loop'];
}

/** Decides about a failure that was not seen, as if it were confirmed, and throws the decision away. Pure. */
export function forecast(state: AlertState, observation: Observation, surroundings: Surroundings): Forecast {
  const around = { ...surroundings, policies: surroundings.policies.map(atOnce) };
  const change = decide(state, observation, around);
  const monitor = change.monitors.get(observation.monitor) ?? state.monitors.get(observation.monitor);
  const id = monitor?.incident_id ?? null;
  const row = id === null ? undefined : (change.incidents.get(id) ?? state.incidents.get(id));
  if (!row) {
    const priority = observation.priority ?? 'P2';
    return {
      outcome: 'quiet',
      incident_id: null,
      policy: observation.policy ?? '',
      priority,
      held: null,
      steps: [],
      loop: null,
    };
  }
  const isNew = !state.incidents.has(row.incident.id);
  const { priority, held } = row.incident;
  return {
    outcome: isNew ? 'opens' : 'joins',
    incident_id: isNew ? null : row.incident.id,
    policy: row.incident.policy,
    priority,
    held,
    steps: isNew ? fromTheFirst(row, around) : comingSteps(row, around),
    loop: row.escalation_loop,
  };
}

/** What follows a failure is asked, not how many runs it takes. */
function atOnce(policy: Policy): Policy {
  const rules = policy.rules.map((rule) =>
    isScenarioRule(rule) ? { ...rule, consecutive: 1, attempts: 1, locations: 1 } : rule,
  );
  return { ...policy, rules };
}

/** What an open incident will do if nobody answers, soonest first; nothing where somebody has it. */
export function comingSteps(row: TrackedIncident, around: Surroundings): ComingStep[] {
  const { held, state } = row.incident;
  if (state !== 'triggered') return [];
  if (held && (row.paused === null || row.paused.anew || !row.started)) return fromTheFirst(row, around);
  const until = held ? endOf(held) : around.now;
  const timers = held
    ? row.paused!.timers.map(({ timer, left_ms }) => ({ timer, at: until === null ? null : until + left_ms }))
    : row.timers.map((timer) => ({ timer, at: Date.parse(timer.due_at) }));
  const coming: (ComingStep & { due: number })[] = timers.flatMap(({ timer, at }) => {
    const due = at ?? Number.POSITIVE_INFINITY;
    if (timer.kind === 'escalate')
      return row.escalation[timer.step] ? [{ ...stepAt(row, timer.step, at, timer.repeat > 0, around), due }] : [];
    if (timer.kind !== 'page') return [];
    const { channel, user } = timer;
    const calls = [{ channel, user, at: iso(at) }];
    const step = { ...stepAt(row, timer.step, at, false, around), calls, nobody: [], everyone: false };
    return [{ ...step, notify: [user === null ? channel : `user:${user}`], repeat_every_ms: null, due }];
  });
  return coming.sort((a, b) => a.due - b.due || a.step - b.step).map(({ due: _, ...step }) => step);
}

function fromTheFirst(row: TrackedIncident, around: Surroundings): ComingStep[] {
  const begins = row.incident.held ? endOf(row.incident.held) : around.now;
  return row.escalation.map(({ after_ms }, index) =>
    stepAt(row, index, begins === null ? null : begins + after_ms, false, around),
  );
}

/** @param at wall-clock milliseconds; null where nobody knows: then it names who would be called now */
function stepAt(
  row: TrackedIncident,
  index: number,
  at: number | null,
  again: boolean,
  around: Surroundings,
): ComingStep {
  const step = row.escalation[index]!;
  const called = calledBy(step, row, { ...around, now: at ?? around.now });
  return {
    step: index + 1,
    at: iso(at),
    again,
    notify: step.notify,
    calls: called.recipients.map(({ channel, user, delay_ms }) => ({
      channel,
      user,
      at: iso(at === null ? null : at + delay_ms),
    })),
    nobody: called.nobody,
    everyone: called.everyone,
    repeat_every_ms: step.repeat_every_ms,
  };
}

function endOf({ until }: Hold): number | null {
  return until === null ? null : Date.parse(until);
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
