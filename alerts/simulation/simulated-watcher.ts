import type { Observation } from '../engine/observation.ts';
import type { AlertChange, ChannelInfo } from '../engine/state.ts';
import type { Incident } from '../incident.ts';
import { type AlertDesk, createAlertDesk } from '../incidents/desk.ts';
import type { Notification } from '../notifier.ts';
import { channelsOnly, type Recipient, type ResolveTarget } from '../on-call/targets.ts';
import type { Policy } from '../policies/policy.ts';
import { readMonitorKey } from '../rules/instance-key.ts';
import type { MaintenanceWindow } from '../silences/silence.ts';
import { SimulatedChannel } from './simulated-channel.ts';
import { SimulatedStore } from './simulated-store.ts';
import type { SimulationClock } from './simulation-clock.ts';

/** A channel is meant for so few people at a time that the rest is long over. */
const MEANT_KEPT = 50;

/** What a watcher is made of, as far as alerts go. */
export interface WatcherParts {
  policies: readonly Policy[];
  channels: readonly ChannelInfo[];
  /** Who is on call; without it a target is the channel of that name. */
  resolveTarget?: ResolveTarget;
  /** Windows of the config. */
  maintenance?: readonly MaintenanceWindow[];
}

export interface WatcherEars {
  onTold(channel: string, user: string | null, notification: Notification): void;
  onTrouble(channel: string, notification: Notification, why: string): void;
  onChange(change: AlertChange): void;
  onIncident(incident: Incident): void;
}

/** The real desk and dispatcher on a simulated clock, with channels that tell nobody and a database in memory. */
export class SimulatedWatcher {
  readonly #parts: WatcherParts;
  readonly #clock: SimulationClock;
  readonly #ears: WatcherEars;
  readonly #store = new SimulatedStore();
  readonly #channels: ReadonlyMap<string, SimulatedChannel>;
  /** By channel, who was meant by what it is told; the latest last. */
  readonly #meant = new Map<string, { user: string | null; at: number }[]>();
  #life = { ended: true };
  #desk: AlertDesk | null = null;

  constructor(parts: WatcherParts, clock: SimulationClock, ears: WatcherEars) {
    this.#parts = parts;
    this.#clock = clock;
    this.#ears = ears;
    this.#channels = new Map(
      parts.channels.map(({ name }) => [
        name,
        new SimulatedChannel(
          clock,
          (notification) => ears.onTold(name, this.#userOf(name), notification),
          (notification, why) => ears.onTrouble(name, notification, why),
        ),
      ]),
    );
  }

  /** Null while it is down. */
  get desk(): AlertDesk | null {
    return this.#desk;
  }

  channel(name: string): SimulatedChannel | undefined {
    return this.#channels.get(name);
  }

  /** Takes the database away, with a reason, or gives it back. */
  set databaseTrouble(why: string | null) {
    this.#store.trouble = why;
  }

  /** Dies without a word, as a killed process does: it neither wakes, nor writes, nor sends. */
  kill(): void {
    this.#life.ended = true;
    this.#desk = null;
  }

  /** Goes on with what the database knows. Resolves as soon as the clock moves. */
  async start(): Promise<void> {
    const life = { ended: false };
    this.#life = life;
    const never = new Promise<never>(() => undefined);
    const alive = <T>(act: () => Promise<T>): Promise<T> =>
      life.ended ? never : act().then((result) => (life.ended ? never : result));
    const clock = this.#clock;
    this.#desk = createAlertDesk({
      clock: {
        now: () => clock.now(),
        monotonic: () => clock.monotonic(),
        timer: (ms, abort) => alive(() => clock.timer(ms, abort)),
      },
      store: {
        load: () => alive(() => this.#store.load()),
        commit: (change) =>
          alive(async () => {
            await this.#store.commit(change);
            this.#ears.onChange(change);
          }),
      },
      policies: this.#parts.policies,
      channels: new Map(
        this.#parts.channels.map(({ name, events }) => {
          const channel = this.#channels.get(name)!;
          const notify: SimulatedChannel['notify'] = (notification, abort) =>
            alive(() => channel.notify(notification, abort));
          return [name, { notifier: { start: channel.start, shutdown: channel.shutdown, notify }, events }] as const;
        }),
      ),
      publicUrl: 'http://127.0.0.1:4000',
      resolveTarget: (target, priority, at) => this.#resolve(target, priority, at),
      maintenance: this.#parts.maintenance ?? [],
      // Backoff has jitter; a simulation has none, so that it says the same each time.
      random: () => 0.5,
      onIncident: (incident) => this.#ears.onIncident(incident),
      log: { info() {}, warn() {}, error() {} },
    });
    await this.#desk.start();
  }

  observe(observation: Observation): void {
    void this.#desk?.observe(observation);
  }

  /** Instances of rules that fired before it was started, as the desk knows them. */
  firedBefore(): {
    policy: string;
    rule: string;
    monitor: string;
    labels: Record<string, string> | null;
    since: number;
  }[] {
    return (this.#desk?.failingRules() ?? []).flatMap(({ key, since }) => {
      const read = readMonitorKey(key);
      return read ? [{ ...read, monitor: key, since: Date.parse(since) }] : [];
    });
  }

  #resolve(...asked: Parameters<ResolveTarget>): readonly Recipient[] {
    const recipients = (this.#parts.resolveTarget ?? channelsOnly)(...asked);
    for (const { channel, delay_ms, user } of recipients) {
      const meant = this.#meant.get(channel) ?? [];
      meant.push({ user, at: this.#clock.monotonic() + delay_ms });
      this.#meant.set(channel, meant.slice(-MEANT_KEPT));
    }
    return recipients;
  }

  /** Whom the channel is told for: the last person that a step meant by it, or whose turn was brought forward. */
  #userOf(channel: string): string | null {
    const now = this.#clock.monotonic();
    const meant = this.#meant.get(channel) ?? [];
    return (meant.findLast(({ at }) => at <= now) ?? meant.at(-1))?.user ?? null;
  }
}
