import { type Static, Type } from 'typebox';
import { isTimeZone, timeZone } from '../../../core/time-zone.ts';
import { writeLocalTime, writeMoment } from '../moment.ts';
import type { WrittenHours, WrittenRotation } from '../schema.ts';
import { writeHourOfWeek, writeTimeOfDay } from '../week-windows.ts';
import { apart, Draft, type ImportedOnCall, type ImportOptions, turnLength, unused } from './imported.ts';

const HOUR_S = 3_600;
const DAY_MINUTES = 24 * 60;
const WEEK_MINUTES = 7 * DAY_MINUTES;

const Time = Type.String({
  pattern:
    '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d(\\.\\d+)?)?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)$',
  'x-expected': 'an RFC 3339 time',
});
const User = Type.Object({
  id: Type.String(),
  summary: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
});
const Entry = Type.Object({ start: Time, end: Time, user: Type.Optional(Type.Union([User, Type.Null()])) });

const Layer = Type.Object({
  name: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  start: Time,
  end: Type.Optional(Type.Union([Time, Type.Null()])),
  rotation_virtual_start: Time,
  rotation_turn_length_seconds: Type.Integer({ minimum: 1 }),
  users: Type.Array(Type.Object({ user: Type.Union([User, Type.Null()]) })),
  restrictions: Type.Optional(
    Type.Array(
      Type.Object({
        type: Type.Enum(['daily_restriction', 'weekly_restriction']),
        start_time_of_day: Type.String({ pattern: '^\\d{2}:\\d{2}(:\\d{2})?$', 'x-expected': 'a time of day' }),
        start_day_of_week: Type.Optional(Type.Union([Type.Integer({ minimum: 1, maximum: 7 }), Type.Null()])),
        duration_seconds: Type.Integer({ minimum: 1 }),
      }),
    ),
  ),
});

/** What PagerDuty's REST API answers to `GET /schedules/{id}`; overrides come from `…/overrides`. */
export const PagerDutySchedule = Type.Object({
  name: Type.String(),
  time_zone: Type.String(),
  schedule_layers: Type.Array(Layer),
  overrides_subschedule: Type.Optional(
    Type.Union([Type.Object({ rendered_schedule_entries: Type.Optional(Type.Array(Entry)) }), Type.Null()]),
  ),
  overrides: Type.Optional(Type.Array(Entry)),
  escalation_policies: Type.Optional(Type.Array(Type.Unknown())),
});

export type PagerDutySchedule = Static<typeof PagerDutySchedule>;
type PagerDutyLayer = PagerDutySchedule['schedule_layers'][number];
type PagerDutyUser = Static<typeof User>;

/** @param schedules as the API answers: the layer that stands over the others comes first */
export function importPagerDuty(schedules: readonly PagerDutySchedule[], options: ImportOptions): ImportedOnCall {
  const draft = new Draft('pagerduty', options);
  for (const schedule of schedules) readSchedule(schedule, draft, options.at);
  return draft.result();
}

function readSchedule(schedule: PagerDutySchedule, draft: Draft, at: number): void {
  const { name, time_zone } = schedule;
  if (!isTimeZone(time_zone)) {
    draft.leaveOut(`${name}: unknown time zone "${time_zone}"`);
    return;
  }
  const nameOf = (user: PagerDutyUser) => draft.user(user.id, user.name ?? user.summary ?? user.id);
  const names = new Set<string>();
  const rotations = schedule.schedule_layers.toReversed().flatMap((layer, index) => {
    const title = unused(layer.name ?? `Layer ${index + 1}`, names);
    const rotation = readLayer(layer, title, time_zone, at, nameOf, (what) =>
      draft.leaveOut(`${name}, ${title}: ${what}`),
    );
    return rotation ? [rotation] : [];
  });
  const rendered = schedule.overrides ?? schedule.overrides_subschedule?.rendered_schedule_entries ?? [];
  const overrides = rendered.flatMap(({ start, end, user }) => {
    const [begins, ends] = [Date.parse(start), Date.parse(end)];
    if (ends <= at || ends <= begins) return [];
    if (!user) {
      draft.leaveOut(`${name}: an override from ${start} whose user is not there any more`);
      return [];
    }
    const written = { user: nameOf(user), from: writeMoment(begins, time_zone), to: writeMoment(ends, time_zone) };
    return [{ begins, ends, written }];
  });
  const kept = apart(overrides, ({ written }) =>
    draft.leaveOut(`${name}: the override of ${written.user} from ${written.from} overlaps another`),
  );
  if ((schedule.escalation_policies ?? []).length > 0)
    draft.leaveOut(`${name}: its escalation policies; a policy here names the schedule in \`escalation\``);
  draft.schedule(name, { name, timezone: time_zone, rotations, ...(kept.length > 0 ? { overrides: kept } : {}) });
}

function readLayer(
  layer: PagerDutyLayer,
  title: string,
  timezone: string,
  at: number,
  nameOf: (user: PagerDutyUser) => string,
  leaveOut: (what: string) => undefined,
): WrittenRotation | undefined {
  if (layer.end && Date.parse(layer.end) <= at) return;
  const users = layer.users.flatMap(({ user }) => (user ? [nameOf(user)] : []));
  if (users.length < layer.users.length) leaveOut('a user who is not there any more; the turns of the others move up');
  if (users.length === 0) return leaveOut('nobody takes turns in it');
  const seconds = layer.rotation_turn_length_seconds;
  if (seconds % HOUR_S > 0) return leaveOut(`a turn of ${seconds} s; turns are whole hours here`);

  const zone = timeZone(timezone);
  const since = zone.toLocal(Date.parse(layer.start));
  const rotation = seconds * 1_000 * users.length;
  let start = zone.toLocal(Date.parse(layer.rotation_virtual_start));
  // Turns are counted from it in both directions.
  if (start > since) start -= Math.ceil((start - since) / rotation) * rotation;
  const hours = readRestrictions(layer, leaveOut);
  return {
    name: title,
    users,
    every: turnLength(seconds / HOUR_S),
    start: writeLocalTime(start),
    ...(since > start ? { since: writeLocalTime(since) } : {}),
    ...(layer.end ? { until: writeLocalTime(zone.toLocal(Date.parse(layer.end))) } : {}),
    ...(hours.length === 0 ? {} : { hours: hours.length === 1 ? hours[0]! : hours }),
  };
}

/** Empty where nothing is restricted. */
function readRestrictions(
  { restrictions = [] }: PagerDutyLayer,
  leaveOut: (what: string) => undefined,
): WrittenHours[] {
  const found: WrittenHours[] = [];
  for (const { type, start_time_of_day, start_day_of_week, duration_seconds } of restrictions) {
    const [hours = 0, minutes = 0, seconds = 0] = start_time_of_day.split(':').map(Number);
    if (seconds > 0 || duration_seconds % 60 > 0)
      leaveOut(`the seconds of its restriction from ${start_time_of_day} for ${duration_seconds} s`);
    const [begins, lasts] = [hours * 60 + minutes, Math.floor(duration_seconds / 60)];
    if (type === 'daily_restriction') {
      if (lasts >= DAY_MINUTES) return [];
      found.push({ from: writeTimeOfDay(begins), to: writeTimeOfDay((begins + lasts) % DAY_MINUTES || DAY_MINUTES) });
    } else {
      if (lasts >= WEEK_MINUTES) return [];
      // 1 is Monday, as in ISO 8601.
      const minute = ((start_day_of_week ?? 1) - 1) * DAY_MINUTES + begins;
      found.push({ from: writeHourOfWeek(minute), to: writeHourOfWeek(minute + lasts) });
    }
  }
  return found;
}
