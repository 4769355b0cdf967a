import type { Instant } from '../../core/clock.ts';
import { coverage } from './coverage.ts';
import type { Override, Schedule, Shift } from './on-call.ts';

const DAY_MS = 86_400_000;
/** How far `next` looks: by then nobody waits for the answer. Nearer days first, which are cheaper. */
const LOOK_AHEAD_DAYS = [2, 9, 70, 400];

/** Users who are on call at an instant; empty when nobody is. */
export function whoIsOnCall(schedule: Schedule, at: Instant): readonly string[] {
  const override = schedule.overrides.findLast(({ from, until }) => from <= at && at < until);
  if (override) return override.users;
  for (let index = schedule.rotations.length - 1; index >= 0; index--) {
    const [turn] = coverage(schedule.rotations[index]!, schedule.timezone, at, at + 1);
    if (turn) return turn.users;
  }
  return [];
}

/**
 * Who is on call, one shift after the other: they tile the time from `from` to `until` without gap or overlap, and where
 * nobody is on call a shift without users says so. A hand-over from somebody to the same person begins a new shift.
 * The first and the last are cut at the time asked for. Cost grows with the number of shifts.
 */
export function shifts(schedule: Schedule, from: Instant, until: Instant): Shift[] {
  if (until <= from) return [];
  let tiles: Shift[] = [{ from, until, users: [], rotation: null, override: null }];
  for (const rotation of schedule.rotations) {
    const turns = coverage(rotation, schedule.timezone, from, until);
    tiles = layOver(
      tiles,
      turns.map((turn) => ({ ...turn, rotation: rotation.name, override: null })),
    );
  }
  for (const layer of overrideLayers(schedule.overrides, from, until)) tiles = layOver(tiles, layer);
  return tiles;
}

export interface OnCallNow {
  /** Empty when nobody is on call. */
  readonly users: readonly string[];
  /** Until somebody else, or nobody, is; null when that is more than a year away. */
  readonly until: Instant | null;
  /** The next shift of somebody else, whole; null when it is more than a year away. */
  readonly next: Shift | null;
}

/** Who is on call, how long, and who is next. */
export function nowAndNext(schedule: Schedule, at: Instant): OnCallNow {
  let until: Instant | null = null;
  for (const days of LOOK_AHEAD_DAYS) {
    const end = at + days * DAY_MS;
    const ahead = shifts(schedule, at, end);
    const change = ahead.findIndex(({ users }) => !sameUsers(users, ahead[0]!.users));
    if (change < 0) continue;
    until = ahead[change]!.from;
    const next = ahead.find(({ users }, index) => index >= change && users.length > 0);
    if (next) return { users: ahead[0]!.users, until, next: next.until < end ? next : whole(schedule, next) };
  }
  return { users: whoIsOnCall(schedule, at), until, next: null };
}

/** The next shift of somebody else; null when it is more than a year away. */
export function next(schedule: Schedule, at: Instant): Shift | null {
  return nowAndNext(schedule, at).next;
}

/** A shift that was cut at its end, to its end or that of the longest look. */
function whole(schedule: Schedule, shift: Shift): Shift {
  return shifts(schedule, shift.from, shift.from + LOOK_AHEAD_DAYS.at(-1)! * DAY_MS)[0]!;
}

function sameUsers(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((user, index) => user === b[index]);
}

/** In one layer where they are apart, as they should be; else one above the other. */
function overrideLayers(overrides: readonly Override[], from: Instant, until: Instant): Shift[][] {
  const within = overrides
    .map(({ id, users, ...at }) => ({
      from: Math.max(from, at.from),
      until: Math.min(until, at.until),
      users,
      rotation: null,
      override: id,
    }))
    .filter((shift) => shift.from < shift.until);
  const inOrder = within.toSorted((a, b) => a.from - b.from);
  const apart = inOrder.every((shift, index) => index === 0 || inOrder[index - 1]!.until <= shift.from);
  return apart ? [inOrder] : within.map((shift) => [shift]);
}

/** Cuts `above` out of `below` and puts it there. Both in order and apart. */
function layOver(below: readonly Shift[], above: readonly Shift[]): Shift[] {
  const result: Shift[] = [];
  let index = 0;
  for (const tile of below) {
    let begins = tile.from;
    while (index < above.length && above[index]!.from < tile.until) {
      const cover = above[index]!;
      if (cover.from > begins) result.push({ ...tile, from: begins, until: cover.from });
      // Whole, where it begins: later tiles are only shortened by it.
      if (cover.from >= tile.from) result.push(cover);
      begins = Math.max(begins, Math.min(cover.until, tile.until));
      if (cover.until > tile.until) break;
      index++;
    }
    if (begins < tile.until) result.push({ ...tile, from: begins });
  }
  return result;
}
