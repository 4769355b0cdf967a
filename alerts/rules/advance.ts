import type { SignalRule } from '../policies/policy.ts';

/** What is remembered of one instance of a rule. Times without a word are monotonic milliseconds. */
export interface InstanceState {
  readonly phase: 'inactive' | 'pending' | 'firing';
  /** Wall-clock milliseconds: when it began to hold (pending, firing), or to be well (inactive). */
  readonly since: number;
  /** Pending: when it began to hold. */
  readonly held_since: number;
  /** Firing: when it ceased to hold; null while it holds. */
  readonly cleared_since: number | null;
  /** When pending, or firing and cleared, last had data. */
  readonly heard_at: number;
}

export interface Moment {
  /** Wall-clock milliseconds, to say when. */
  readonly wall: number;
  /** Monotonic milliseconds, to measure how long. */
  readonly monotonic: number;
}

export type RuleTiming = Pick<SignalRule, 'every_ms' | 'for_ms' | 'keep_firing_for_ms' | 'no_data'>;

export function unseen(wall: number): InstanceState {
  return { phase: 'inactive', since: wall, held_since: 0, cleared_since: null, heard_at: 0 };
}

/** One that fired before the watcher began, or before its rule was changed. */
export function firingSince(wall: number): InstanceState {
  return { phase: 'firing', since: wall, held_since: 0, cleared_since: null, heard_at: 0 };
}

/**
 * What one evaluation makes of an instance. Pure; the same object when nothing changes.
 *
 * - It fires once it has held for `for`, at an evaluation that finds it holding. It ends once it has not held for
 *   `keep_firing_for`, at an evaluation that finds it well.
 * - No data, with `keep`, changes nothing. A gap longer than the time that is waited for (or than two evaluations) begins
 *   the waiting anew: what was not seen did not hold.
 * - Length is measured on monotonic time, so that setting the clock neither fires nor ends anything.
 * @param breached null for no data
 */
export function advance(state: InstanceState, breached: boolean | null, timing: RuleTiming, at: Moment): InstanceState {
  const holds = breached ?? (timing.no_data === 'keep' ? null : timing.no_data === 'alert');
  if (holds === null) return state;
  return holds ? hold(state, timing, at) : clear(state, timing, at);
}

function hold(state: InstanceState, timing: RuleTiming, at: Moment): InstanceState {
  const { monotonic: now } = at;
  if (state.phase === 'firing') return state.cleared_since === null ? state : { ...state, cleared_since: null };
  const goesOn = state.phase === 'pending' && now - state.heard_at <= longestGap(timing.for_ms, timing);
  const held_since = goesOn ? state.held_since : now;
  const since = goesOn ? state.since : at.wall;
  const phase = now - held_since >= timing.for_ms ? 'firing' : 'pending';
  return { phase, since, held_since, cleared_since: null, heard_at: now };
}

function clear(state: InstanceState, timing: RuleTiming, at: Moment): InstanceState {
  const { monotonic: now } = at;
  if (state.phase === 'inactive') return state;
  const well: InstanceState = { phase: 'inactive', since: at.wall, held_since: 0, cleared_since: null, heard_at: now };
  if (state.phase === 'pending') return well;
  const goesOn = state.cleared_since !== null && now - state.heard_at <= longestGap(timing.keep_firing_for_ms, timing);
  const cleared_since = goesOn ? state.cleared_since! : now;
  return now - cleared_since >= timing.keep_firing_for_ms ? well : { ...state, cleared_since, heard_at: now };
}

function longestGap(waitMs: number, { every_ms }: RuleTiming): number {
  return Math.max(waitMs, 2 * every_ms);
}

/**
 * The monotonic time at which an evaluation with the same reading would change the state; null where none would. Whoever
 * knows that readings stay as they are need not evaluate before.
 */
export function changesAt(state: InstanceState, breached: boolean | null, timing: RuleTiming): number | null {
  const holds = breached ?? (timing.no_data === 'keep' ? null : timing.no_data === 'alert');
  if (holds === null) return null;
  if (holds) return state.phase === 'pending' ? state.held_since + timing.for_ms : null;
  return state.phase === 'firing' && state.cleared_since !== null
    ? state.cleared_since + timing.keep_firing_for_ms
    : null;
}
