import type { Priority } from '../incident.ts';
import type { NotifyRule, OnCall, User } from './on-call.ts';
import { whoIsOnCall } from './shifts.ts';

/** Someone to be told through a channel, so long after the step that names them. */
export interface Recipient {
  channel: string;
  delay_ms: number;
  /** Key of the user; null for a channel that was named itself. */
  user: string | null;
  /** Key of the schedule that brought the user; absent where they were named themselves. */
  schedule?: string;
}

/**
 * Turns what an escalation step names into channels, at the moment the step is carried out.
 * @param target a channel's name, `on-call:<schedule>` or `user:<name>`
 * @param at wall-clock milliseconds
 * @returns nobody where nobody is on call, or the user wants nothing of that priority
 */
export type ResolveTarget = (target: string, priority: Priority, at: number) => readonly Recipient[];

/** Without on-call schedules a target is the channel of that name. */
export const channelsOnly: ResolveTarget = (channel) => [{ channel, delay_ms: 0, user: null }];

const TARGET = /^(on-call|user):(.*)$/s;

/**
 * @param onCall as it is when a step is carried out, overrides of the moment included
 * @returns a schedule or user that is not there any more resolves to nobody
 */
export function resolveTarget(onCall: () => OnCall): ResolveTarget {
  return (target, priority, at) => {
    const [, kind, name] = TARGET.exec(target) ?? [];
    if (name === undefined) return channelsOnly(target, priority, at);
    const { users, schedules } = onCall();
    const schedule = kind === 'on-call' ? schedules.get(name) : undefined;
    const keys = kind === 'user' ? [name] : schedule ? whoIsOnCall(schedule, at) : [];
    const through = schedule ? { schedule: schedule.key } : {};
    return keys
      .flatMap((key) => recipients(users.get(key), priority))
      .map((recipient) => ({ ...recipient, ...through }))
      .filter(firstOfItsKind());
  };
}

function recipients(user: User | undefined, priority: Priority): Recipient[] {
  if (!user) return [];
  const wanted = (rules: readonly NotifyRule[]) =>
    rules.filter(({ priorities }) => priorities.length === 0 || priorities.includes(priority));
  const own = wanted(user.notify);
  return (own.length > 0 ? own : wanted(user.otherwise)).map(({ channel, after_ms }) => ({
    channel,
    delay_ms: after_ms,
    user: user.key,
  }));
}

/** Two who are on call together may share a channel: it is told once at a time. */
function firstOfItsKind(): (recipient: Recipient) => boolean {
  const seen = new Set<string>();
  return ({ channel, delay_ms }) => {
    const key = `${delay_ms} ${channel}`;
    return !seen.has(key) && Boolean(seen.add(key));
  };
}
