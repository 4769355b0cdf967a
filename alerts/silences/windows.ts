import { nextCronFire } from '../../core/cron.ts';
import type { MaintenanceWindow } from './silence.ts';

/** A stretch of time in wall-clock milliseconds, `until` exclusive. */
export interface Stretch {
  from: number;
  until: number;
}

/** Windows that follow one another without a gap are one; more of them than this are told piece by piece. */
const MOST_JOINED = 50;

/** What was found out last about a schedule: it holds, or does not, from one instant to another. */
const lately = new WeakMap<MaintenanceWindow['schedule'], { from: number; until: number; stretch: Stretch | null }>();

/**
 * The stretch of a maintenance window that holds at an instant, null when none does. A window on a cron begins by the
 * wall clock of its zone, across clock changes, and lasts its duration in elapsed time.
 */
export function windowAt({ schedule }: Pick<MaintenanceWindow, 'schedule'>, at: number): Stretch | null {
  const known = lately.get(schedule);
  if (known && known.from <= at && at < known.until) return known.stretch;
  const stretch = 'cron' in schedule ? recurringAt(schedule, at) : onceAt(schedule, at);
  const next = stretch ? stretch.until : nextBegin(schedule, at);
  lately.set(schedule, { from: stretch?.from ?? at, until: next, stretch });
  return stretch;
}

/** When the window next begins or ends; Infinity when it never does again. */
export function nextChange(window: Pick<MaintenanceWindow, 'schedule'>, at: number): number {
  windowAt(window, at);
  return lately.get(window.schedule)!.until;
}

function onceAt({ starts_at, ends_at }: { starts_at: string; ends_at: string }, at: number): Stretch | null {
  const [from, until] = [Date.parse(starts_at), Date.parse(ends_at)];
  return from <= at && at < until ? { from, until } : null;
}

function recurringAt(schedule: { cron: string; timezone: string; duration_ms: number }, at: number): Stretch | null {
  const { cron, timezone, duration_ms } = schedule;
  let begin = nextCronFire(cron, timezone, at - duration_ms);
  if (begin > at) return null;
  const from = begin;
  let until = begin + duration_ms;
  for (let joined = 0; joined < MOST_JOINED; joined++) {
    begin = nextCronFire(cron, timezone, begin);
    if (begin > until) break;
    until = begin + duration_ms;
  }
  return { from, until };
}

function nextBegin(schedule: MaintenanceWindow['schedule'], at: number): number {
  if ('cron' in schedule) return nextCronFire(schedule.cron, schedule.timezone, at);
  const from = Date.parse(schedule.starts_at);
  return from > at ? from : Number.POSITIVE_INFINITY;
}
