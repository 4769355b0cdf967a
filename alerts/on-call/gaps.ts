import type { Instant } from '../../core/clock.ts';
import { timeZone } from '../../core/time-zone.ts';
import { formatDuration } from '../../core/units.ts';
import type { Schedule } from './on-call.ts';
import { shifts } from './shifts.ts';

const HOUR_MS = 3_600_000;
const LOOK_MS = 28 * 24 * HOUR_MS;

/** One sentence about the time in which nobody is on call in the next four weeks; null when there is none. */
export function gapNote(schedule: Schedule, at: Instant): string | null {
  // What begins later is a plan: it is judged from when it stands.
  const zone = timeZone(schedule.timezone);
  const begins = Math.max(
    at,
    ...schedule.rotations.map(({ start, since }) => zone.instantOf(Math.max(start, since ?? start))),
  );
  const gaps = shifts(schedule, begins, begins + LOOK_MS).filter(({ users }) => users.length === 0);
  if (gaps.length === 0) return null;
  const total = gaps.reduce((sum, { from, until }) => sum + until - from, 0);
  const { from, until } = gaps[0]!;
  const words = (instant: Instant) => new Date(zone.toLocal(instant)).toISOString().slice(0, 16).replace('T', ' ');
  if (total === LOOK_MS) return `nobody is ever on call in ${schedule.key}`;
  const first = `first from ${words(from)} to ${words(until)} (${schedule.timezone})`;
  return `nobody is on call in ${schedule.key} for ${formatDuration(total)} of four weeks, ${first}`;
}
