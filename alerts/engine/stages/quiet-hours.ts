import { timeZone } from '../../../core/time-zone.ts';
import type { QuietHours } from '../../policies/policy.ts';
import type { HoldingStage } from './stage.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Stretches that follow one another without a gap are one; a week's worth of them is no rest but silence. */
const MOST_JOINED = 15;

/** A page that may wait for the morning does. One of P1 never does, whatever the policy says. */
export const quietHours: HoldingStage = {
  name: 'quiet_hours',
  timed: true,
  passes: 'no quiet hours hold for its priority',
  hold(row, draft) {
    const { priority } = row.incident;
    if (priority === 'P1') return null;
    const own = row.quiet_hours.filter((hours) => hours.priority === priority);
    const end = quietUntil(own, draft.now);
    if (end === null) return null;
    const zone = own[0]!.timezone;
    const local = new Date(timeZone(zone).toLocal(end)).toISOString().slice(11, 16);
    return { reason: `quiet hours of ${priority} until ${local} ${zone}`, until: new Date(end).toISOString() };
  },
};

/** When the quiet hours that hold at an instant end; null when none do, or when they never would. */
export function quietUntil(hours: readonly QuietHours[], at: number): number | null {
  let end: number | null = null;
  for (let joined = 0; joined < MOST_JOINED; joined++) {
    const next = Math.max(...hours.map((one) => endOf(one, end ?? at) ?? Number.NEGATIVE_INFINITY));
    if (next === Number.NEGATIVE_INFINITY) return end;
    end = next;
  }
  // Hours without end would keep for ever what nobody has heard of.
  return null;
}

function endOf({ from_minute, to_minute, timezone, days }: QuietHours, at: number): number | null {
  const zone = timeZone(timezone);
  const today = Math.floor(zone.toLocal(at) / DAY_MS) * DAY_MS;
  const lasts = to_minute > from_minute ? to_minute : to_minute + 24 * 60;
  for (const midnight of [today, today - DAY_MS]) {
    if (days.length > 0 && !days.includes(new Date(midnight).getUTCDay())) continue;
    const from = zone.instantOf(midnight + from_minute * MINUTE_MS);
    const until = zone.instantOf(midnight + lasts * MINUTE_MS);
    if (from <= at && at < until) return until;
  }
  return null;
}
