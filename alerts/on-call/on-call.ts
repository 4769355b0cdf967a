import type { Instant } from '../../core/clock.ts';
import type { LocalTime } from '../../core/time-zone.ts';
import type { Priority } from '../incident.ts';

/** `on_call:` of ringdown.yaml, checked and read. */
export interface OnCall {
  readonly users: ReadonlyMap<string, User>;
  readonly schedules: ReadonlyMap<string, Schedule>;
}

export interface User {
  readonly key: string;
  readonly name: string;
  /** For what this person reads; schedules have their own. Null: that of the schedule. */
  readonly timezone: string | null;
  /** Of a voice that speaks to this person: `ko-KR`. */
  readonly language: string | null;
  /** What vendors call this person, by vendor: `slack: U024BE7LH`. Never a secret. */
  readonly contacts: Readonly<Record<string, string>>;
  /** How this person is told. */
  readonly notify: readonly NotifyRule[];
  /** How this person is told of what no rule of `notify` is for. */
  readonly otherwise: readonly NotifyRule[];
}

export interface NotifyRule {
  readonly channel: string;
  /** Since the step that named the person. */
  readonly after_ms: number;
  /** Empty for every priority. */
  readonly priorities: readonly Priority[];
}

/** Who is on call when. What stands later stands over what is before: rotations in their order, then overrides. */
export interface Schedule {
  readonly key: string;
  readonly name: string;
  /** IANA name. All local times of rotations are in it. */
  readonly timezone: string;
  readonly rotations: readonly Rotation[];
  readonly overrides: readonly Override[];
}

export interface Rotation {
  readonly name: string;
  /** Who takes turns; several users in one turn are on call together. */
  readonly turns: readonly (readonly string[])[];
  readonly every: TurnLength;
  /** The first hand-over. The others follow on the wall clock, so that 09:00 stays 09:00 through clock changes. */
  readonly start: LocalTime;
  /** Nobody is on call through this rotation before; null: from `start` on. */
  readonly since: LocalTime | null;
  /** Nobody is on call through this rotation from then on; null: it has no end. */
  readonly until: LocalTime | null;
  /** Parts of the week that it covers, in order and apart; empty for all of it. */
  readonly windows: readonly WeekWindow[];
}

/** On the wall clock: a turn over a clock change is longer or shorter than its hours. */
export type TurnLength =
  | { readonly unit: 'hours'; readonly count: number }
  /** On the start's day of the month, or the month's last where it is shorter. */
  | { readonly unit: 'months'; readonly count: number };

/** Minutes on the wall clock since Monday 00:00; `to` may lie in the next week. */
export interface WeekWindow {
  readonly from_minute: number;
  readonly to_minute: number;
}

/** Somebody else, for once. */
export interface Override {
  readonly id: string;
  readonly users: readonly string[];
  readonly from: Instant;
  readonly until: Instant;
  /** `config`: from ringdown.yaml, which alone can change it. */
  readonly source: 'config' | 'api';
  readonly created_by: string;
}

/** A stretch of time in which the same people are on call, `until` exclusive. */
export interface Shift {
  readonly from: Instant;
  readonly until: Instant;
  /** Empty where nobody is. */
  readonly users: readonly string[];
  /** Name of the rotation; null where an override, or nothing, is behind it. */
  readonly rotation: string | null;
  /** Id of the override; null where none is behind it. */
  readonly override: string | null;
}
