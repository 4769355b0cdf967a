import { formatDuration } from '../../core/units.ts';

/** How the parts of the watcher do, as far as they can tell. Milliseconds; 0 where all is well. */
export interface Signs {
  /** How late the most overdue run is to start. */
  schedulerBehindMs: number;
  /** How late the most overdue rule is to be evaluated. */
  rulesBehindMs: number;
  relayDownMs: number;
  channels: readonly ChannelSign[];
  /** Where the state database was moved because it was damaged; null where it was not, or that is long ago. */
  damagedState: string | null;
  /** Alert state cannot be written; the desk itself alarms about that. */
  storage: string | null;
  /** Not one of the control targets answers. */
  offline: boolean;
}

export interface ChannelSign {
  name: string;
  /** How long the oldest notification has waited in vain. */
  waitingMs: number;
  lastError: string | null;
}

export interface Trouble {
  /** `scheduler`, `rules`, `relay`, `state`, `channel-<name>`. */
  part: string;
  /** For people: `no run was started for 1 min 30 s`. */
  message: string;
}

const TROUBLE_AFTER = {
  schedulerMs: 60_000,
  rulesMs: 120_000,
  relayMs: 120_000,
  channelMs: 600_000,
  /** Where no channel takes anything, only somebody outside can ring. */
  everyChannelMs: 30_000,
} as const;

/** What the watcher pages about itself. A network that is gone and a database that is away are not among it. */
export function troubles(signs: Signs): Trouble[] {
  const found: Trouble[] = [];
  const add = (part: string, message: string) => found.push({ part, message });
  const { schedulerBehindMs, rulesBehindMs, relayDownMs } = signs;
  if (schedulerBehindMs >= TROUBLE_AFTER.schedulerMs)
    add('scheduler', `runs are not started: the first is ${formatDuration(schedulerBehindMs)} late`);
  if (rulesBehindMs >= TROUBLE_AFTER.rulesMs)
    add('rules', `rules are not evaluated: the first is ${formatDuration(rulesBehindMs)} late`);
  if (relayDownMs >= TROUBLE_AFTER.relayMs)
    add('relay', `the relay has been down for ${formatDuration(relayDownMs)}: telemetry is not received`);
  if (signs.damagedState !== null)
    add(
      'state',
      `the state database was damaged and a new one begun: what was open before is not known; it is kept as ${signs.damagedState}`,
    );
  for (const { name, waitingMs, lastError } of signs.channels) {
    if (waitingMs < TROUBLE_AFTER.channelMs) continue;
    add(
      `channel-${name}`,
      `channel ${name} has taken nothing for ${formatDuration(waitingMs)}: ${lastError ?? 'no answer'}`,
    );
  }
  return found;
}

/** Why the dead-man is not told that all is well; empty when it is. */
export function reasonsForSilence(signs: Signs): string[] {
  // A database that was replaced works again, which is all that the call says.
  const found = troubles({ ...signs, damagedState: null }).map(({ message }) => message);
  return [
    ...found,
    ...(found.length === 0 && nobodyReached(signs.channels) ? ['no channel takes anything'] : []),
    ...(signs.storage === null ? [] : [`alert state cannot be written: ${signs.storage}`]),
    ...(signs.offline ? ['the watcher is offline: no control target answers'] : []),
  ];
}

function nobodyReached(channels: readonly ChannelSign[]): boolean {
  return channels.length > 0 && channels.every(({ waitingMs }) => waitingMs >= TROUBLE_AFTER.everyChannelMs);
}
