import type { Instant } from '../../core/clock.ts';
import type { OnCall, Schedule } from './on-call.ts';
import { nowAndNext } from './shifts.ts';
import type { Recipient } from './targets.ts';

const WEEK_MS = 7 * 86_400_000;

/**
 * Whom a recipient is, for people: `call-kim of Kim (on call in primary until Mon 09:00 Asia/Seoul)`; the channel alone
 * where no person is behind it.
 * @param at wall-clock milliseconds, when the step that names them is carried out
 */
export type NameRecipient = (recipient: Recipient, at: Instant) => string;

/** @param onCall as it is when a step is carried out */
export function nameRecipient(onCall: () => OnCall): NameRecipient {
  return ({ channel, user, schedule }, at) => {
    const { users, schedules } = onCall();
    if (user === null) return channel;
    const turn = schedule === undefined ? undefined : schedules.get(schedule);
    return `${channel} of ${users.get(user)?.name ?? user}${turn ? ` (on call in ${turn.key}${until(turn, at)})` : ''}`;
  };
}

function until(schedule: Schedule, at: Instant): string {
  const end = nowAndNext(schedule, at).until;
  if (end === null) return '';
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: schedule.timezone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(end);
  const part = (wanted: string) => parts.find(({ type }) => type === wanted)!.value;
  // A weekday alone would be taken for the next one of that name.
  const day = end - at < WEEK_MS ? part('weekday') : `${part('weekday')} ${part('day')} ${part('month')}`;
  return ` until ${day} ${part('hour')}:${part('minute')} ${schedule.timezone}`;
}
