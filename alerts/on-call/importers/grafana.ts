import { type Static, Type } from 'typebox';
import { isTimeZone, type LocalTime, timeZone } from '../../../core/time-zone.ts';
import { coverage } from '../coverage.ts';
import { readLocalTime, writeLocalTime, writeMoment } from '../moment.ts';
import { readRotation } from '../read.ts';
import type { WrittenHours, WrittenRotation } from '../schema.ts';
import { writeHourOfWeek, writeTimeOfDay } from '../week-windows.ts';
import { apart, Draft, type ImportedOnCall, type ImportOptions, turnLength, unused } from './imported.ts';

const DAY_MS = 86_400_000;
const DAY_MINUTES = 24 * 60;
const OVERLAP_LOOK_MS = 56 * DAY_MS;
const UNIT_HOURS: Record<string, number> = { hourly: 1, daily: 24, weekly: 7 * 24 };
const DAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

const orNull = <T extends Parameters<typeof Type.Optional>[0]>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]));
const LocalStart = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2})?',
  'x-expected': 'a local time',
});
const WeekDay = Type.Enum(['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']);

/** Grafana OnCall's `on_call_shifts`, of its HTTP API or its Terraform resources. */
export const GrafanaShift = Type.Object({
  id: orNull(Type.String()),
  name: orNull(Type.String()),
  type: Type.Enum(['single_event', 'override', 'recurrent_event', 'rolling_users']),
  time_zone: orNull(Type.String()),
  level: orNull(Type.Integer()),
  start: LocalStart,
  rotation_start: orNull(LocalStart),
  until: orNull(LocalStart),
  duration: Type.Integer({ minimum: 1 }),
  frequency: orNull(Type.Enum(['hourly', 'daily', 'weekly', 'monthly'])),
  interval: orNull(Type.Integer({ minimum: 1 })),
  week_start: orNull(WeekDay),
  by_day: orNull(Type.Array(WeekDay)),
  by_month: orNull(Type.Array(Type.Integer())),
  by_monthday: orNull(Type.Array(Type.Integer())),
  users: orNull(Type.Array(Type.String())),
  rolling_users: orNull(Type.Array(Type.Array(Type.String()))),
  start_rotation_from_user_index: orNull(Type.Integer({ minimum: 0 })),
});

export const GrafanaSchedule = Type.Object({
  id: orNull(Type.String()),
  name: Type.String(),
  type: orNull(Type.String()),
  time_zone: orNull(Type.String()),
  shifts: orNull(Type.Array(Type.String())),
});

export const GrafanaUser = Type.Object({
  id: Type.String(),
  username: orNull(Type.String()),
  name: orNull(Type.String()),
  email: orNull(Type.String()),
});

export interface GrafanaOnCall {
  /** Where there is none, all shifts make one. */
  schedules: readonly Static<typeof GrafanaSchedule>[];
  shifts: readonly Static<typeof GrafanaShift>[];
  users: readonly Static<typeof GrafanaUser>[];
}

type Schedule = GrafanaOnCall['schedules'][number];
type Shift = GrafanaOnCall['shifts'][number];

interface Reading {
  draft: Draft;
  at: number;
  timezone: string;
  nameOf(id: string): string;
  leaveOut(what: string): undefined;
}

export function importGrafana({ schedules, shifts, users }: GrafanaOnCall, options: ImportOptions): ImportedOnCall {
  const draft = new Draft('grafana', options);
  const known = new Map(users.map((user) => [user.id, user.name || user.username || user.email || user.id]));
  const nameOf = (id: string) => draft.user(id, known.get(id) ?? id);
  const all: readonly Schedule[] = schedules.length > 0 ? schedules : [{ name: 'imported' }];
  for (const schedule of all) {
    const own = schedule.shifts
      ? shifts.filter(({ id }) => id && schedule.shifts!.includes(id))
      : all.length === 1
        ? shifts
        : [];
    for (const id of schedule.shifts ?? [])
      if (!own.some((shift) => shift.id === id))
        draft.leaveOut(`${schedule.name}: shift ${id}, which the document does not have`);
    if (schedule.type === 'ical')
      draft.leaveOut(`${schedule.name}: what its calendar (iCal) says; only its shifts are read`);
    readSchedule(schedule, own, draft, options.at, nameOf);
  }
  return draft.result();
}

function readSchedule(
  schedule: Schedule,
  shifts: readonly Shift[],
  draft: Draft,
  at: number,
  nameOf: (id: string) => string,
): void {
  const { name } = schedule;
  const zones = new Set(shifts.map(({ time_zone }) => time_zone || schedule.time_zone || 'UTC'));
  // Its shifts' own zone counts, not the one in which the schedule is shown.
  const timezone = zones.size === 1 ? [...zones][0]! : schedule.time_zone || 'UTC';
  if (!isTimeZone(timezone)) {
    draft.leaveOut(`${name}: unknown time zone "${timezone}"`);
    return;
  }
  const names = new Set<string>();
  const rotations: { level: number; written: WrittenRotation }[] = [];
  const overrides: { begins: number; ends: number; written: { users: string[]; from: string; to: string } }[] = [];
  for (const shift of shifts.toSorted((a, b) => (a.level ?? 0) - (b.level ?? 0))) {
    const title = shift.name || shift.id || 'shift';
    const leaveOut = (what: string) => draft.leaveOut(`${name}, ${title}: ${what}`);
    const never = [shift.start, shift.rotation_start, shift.until].find((time) => time && readTime(time) === undefined);
    if (never) {
      leaveOut(`there is no ${never.replace('T', ' ')}`);
      continue;
    }
    const own = shift.time_zone || schedule.time_zone || 'UTC';
    if (own !== timezone) {
      leaveOut(`its time zone ${own} is not that of the schedule, ${timezone}`);
      continue;
    }
    const reading: Reading = { draft, at, timezone, nameOf, leaveOut };
    if (shift.type === 'single_event' || shift.type === 'override') overrides.push(...readOnce(shift, reading));
    else {
      const rotation = readRotating(shift, reading);
      if (rotation) rotations.push({ level: shift.level ?? 0, written: { name: unused(title, names), ...rotation } });
    }
  }
  tellOverlaps(name, rotations, timezone, draft, at);
  const kept = apart(overrides, ({ written }) =>
    draft.leaveOut(`${name}: the override from ${written.from} overlaps another`),
  );
  draft.schedule(name, {
    name,
    timezone,
    rotations: rotations.map(({ written }) => written),
    ...(kept.length > 0 ? { overrides: kept } : {}),
  });
}

function readOnce({ users, rolling_users, start, duration }: Shift, { at, timezone, nameOf, leaveOut }: Reading) {
  const keys = [...new Set((users ?? rolling_users?.flat() ?? []).map(nameOf))];
  const begins = timeZone(timezone).instantOf(localOf(start));
  const ends = begins + duration * 1_000;
  if (ends <= at) return [];
  if (keys.length === 0) {
    leaveOut('it names nobody');
    return [];
  }
  const written = { users: keys, from: writeMoment(begins, timezone), to: writeMoment(ends, timezone) };
  return [{ begins, ends, written }];
}

function readRotating(
  shift: Shift,
  { at, timezone, nameOf, leaveOut }: Reading,
): Omit<WrittenRotation, 'name'> | undefined {
  const until = shift.until ? localOf(shift.until) : undefined;
  if (until !== undefined && timeZone(timezone).instantOf(until) <= at) return;
  const turns = turnsOf(shift).map((turn) => turn.map(nameOf));
  if (turns.length === 0) return leaveOut('it names nobody');
  const pattern = patternOf(shift, turns.length);
  if ('impossible' in pattern) return leaveOut(pattern.impossible);
  const begins = Math.max(localOf(shift.start), shift.rotation_start ? localOf(shift.rotation_start) : 0);
  const [only, ...more] = pattern.hours;
  return {
    users: turns.map((turn) => (turn.length === 1 ? turn[0]! : turn)),
    every: pattern.every,
    start: writeLocalTime(pattern.start),
    ...(begins > pattern.start ? { since: writeLocalTime(begins) } : {}),
    ...(until === undefined ? {} : { until: writeLocalTime(until) }),
    ...(only === undefined ? {} : { hours: more.length === 0 ? only : pattern.hours }),
  };
}

function turnsOf({ type, users, rolling_users, start_rotation_from_user_index }: Shift): string[][] {
  if (type === 'recurrent_event') return (users ?? []).length > 0 ? [[...users!]] : [];
  const all = (rolling_users ?? []).filter((turn) => turn.length > 0);
  const first = all.length > 0 ? (start_rotation_from_user_index ?? 0) % all.length : 0;
  return [...all.slice(first), ...all.slice(0, first)];
}

interface Pattern {
  every: string;
  start: LocalTime;
  hours: WrittenHours[];
}

/** When its turns begin and which parts of them it covers. Each turn, or each day of `by_day`, has one event of `duration`. */
function patternOf(shift: Shift, turns: number): Pattern | { impossible: string } {
  const { frequency, duration, by_day, by_month, by_monthday } = shift;
  const interval = shift.interval ?? 1;
  if (!frequency) return { impossible: 'it has no frequency' };
  if (frequency === 'monthly' || by_month?.length || by_monthday?.length)
    return { impossible: 'it repeats by the month, for a part of it; rotations by the month cover all of it here' };
  if (duration % 60 > 0) return { impossible: `it lasts ${duration} s; hours have whole minutes here` };
  const start = localOf(shift.start);
  const lasts = duration / 60;
  const hours = UNIT_HOURS[frequency]! * interval;
  const every = turnLength(hours);
  if (by_day?.length) return patternOfDays(shift, by_day, turns, start, lasts, interval);
  if (lasts >= hours * 60) {
    if (lasts > hours * 60) return { impossible: 'its turns overlap' };
    return { every, start, hours: [] };
  }
  const minute = Math.floor(
    (((start / 60_000 - 4 * DAY_MINUTES) % (7 * DAY_MINUTES)) + 7 * DAY_MINUTES) % (7 * DAY_MINUTES),
  );
  if (frequency === 'daily' && interval === 1) return { every, start, hours: [daily(minute % DAY_MINUTES, lasts)] };
  if (frequency === 'weekly' && interval === 1)
    return { every, start, hours: [{ from: writeHourOfWeek(minute), to: writeHourOfWeek(minute + lasts) }] };
  return { impossible: `it covers ${lasts} min of each ${every}; hours repeat by the day or the week here` };
}

function patternOfDays(
  { frequency, week_start }: Shift,
  days: readonly string[],
  turns: number,
  start: LocalTime,
  lasts: number,
  interval: number,
): Pattern | { impossible: string } {
  if (lasts > DAY_MINUTES) return { impossible: 'its events are longer than a day and begin on several days' };
  const minute = Math.floor(start / 60_000) % DAY_MINUTES;
  const hours = [{ ...daily(minute, lasts), days: days.map((day) => DAYNAMES[DAYS.indexOf(day)]!) }];
  if (frequency === 'daily' && interval === 1 && turns === 1) return { every: '1w', start, hours };
  if (frequency !== 'weekly' || interval !== 1)
    return {
      impossible: `${frequency}, every ${interval}, on ${days.join(', ')}: turns on chosen days go by the week here`,
    };
  // Weeks are counted from the one that the start lies in; the hour of its events is no worse a hand-over than midnight.
  const weekDay = (Math.floor(start / DAY_MS) + 3) % 7;
  const into = (weekDay - DAYS.indexOf(week_start ?? 'MO') + 7) % 7;
  return { every: '1w', start: start - into * DAY_MS, hours };
}

const DAYNAMES = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

function daily(minute: number, lasts: number): WrittenHours {
  return { from: writeTimeOfDay(minute), to: writeTimeOfDay((minute + lasts) % DAY_MINUTES || DAY_MINUTES) };
}

/** There, all of the highest level are on call together; here, the later rotation stands over the earlier. */
function tellOverlaps(
  schedule: string,
  rotations: readonly { level: number; written: WrittenRotation }[],
  timezone: string,
  draft: Draft,
  at: number,
): void {
  const covered = rotations.map(({ written }, index) => {
    const rotation = readRotation(written, index);
    const from = Math.max(at, timeZone(timezone).instantOf(rotation.start));
    return coverage(rotation, timezone, from, from + OVERLAP_LOOK_MS);
  });
  for (const [index, { level, written }] of rotations.entries()) {
    for (const [before, other] of rotations.slice(0, index).entries()) {
      const both = covered[index]!.some((a) => covered[before]!.some((b) => a.from < b.until && b.from < a.until));
      if (other.level === level && both)
        draft.leaveOut(
          `${schedule}: where ${other.written.name} and ${written.name} both apply, only the latter is on call here`,
        );
    }
  }
}

/** Of a time that `readTime` can read. */
function localOf(text: string): LocalTime {
  return readTime(text)!;
}

/** Times have no zone, but for a `Z` that some exports write. */
function readTime(text: string): LocalTime | undefined {
  return readLocalTime(text.slice(0, 19)) ?? readLocalTime(text.slice(0, 16));
}
