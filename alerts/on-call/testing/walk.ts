import type { Rotation, Schedule } from '../on-call.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const WEEK_MINUTES = 7 * 24 * 60;

/**
 * Who is on call in each minute, found without turning a local time into an instant: someone looks at the wall clock
 * each minute and remembers the latest time that it has shown. Walk from a time before which the clocks did not change.
 */
export function walk(schedule: Schedule, from: number, until: number): string[] {
  const found: string[] = [];
  let latest = Number.NEGATIVE_INFINITY;
  for (let now = from; now < until; now += MINUTE) {
    latest = Math.max(latest, wallClock(schedule.timezone, now));
    found.push(who(schedule, now, latest).join('+'));
  }
  return found;
}

function who({ rotations, overrides }: Schedule, now: number, shown: number): readonly string[] {
  for (const { from, until, users } of [...overrides].reverse()) if (now >= from && now < until) return users;
  for (const rotation of [...rotations].reverse()) {
    if (!applies(rotation, shown)) continue;
    return rotation.turns[turnsBegun(rotation, shown) % rotation.turns.length]!;
  }
  return [];
}

function applies({ start, since, until, windows }: Rotation, shown: number): boolean {
  if (shown < start || (since !== null && shown < since) || (until !== null && shown >= until)) return false;
  if (windows.length === 0) return true;
  const date = new Date(shown);
  const minute = ((date.getUTCDay() + 6) % 7) * 1_440 + date.getUTCHours() * 60 + date.getUTCMinutes();
  return windows.some(
    ({ from_minute, to_minute }) => (minute - from_minute + WEEK_MINUTES) % WEEK_MINUTES < to_minute - from_minute,
  );
}

/** How many hand-overs the clock has shown after the first. */
function turnsBegun({ start, every }: Rotation, shown: number): number {
  if (every.unit === 'hours') return Math.trunc((shown - start) / (every.count * HOUR));
  let turn = 0;
  while (monthsLater(start, (turn + 1) * every.count) <= shown) turn++;
  return turn;
}

function monthsLater(start: number, months: number): number {
  for (let tooLong = 0; ; tooLong++) {
    const date = new Date(start - tooLong * 24 * HOUR);
    const wanted = (date.getUTCMonth() + months) % 12;
    date.setUTCMonth(date.getUTCMonth() + months);
    if (date.getUTCMonth() === wanted) return date.getTime();
  }
}

const clocks = new Map<string, Intl.DateTimeFormat>();
const readings = new Map<string, Map<number, number>>();

function wallClock(zone: string, now: number): number {
  const known = readings.get(zone) ?? new Map<number, number>();
  readings.set(zone, known);
  let reading = known.get(now);
  if (reading === undefined) {
    // Swedish writes times as ISO 8601 does.
    const clock =
      clocks.get(zone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
    clocks.set(zone, clock);
    reading = Date.parse(`${clock.format(now).replace(' ', 'T')}Z`);
    known.set(now, reading);
  }
  return reading;
}
