import type { Clock } from '../../core/clock.ts';
import type { DeliveryOutcome } from '../engine/answer.ts';
import type { QueuedDelivery } from '../engine/state.ts';
import type { Notification, Notifier } from '../notifier.ts';
import { ChannelLane } from './channel-lane.ts';

export interface DispatcherDeps {
  clock: Clock;
  /** By channel name. */
  notifiers: ReadonlyMap<string, Notifier>;
  /** Uniform in [0, 1), for the jitter of backoff. */
  random(): number;
  /** The notification as of now; null when it is no longer wanted. */
  compose(delivery: QueuedDelivery): Notification | null;
  /** Resolves when the first page of the incident need not wait for evidence any longer. */
  ready(incidentId: string): Promise<void> | undefined;
  /** 1 is the most urgent; it goes first where a channel cannot keep up. */
  urgency(incidentId: string): number;
  /** Hears of every attempt. Must not throw. */
  record(delivery: QueuedDelivery, outcome: DeliveryOutcome): void;
  limits: DispatchLimits;
}

export interface DispatchLimits {
  /** One attempt may take this long. */
  attemptMs: number;
  /** After this long without success a delivery counts as stalled: others are told, it is still tried. */
  stalledAfterMs: number;
  /** After this long it is given up, loudly. */
  horizonMs: number;
  /** Notifications under way at once on one channel. */
  concurrency: number;
}

export const DEFAULT_LIMITS: DispatchLimits = {
  attemptMs: 10_000,
  stalledAfterMs: 30_000,
  horizonMs: 6 * 3_600_000,
  concurrency: 4,
};

export interface Resumed {
  /** What channels accepted lately, by the vendor's reference. */
  accepted: readonly { channel: string; provider_ref: string }[];
}

export interface Dispatcher {
  /**
   * Takes deliveries over; they leave at once. At least once each: those that are `resumed` after a restart may have left
   * already, and the channel is asked first where it can be.
   */
  enqueue(deliveries: readonly QueuedDelivery[], resumed?: Resumed): void;
  /** Lets what is under way finish until `abort` fires; what has not left stays pending in the store. */
  shutdown(abort: AbortSignal): Promise<void>;
}

/** Sends what was decided. A channel that is stuck holds up nobody but itself. */
export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const lanes = new Map<string, ChannelLane>();
  for (const [name, notifier] of deps.notifiers) lanes.set(name, new ChannelLane(notifier, deps));
  return {
    enqueue(deliveries, resumed) {
      for (const { channel, provider_ref } of resumed?.accepted ?? []) lanes.get(channel)?.took(provider_ref);
      for (const delivery of [...deliveries].sort((a, b) => a.position - b.position)) {
        const lane = lanes.get(delivery.channel);
        if (lane) lane.add(delivery, resumed !== undefined);
        else {
          const last_error = `channel ${delivery.channel} is no longer configured`;
          deps.record({ ...delivery, status: 'failed', last_error }, 'failed');
        }
      }
    },
    async shutdown(abort) {
      await Promise.all([...lanes.values()].map((lane) => lane.shutdown(abort)));
    },
  };
}
