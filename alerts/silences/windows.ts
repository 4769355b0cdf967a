import { nextCronFire } from '../../core/cron.ts';
import type { MaintenanceWindow } from './silence.ts';

/** A stretch of time in wall-clock milliseconds, `until` exclusive. */
export interface Stretch {
  from: number;
  until: number;
}

/** Windows that follow one another without a gap are one; more of them than this are told piece by piece. */
const MOST_JOINED = 50;

/**
 * The stretch of a maintenance window that holds at an instant, null when none does. A window on a cron begins by the
 * wall clock of its zone, across clock changes, and lasts its duration in elapsed time.
 */
export function windowAt(window: Pick<MaintenanceWindow, 'schedule'>, at: number): Stretch | null {
  const { schedule } = window;
  if (!('cron' in schedule)) {
    const [from, until] = [Date.parse(schedule.starts_at), Date.parse(schedule.ends_at)];
    return from <= at && at < until ? { from, until } : null;
  }
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

/** When the window next begins or ends; Infinity when it never does again. */
export function nextChange(window: Pick<MaintenanceWindow, 'schedule'>, at: number): number {
  const now = windowAt(window, at);
  if (now) return now.until;
  const { schedule } = window;
  if ('cron' in schedule) return nextCronFire(schedule.cron, schedule.timezone, at);
  const from = Date.parse(schedule.starts_at);
  return from > at ? from : Number.POSITIVE_INFINITY;
}
