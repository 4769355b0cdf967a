import { createHash } from 'node:crypto';
import type { Instant } from '../../core/clock.ts';
import { contentLines, escapedText } from '../content-lines.ts';
import type { OnCall, Schedule, Shift } from './on-call.ts';
import { shifts } from './shifts.ts';

const HOUR_MS = 3_600_000;

export interface CalendarView {
  title: string;
  from: Instant;
  until: Instant;
  /** When the schedules last changed: who reads the feed again sees whether there is news. */
  changedAt: Instant;
  /** Key of a user: only what concerns this person. */
  user?: string;
}

/**
 * Shifts as iCalendar (RFC 5545). Times are in UTC, which needs no zone definitions. The same shift has the same UID
 * whenever the feed is read, so that calendars move an event instead of making another.
 */
export function writeCalendar(onCall: OnCall, schedules: readonly Schedule[], view: CalendarView): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Ringdown//On-call//EN',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    // RFC 7986 section 5.1 and 5.7, and what calendars read that do not know it.
    `NAME:${escapedText(view.title)}`,
    `X-WR-CALNAME:${escapedText(view.title)}`,
    'REFRESH-INTERVAL;VALUE=DURATION:PT1H',
    'X-PUBLISHED-TTL:PT1H',
    ...schedules.flatMap((schedule) =>
      wholeShifts(schedule, view)
        .filter(({ users }) => users.length > 0 && (view.user === undefined || users.includes(view.user)))
        .flatMap((shift) => event(onCall, schedule, shift, view)),
    ),
    'END:VCALENDAR',
  ];
  return contentLines(lines);
}

/** Those that touch the view, not cut by it: an event that shrinks as days pass would be another event. */
function wholeShifts(schedule: Schedule, { from, until }: CalendarView): Shift[] {
  const turns = schedule.rotations.map(({ every }) => every.count * (every.unit === 'hours' ? 1 : 31 * 24) * HOUR_MS);
  const overrides = schedule.overrides.map((override) => override.until - override.from);
  const margin = [...turns, ...overrides].reduce((longest, length) => Math.max(longest, length), 0) + 48 * HOUR_MS;
  return shifts(schedule, from - margin, until + margin).filter((shift) => shift.from < until && from < shift.until);
}

function event(onCall: OnCall, schedule: Schedule, shift: Shift, { changedAt, user }: CalendarView): string[] {
  const names = shift.users.map((key) => onCall.users.get(key)?.name ?? key).join(', ');
  const identity = JSON.stringify([schedule.key, shift.from, shift.users]);
  const uid = createHash('sha256').update(identity).digest('hex').slice(0, 32);
  const override = schedule.overrides.find(({ id }) => id === shift.override);
  const why = override ? `Override, by ${override.created_by}` : `Rotation: ${shift.rotation}`;
  return [
    'BEGIN:VEVENT',
    `UID:${uid}@ringdown`,
    `DTSTAMP:${utc(changedAt)}`,
    `DTSTART:${utc(shift.from)}`,
    `DTEND:${utc(shift.until)}`,
    `SUMMARY:${escapedText(user === undefined ? `${names} (${schedule.name})` : `On call: ${schedule.name}`)}`,
    `DESCRIPTION:${escapedText(`On call: ${names}\nSchedule: ${schedule.name}\n${why}`)}`,
    // Being on call does not make anyone busy.
    'TRANSP:TRANSPARENT',
    'END:VEVENT',
  ];
}

function utc(instant: Instant): string {
  return `${new Date(instant).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}
