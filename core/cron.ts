import { parse, validate } from 'node-cron';
import type { Instant } from './clock.ts';
import { type LocalDay, type LocalTime, timeZone } from './time-zone.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
// 29 February on a given weekday returns after 40 years at most (1900 and 2100 are no leap years).
const FARTHEST_DAYS = 41 * 366;

interface CronFields {
  seconds: number[];
  minutes: number[];
  hours: number[];
  months: Set<number>;
  daysOfMonth: (number | string)[];
  daysOfWeek: (number | string)[];
  /** A restricted day of month and a restricted day of week are alternatives (POSIX crontab). */
  eitherDay: boolean;
  /** The hour is a wildcard: fires follow elapsed time through clock changes. */
  elapsed: boolean;
}

const expressions = new Map<string, CronFields>();

function fieldsOf(cron: string): CronFields {
  const known = expressions.get(cron);
  if (known) return known;
  const parsed = parse(cron);
  const tokens = cron.trim().split(/\s+/);
  const [hour, dayOfMonth, , dayOfWeek] = tokens.slice(tokens.length === 6 ? 2 : 1);
  const ascending = (numbers: number[]) => [...new Set(numbers)].sort((a, b) => a - b);
  const open = (token: string | undefined) => !token || token.startsWith('*') || token === '?';
  const fields: CronFields = {
    seconds: ascending(parsed.second),
    minutes: ascending(parsed.minute),
    hours: ascending(parsed.hour),
    months: new Set(parsed.month),
    daysOfMonth: parsed.dayOfMonth,
    daysOfWeek: parsed.dayOfWeek,
    eitherDay: !open(dayOfMonth) && !open(dayOfWeek),
    elapsed: hour?.startsWith('*') || parsed.hour.length === 24,
  };
  if (expressions.size > 10_000) expressions.clear();
  expressions.set(cron, fields);
  return fields;
}

/** No field of a cron expression has a number of more digits: a range such as 1-99999999 would be counted out. */
const LONG_NUMBER = /\d{3}/;
const LONGEST_EXPRESSION = 200;

/** Whether a text is a cron expression: five fields, or six with seconds first. */
export function isCronExpression(text: string): boolean {
  return text.length <= LONGEST_EXPRESSION && !LONG_NUMBER.test(text) && validate(text);
}

/** Whether the hour is a wildcard, so that fires follow elapsed time through clock changes. */
export function followsElapsedTime(cron: string): boolean {
  return fieldsOf(cron).elapsed;
}

/**
 * The first instant strictly after `after` at which a cron expression fires, Infinity when there is none in 40 years.
 * With a wildcard hour, fires follow elapsed time: skipped local times do not fire, repeated ones fire twice.
 * With a fixed hour, a time that the clocks skip fires when the gap ends, and a repeated one fires the first time only.
 * @param cron a valid expression: five fields, or six with seconds first
 * @param zone a known IANA name
 */
export function nextCronFire(cron: string, zone: string, after: Instant): Instant {
  const fields = fieldsOf(cron);
  const clock = timeZone(zone);
  // A repeated or skipped hour at midnight can put an instant of the previous local day after one of this day.
  const first = Math.floor(clock.toLocal(after) / DAY_MS) * DAY_MS - DAY_MS;
  for (let day = 0; day < FARTHEST_DAYS; day++) {
    const midnight = first + day * DAY_MS;
    if (!firesOn(fields, midnight)) continue;
    const found = firstOfDay(fields, clock.day(midnight), midnight, after);
    if (found !== undefined) return found;
  }
  return Number.POSITIVE_INFINITY;
}

function firstOfDay(fields: CronFields, day: LocalDay, midnight: LocalTime, after: Instant): Instant | undefined {
  const steady = day.change === Number.POSITIVE_INFINITY;
  let best: Instant | undefined;
  for (const hour of fields.hours) {
    const hourStart = midnight + hour * HOUR_MS;
    if (steady && hourStart + HOUR_MS - day.before <= after) continue;
    for (const minute of fields.minutes) {
      const minuteStart = hourStart + minute * MINUTE_MS;
      if (steady && minuteStart + MINUTE_MS - day.before <= after) continue;
      for (const second of fields.seconds) {
        for (const instant of instantsOf(minuteStart + second * SECOND_MS, day, fields.elapsed)) {
          if (instant > after && (best === undefined || instant < best)) best = instant;
        }
        // Without a clock change local times ascend, so the first hit is the earliest.
        if (steady && best !== undefined) return best;
      }
    }
  }
  return best;
}

/** When the wall clock shows a local time, as the cron kind wants it. */
function instantsOf(local: LocalTime, day: LocalDay, elapsed: boolean): Instant[] {
  const early = local - day.before;
  if (day.change === Number.POSITIVE_INFINITY) return [early];
  const late = local - day.after;
  const shown = [...(early < day.change ? [early] : []), ...(late >= day.change ? [late] : [])];
  if (elapsed) return shown;
  return shown.length > 0 ? shown.slice(0, 1) : [day.change];
}

function firesOn(fields: CronFields, midnight: LocalTime): boolean {
  const date = new Date(midnight);
  if (!fields.months.has(date.getUTCMonth() + 1)) return false;
  const ofMonth = fields.daysOfMonth.some((day) => matchesDayOfMonth(day, date));
  const ofWeek = fields.daysOfWeek.some((day) => matchesDayOfWeek(day, date));
  return fields.eitherDay ? ofMonth || ofWeek : ofMonth && ofWeek;
}

const lengthOfMonth = (date: Date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();

/** A number, `L` (last day), `LW` (last weekday) or `15W` (the weekday nearest the 15th, within the month). */
function matchesDayOfMonth(wanted: number | string, date: Date): boolean {
  const day = date.getUTCDate();
  if (typeof wanted === 'number') return day === wanted;
  const last = lengthOfMonth(date);
  if (wanted === 'L') return day === last;
  const target = wanted === 'LW' ? last : Number.parseInt(wanted, 10);
  return target <= last && day === nearestWeekday(date, target, last);
}

function nearestWeekday(date: Date, target: number, last: number): number {
  const weekday = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), target)).getUTCDay();
  if (weekday === 6) return target === 1 ? 3 : target - 1;
  if (weekday === 0) return target === last ? target - 2 : target + 1;
  return target;
}

/** A number with Sunday as 0, `5L` (the last Friday) or `5#2` (the second Friday). */
function matchesDayOfWeek(wanted: number | string, date: Date): boolean {
  if (typeof wanted === 'number') return date.getUTCDay() === wanted % 7;
  if (date.getUTCDay() !== Number.parseInt(wanted, 10) % 7) return false;
  const day = date.getUTCDate();
  if (wanted.toUpperCase().endsWith('L')) return day > lengthOfMonth(date) - 7;
  return Math.ceil(day / 7) === Number(wanted.split('#')[1]);
}
