import type { Instant } from '../../core/clock.ts';
import { type LocalTime, timeZone } from '../../core/time-zone.ts';
import type { Rotation, TurnLength } from './on-call.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** 1970-01-05 was a Monday. */
const FIRST_MONDAY: LocalTime = 4 * DAY_MS;
/** No wall clock is further from UTC, and none jumps by more. */
const FARTHEST_OFFSET_MS = 26 * HOUR_MS;

/** Half-open: `until` is not part of it. */
export interface Interval {
  readonly from: Instant;
  readonly until: Instant;
}

export interface Turn extends Interval {
  readonly users: readonly string[];
}

type Zone = ReturnType<typeof timeZone>;

/**
 * When a rotation has people on call, cut to the time asked for: in order, apart, one entry for each part of a turn.
 * Hand-overs, `since`, `until` and hours are wall-clock times: one in a gap happens at its end, a repeated one the first time.
 */
export function coverage(rotation: Rotation, timezone: string, from: Instant, until: Instant): Turn[] {
  const zone = timeZone(timezone);
  const first = Math.max(from, zone.instantOf(Math.max(rotation.start, rotation.since ?? rotation.start)));
  const last = rotation.until === null ? until : Math.min(until, zone.instantOf(rotation.until));
  if (first >= last) return [];
  const turns = turnsWithin(rotation, zone, first, last);
  return rotation.windows.length === 0 ? turns : intersect(turns, windowsWithin(rotation, zone, first, last));
}

function turnsWithin(rotation: Rotation, zone: Zone, from: Instant, until: Instant): Turn[] {
  const found: Turn[] = [];
  const handOver = (turn: number) => zone.instantOf(localHandOver(rotation.start, rotation.every, turn));
  let turn = turnNear(rotation, zone.toLocal(from));
  while (handOver(turn) > from) turn--;
  while (handOver(turn + 1) <= from) turn++;
  for (let begins = from; begins < until; turn++) {
    const ends = Math.min(until, handOver(turn + 1));
    // A turn that lies within a gap of the clocks never happens.
    if (ends > begins) found.push({ from: begins, until: ends, users: rotation.turns[turn % rotation.turns.length]! });
    begins = Math.max(begins, ends);
  }
  return found;
}

/** The wall-clock time at which a turn begins; turn 0 begins at the start. */
function localHandOver(start: LocalTime, every: TurnLength, turn: number): LocalTime {
  if (every.unit === 'hours') return start + turn * every.count * HOUR_MS;
  const date = new Date(start);
  const month = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + turn * every.count, 1);
  const next = new Date(month);
  const length = new Date(Date.UTC(next.getUTCFullYear(), next.getUTCMonth() + 1, 0)).getUTCDate();
  return month + (Math.min(date.getUTCDate(), length) - 1) * DAY_MS + (start % DAY_MS);
}

/** The turn that runs then, give or take one or two. */
function turnNear({ start, every }: Rotation, local: LocalTime): number {
  if (every.unit === 'hours') return Math.floor((local - start) / (every.count * HOUR_MS));
  const [then, first] = [new Date(local), new Date(start)];
  const months = (then.getUTCFullYear() - first.getUTCFullYear()) * 12 + then.getUTCMonth() - first.getUTCMonth();
  return Math.floor(months / every.count);
}

function windowsWithin(rotation: Rotation, zone: Zone, from: Instant, until: Instant): Interval[] {
  const found: Interval[] = [];
  // A window of the week before may reach into this one.
  const near = from - FARTHEST_OFFSET_MS - FIRST_MONDAY;
  let monday = FIRST_MONDAY + (Math.floor(near / WEEK_MS) - 1) * WEEK_MS;
  for (; monday - FARTHEST_OFFSET_MS < until; monday += WEEK_MS) {
    for (const { from_minute, to_minute } of rotation.windows) {
      // Looking up the zone costs more than all else here.
      if (monday + to_minute * MINUTE_MS + FARTHEST_OFFSET_MS <= from) continue;
      if (monday + from_minute * MINUTE_MS - FARTHEST_OFFSET_MS >= until) break;
      const begins = Math.max(from, zone.instantOf(monday + from_minute * MINUTE_MS));
      const ends = Math.min(until, zone.instantOf(monday + to_minute * MINUTE_MS));
      if (ends > begins) found.push({ from: begins, until: ends });
    }
  }
  return found;
}

/** Both in order and apart. */
function intersect(turns: readonly Turn[], windows: readonly Interval[]): Turn[] {
  const found: Turn[] = [];
  let first = 0;
  for (const turn of turns) {
    while (first < windows.length && windows[first]!.until <= turn.from) first++;
    for (let index = first; index < windows.length && windows[index]!.from < turn.until; index++) {
      const window = windows[index]!;
      found.push({
        from: Math.max(turn.from, window.from),
        until: Math.min(turn.until, window.until),
        users: turn.users,
      });
    }
  }
  return found;
}
