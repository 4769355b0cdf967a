/**
 * A second opinion on cron and clock changes that shares no code and no idea with the real one: it walks through real
 * time minute by minute and reads a wall clock, as a person with a list of appointments would. Slow, and easy to believe.
 */

const MINUTE_MS = 60_000;

interface Wall {
  /** The local time as if it were UTC, milliseconds. */
  local: number;
  month: number;
  day: number;
  weekday: number;
  hour: number;
  minute: number;
}

/** All fires in [from, to] of five plain fields: numbers, lists, ranges and steps. Instants in milliseconds. */
export function walkedFires(cron: string, zone: string, from: number, to: number): number[] {
  const [minutes, hours, days, months, weekdays] = cron.split(' ') as [string, string, string, string, string];
  const everyHour = hours.startsWith('*');
  const wanted = (wall: Wall) => {
    const onDay = has(days, wall.day, 1, 31);
    const onWeekday = has(weekdays, wall.weekday, 0, 6);
    const dated = days !== '*' && weekdays !== '*' ? onDay || onWeekday : onDay && onWeekday;
    return dated && has(months, wall.month, 1, 12) && has(hours, wall.hour, 0, 23) && has(minutes, wall.minute, 0, 59);
  };

  const fires: number[] = [];
  const shown = new Set<number>();
  const clock = wallClock(zone);
  // A day earlier, so that what was shown before the window counts as shown.
  let previous = clock(from - 1_440 * MINUTE_MS).local;
  for (let now = from - 1_440 * MINUTE_MS; now <= to; now += MINUTE_MS) {
    const wall = clock(now);
    let fire = wanted(wall) && (everyHour || !shown.has(wall.local));
    if (!everyHour) {
      for (let skipped = previous + MINUTE_MS; skipped < wall.local; skipped += MINUTE_MS) {
        fire ||= wanted(asUtc(skipped));
      }
    }
    shown.add(wall.local);
    previous = wall.local;
    if (fire && now >= from) fires.push(now);
  }
  return fires;
}

/** What the clocks of a zone show at an instant: `03-08 03:00 -04:00`. */
export function wallWords(instant: number, zone: string): string {
  const { local } = wallClock(zone)(instant);
  const shift = (local - instant) / MINUTE_MS;
  const two = (number: number) => String(Math.floor(number)).padStart(2, '0');
  const offset = `${shift < 0 ? '-' : '+'}${two(Math.abs(shift) / 60)}:${two(Math.abs(shift) % 60)}`;
  return `${new Date(local).toISOString().slice(5, 16).replace('T', ' ')} ${offset}`;
}

function wallClock(zone: string): (instant: number) => Wall {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  return (instant) => asUtc(Date.parse(`${format.format(instant).replace(' ', 'T')}Z`));
}

function asUtc(local: number): Wall {
  const date = new Date(local);
  return {
    local,
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
  };
}

function has(field: string, value: number, least: number, most: number): boolean {
  return field.split(',').some((part) => {
    const [range, step = '1'] = part.split('/') as [string, string?];
    const [low, high] = range === '*' ? [least, most] : range.split('-').map(Number);
    const end = high ?? (part.includes('/') ? most : low!);
    return value >= low! && value <= end && (value - low!) % Number(step) === 0;
  });
}
