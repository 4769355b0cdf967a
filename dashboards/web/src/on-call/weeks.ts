import type { OnCallShift } from '../../../../control/resources.ts';

/** A stretch of a shift within one week, as shares of its width, 0 to 1. */
export interface Piece {
  shift: OnCallShift;
  from: number;
  to: number;
}

export interface Week {
  /** Local midnights of its seven days, and that after them; Unix milliseconds. */
  days: readonly number[];
  pieces: readonly Piece[];
  /** Where the present is; null in other weeks. */
  now: number | null;
}

const WEEKS = 4;
const DAY_MS = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** The wall clock of a zone as if it were UTC. */
function toLocal(at: number, zone: string): number {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
  }
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(at)) part[type] = Number(value);
  return Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute, part.second);
}

/** When a day begins in a zone. Where a clock change skips its midnight, the moment of that change. */
function midnight(localDay: number, zone: string): number {
  const nearer = (at: number) => at + localDay - toLocal(at, zone);
  const found = nearer(nearer(localDay));
  return Math.max(found, nearer(found));
}

/** Midnights of four weeks from the Monday of the present one, by the wall clock of a zone; one more than days. */
export function dayStarts(now: number, zone: string): number[] {
  const local = toLocal(now, zone);
  const today = local - (((local % DAY_MS) + DAY_MS) % DAY_MS);
  const monday = today - ((new Date(today).getUTCDay() + 6) % 7) * DAY_MS;
  return Array.from({ length: WEEKS * 7 + 1 }, (_, day) => midnight(monday + day * DAY_MS, zone));
}

/** Shifts laid out by weeks. Every day is as wide as any other, also one of 23 or 25 hours. */
export function weeksOf(shifts: readonly OnCallShift[], starts: readonly number[], now: number): Week[] {
  return Array.from({ length: WEEKS }, (_, week) => {
    const days = starts.slice(week * 7, week * 7 + 8);
    const [begin, end] = [days[0]!, days.at(-1)!];
    const pieces = shifts.flatMap((shift): Piece[] => {
      const from = Math.max(begin, Date.parse(shift.from));
      const to = Math.min(end, Date.parse(shift.to));
      return to > from ? [{ shift, from: place(from, days), to: place(to, days) }] : [];
    });
    return { days, pieces, now: now >= begin && now < end ? place(now, days) : null };
  });
}

function place(at: number, days: readonly number[]): number {
  const day = Math.min(
    6,
    days.findLastIndex((start) => start <= at),
  );
  return (day + (at - days[day]!) / (days[day + 1]! - days[day]!)) / 7;
}
