import type { Priority } from '../incident.ts';

/** Someone to be told through a channel, so long after the step that names them. */
export interface Recipient {
  channel: string;
  delay_ms: number;
  /** Key of the user; null for a channel that was named itself. */
  user: string | null;
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
