import type { Logger } from 'pino';
import type { Observation } from '../../alerts/engine/observation.ts';
import type { Clock } from '../../core/clock.ts';
import { type DeadManSettings, keepAlive } from '../watchdog/dead-man.ts';
import { type ChannelSign, reasonsForSilence, type Signs } from '../watchdog/troubles.ts';
import { watchSelf } from '../watchdog/watchdog.ts';

export interface SelfWatchDeps {
  clock: Clock;
  log: Logger;
  userAgent: string;
  /** Null where nobody outside waits for calls. */
  deadMan: DeadManSettings | null;
  schedulerBehindMs(): number;
  rulesBehindMs(): number;
  relayUp(): boolean;
  channels(): readonly ChannelSign[];
  /** Where a damaged state database was moved at the start of this process; null where none was. */
  damagedState(): string | null;
  storageTrouble(): Error | null;
  offline(): Promise<boolean>;
  observe(observation: Observation): Promise<void>;
  /** Keys of its own monitors that an earlier process left in an open incident. */
  alarmed: readonly string[];
}

/** So long an incident about a replaced database stays open by itself; there is nothing that would mend it. */
const DAMAGE_TOLD_MS = 3_600_000;

/** Watches the watcher until `abort` fires. */
export async function selfWatch(deps: SelfWatchDeps, abort: AbortSignal): Promise<void> {
  const { clock, log } = deps;
  const beganAt = clock.monotonic();
  let relaySeenAt = beganAt;
  let latest: Signs | null = null;
  const signs = async (): Promise<Signs> => {
    const now = clock.monotonic();
    if (deps.relayUp()) relaySeenAt = now;
    latest = {
      schedulerBehindMs: deps.schedulerBehindMs(),
      rulesBehindMs: deps.rulesBehindMs(),
      relayDownMs: now - relaySeenAt,
      channels: deps.channels(),
      damagedState: now - beganAt < DAMAGE_TOLD_MS ? deps.damagedState() : null,
      storage: deps.storageTrouble()?.message ?? null,
      offline: await deps.offline(),
    };
    return latest;
  };
  const watching = watchSelf({ clock, signs, observe: deps.observe, alarmed: deps.alarmed }, abort);
  const calling = deps.deadMan
    ? keepAlive(
        deps.deadMan,
        {
          clock,
          userAgent: deps.userAgent,
          reasonsForSilence: () => (latest ? reasonsForSilence(latest) : []),
          onChange: (trouble) =>
            trouble === null
              ? log.info('the dead-man is called again')
              : log.warn({ reason: trouble }, 'the dead-man is not called'),
        },
        abort,
      )
    : Promise.resolve();
  await Promise.all([watching, calling]);
}
