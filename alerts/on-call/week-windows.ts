import type { WeekWindow } from './on-call.ts';
import { HOUR_OF_WEEK_PATTERN, type WrittenHours } from './schema.ts';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const DAY_MINUTES = 24 * 60;
const WEEK_MINUTES = 7 * DAY_MINUTES;
const HOUR_OF_WEEK = new RegExp(HOUR_OF_WEEK_PATTERN);

/** What is wrong with an entry of `hours`; undefined when nothing is. */
export function wrongHours({ from, to, days }: WrittenHours): { key: string; message: string } | undefined {
  const [begins, ends] = [readHour(from), readHour(to)];
  if (begins.minute === DAY_MINUTES) return { key: 'from', message: 'it begins at 00:00 of the day after' };
  if ((begins.day === null) !== (ends.day === null))
    return { key: 'to', message: 'from and to both name a day of the week, or neither does' };
  if (begins.day !== null && days) return { key: 'days', message: 'from and to say the day already' };
  return undefined;
}

/** The parts of the week that entries of `hours` make together, in order and apart; empty when that is all of it. */
export function readWindows(hours: readonly WrittenHours[]): WeekWindow[] {
  const parts = hours.flatMap(windowsOf).flatMap(({ from_minute, to_minute }) =>
    to_minute <= WEEK_MINUTES
      ? [{ from_minute, to_minute }]
      : [
          { from_minute, to_minute: WEEK_MINUTES },
          { from_minute: 0, to_minute: to_minute - WEEK_MINUTES },
        ],
  );
  const joined: { from_minute: number; to_minute: number }[] = [];
  for (const part of parts.toSorted((a, b) => a.from_minute - b.from_minute)) {
    const last = joined.at(-1);
    if (last && part.from_minute <= last.to_minute) last.to_minute = Math.max(last.to_minute, part.to_minute);
    else joined.push({ ...part });
  }
  const [first, last] = [joined[0], joined.at(-1)];
  if (!first || !last || first.from_minute > 0 || last.to_minute < WEEK_MINUTES) return joined;
  if (joined.length === 1) return [];
  // What goes on from Sunday to Monday is one window.
  last.to_minute += first.to_minute;
  return joined.slice(1);
}

function windowsOf({ from, to, days }: WrittenHours): WeekWindow[] {
  const [begins, ends] = [readHour(from), readHour(to)];
  if (begins.day !== null) {
    const from_minute = begins.day * DAY_MINUTES + begins.minute;
    const to_minute = ends.day! * DAY_MINUTES + ends.minute;
    return [{ from_minute, to_minute: to_minute > from_minute ? to_minute : to_minute + WEEK_MINUTES }];
  }
  const length = ends.minute - begins.minute + (ends.minute > begins.minute ? 0 : DAY_MINUTES);
  return (days ? readDays(days) : [...DAYS.keys()]).map((day) => {
    const from_minute = day * DAY_MINUTES + begins.minute;
    return { from_minute, to_minute: from_minute + length };
  });
}

/** Days of the week, Monday is 0; `fri-mon` goes over the week's end. */
function readDays(days: readonly string[]): number[] {
  const found = new Set<number>();
  for (const written of days) {
    const [first, last = first] = written.split('-').map((day) => DAYS.indexOf(day));
    for (let day = first!; ; day = (day + 1) % 7) {
      found.add(day);
      if (day === last) break;
    }
  }
  return [...found];
}

function readHour(text: string): { day: number | null; minute: number } {
  const [, , day, time] = HOUR_OF_WEEK.exec(text)!;
  const [hours, minutes] = time!.split(':').map(Number);
  return { day: day ? DAYS.indexOf(day) : null, minute: hours! * 60 + minutes! };
}

/** `mon 09:00` of a minute of the week; 0 is Monday 00:00. */
export function writeHourOfWeek(minute: number): string {
  const within = minute % WEEK_MINUTES;
  return `${DAYS[Math.floor(within / DAY_MINUTES)]} ${writeTimeOfDay(within % DAY_MINUTES)}`;
}

/** `09:00`, also `24:00`. */
export function writeTimeOfDay(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}
