import type { Clock } from '../../core/clock.ts';
import type { DeliveryOutcome } from '../engine/answer.ts';
import type { QueuedDelivery } from '../engine/state.ts';
import type { Notification, Notifier, RateLimit } from '../notifier.ts';
import { Account } from './account.ts';
import { ChannelLane } from './channel-lane.ts';

/** A channel as far as sending goes. */
export interface ChannelToTell {
  notifier: Notifier;
  /** What its vendor takes; channels with the same key share it. Absent where none is named. */
  rateLimit?: RateLimit;
  /** When it has not taken a notification for so long, whoever comes next is told. */
  deadlineMs?: number;
}

export interface DispatcherDeps {
  clock: Clock;
  /** By name. */
  channels: ReadonlyMap<string, ChannelToTell>;
  /** Uniform in [0, 1), for the jitter of backoff. */
  random(): number;
  /** The notification as of now; null when it is no longer wanted. */
  compose(delivery: QueuedDelivery): Notification | null;
  /** Resolves when the first page of the incident need not wait for evidence any longer. */
  ready(incidentId: string): Promise<void> | undefined;
  /** 1 is the most urgent; it goes first where a channel cannot keep up. */
  urgency(incidentId: string): number;
  /** Hears of every attempt; of one that was accepted also what the channel calls its message. Must not throw. */
  record(delivery: QueuedDelivery, outcome: DeliveryOutcome, messageRef?: string): void;
  limits: DispatchLimits;
}

export interface DispatchLimits {
  /** One attempt may take this long. */
  attemptMs: number;
  /** After this long without success a delivery counts as stalled: others are told, it is still tried. Where the channel has no deadline of its own. */
  stalledAfterMs: number;
  /** After this long it is given up, loudly; a page only once somebody has taken the incident. */
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

/** How a channel does. */
export interface ChannelHealth {
  name: string;
  /** Notifications that it has not taken yet. */
  waiting: number;
  /** For so long it has been told in vain: the oldest that was tried, or that it refused for good within the last hour. 0 while it takes what it is told. */
  waitingMs: number;
  /** Null since it took something. */
  lastError: string | null;
}

export interface Dispatcher {
  /**
   * Takes deliveries over; they leave at once. At least once each: those that are `resumed` after a restart may have left
   * already, and the channel is asked first where it can be.
   */
  enqueue(deliveries: readonly QueuedDelivery[], resumed?: Resumed): void;
  channelHealth(): ChannelHealth[];
  /** Lets what is under way finish until `abort` fires; what has not left stays pending in the store. */
  shutdown(abort: AbortSignal): Promise<void>;
}

/** Sends what was decided. A channel that is stuck holds up nobody but itself. */
export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const lanes = new Map<string, ChannelLane>();
  const accounts = new Map<string, Account>();
  for (const [name, channel] of deps.channels) {
    const limit = channel.rateLimit ?? null;
    const key = limit ? `limit ${limit.key}` : `channel ${name}`;
    const account = accounts.get(key) ?? new Account(limit, deps.clock);
    accounts.set(key, account);
    lanes.set(name, new ChannelLane(name, channel, account, deps));
  }
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
    channelHealth: () => [...lanes.values()].map((lane) => lane.health()),
    async shutdown(abort) {
      for (const account of accounts.values()) account.stop();
      await Promise.all([...lanes.values()].map((lane) => lane.shutdown(abort)));
    },
  };
}
