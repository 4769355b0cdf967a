import type { QuietHours } from './policy.ts';
import type { PolicyFile } from './schema.ts';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Reads `mon` or `mon-fri` as days, 0 is Sunday; undefined when it is neither. */
export function daysOf(written: string): number[] | undefined {
  const [first, last = first, ...more] = written.toLowerCase().split('-');
  const [from, to] = [DAYS.indexOf(first!), DAYS.indexOf(last!)];
  if (from < 0 || to < 0 || more.length > 0) return undefined;
  return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, index) => (from + index) % 7);
}

export function isTimezone(name: string): boolean {
  try {
    // An offset is no place: it has no summer time.
    return !/^[+-]/.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

/** Only of what was checked. */
export function compileQuietHours(written: NonNullable<PolicyFile['quiet_hours']>): QuietHours[] {
  return (['P2', 'P3', 'P4'] as const).flatMap((priority) => {
    const quiet = written[priority];
    if (!quiet) return [];
    const days = [...new Set((quiet.days ?? []).flatMap((day) => daysOf(day)!))].sort();
    return [
      {
        priority,
        from_minute: minuteOf(quiet.from),
        to_minute: minuteOf(quiet.to),
        timezone: quiet.timezone,
        days,
      },
    ];
  });
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}
