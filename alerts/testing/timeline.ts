import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { parseDuration } from '../../core/units.ts';
import type { Observation } from '../engine/observation.ts';
import type { Hold, Incident, NotificationEvent } from '../incident.ts';
import { type AlertDesk, type AlertDeskDeps, createAlertDesk, type DeskChannel } from '../incidents/desk.ts';
import type { Notification, Notifier } from '../notifier.ts';
import type { Policy } from '../policies/policy.ts';
import { CollectingNotifier } from './collecting-notifier.ts';
import { MemoryAlertStore } from './memory-store.ts';
import { observe } from './observations.ts';

const EVERY_EVENT: NotificationEvent[] = [
  'incident.triggered',
  'incident.acknowledged',
  'incident.resolved',
  'incident.escalated',
];

/** A whole alert desk on a clock that stands still, with channels that remember. */
export class World {
  readonly clock: VirtualClock;
  readonly store = new MemoryAlertStore();
  readonly channels: ReadonlyMap<string, CollectingNotifier>;
  readonly storageTrouble: (string | null)[] = [];
  /** What each channel was told and no expectation has looked at yet. */
  readonly #seen = new Map<string, number>();
  readonly #deps: Partial<AlertDeskDeps>;
  readonly #events: readonly NotificationEvent[];
  readonly #bounds: Readonly<Record<string, Pick<DeskChannel, 'rateLimit' | 'deadlineMs'>>>;
  policies: readonly Policy[];
  #life = { ended: false };
  desk: AlertDesk;

  constructor(
    policies: readonly Policy[],
    channels: readonly string[],
    deps: Partial<AlertDeskDeps> & {
      events?: readonly NotificationEvent[];
      /** Limits and deadlines, by channel. */
      bounds?: Readonly<Record<string, Pick<DeskChannel, 'rateLimit' | 'deadlineMs'>>>;
    } = {},
  ) {
    this.clock = new VirtualClock(Date.UTC(2026, 10, 23, 3));
    this.policies = policies;
    this.channels = new Map(channels.map((name) => [name, new CollectingNotifier()]));
    const { events, bounds, ...others } = deps;
    this.#deps = others;
    this.#bounds = bounds ?? {};
    this.#events = events ?? EVERY_EVENT;
    this.desk = this.#createDesk();
  }

  /** The process dies without a word, and another one starts on the same database. */
  async restart(): Promise<void> {
    this.#life.ended = true;
    this.store.forgetHanging();
    this.desk = this.#createDesk();
    await this.start();
  }

  async start(): Promise<void> {
    const started = this.desk.start();
    await this.clock.advance(0);
    // It waits for a database that hangs, but not for long.
    if (this.store.mode === 'hangs') await this.clock.advance(2_000);
    await started;
  }

  /** Does not wait for the disk: a run ends, and its monitor goes on. */
  async run(monitor: string, outcome: Partial<Observation> & Pick<Observation, 'status' | 'failure'>): Promise<void> {
    void this.desk.observe(observe(monitor, outcome, this.clock.now()));
    await this.clock.advance(0);
  }

  /** The policy files were changed, and the watcher read them again. */
  async reload(policies: readonly Policy[]): Promise<void> {
    this.policies = policies;
    await this.desk.replacePolicies(policies);
  }

  channel(name: string): CollectingNotifier {
    const channel = this.channels.get(name);
    if (!channel) throw new Error(`no channel ${name}`);
    return channel;
  }

  /** Notifications accepted since the last call, over all channels. */
  news(): { channel: string; notification: Notification }[] {
    return [...this.channels].flatMap(([name, { accepted }]) => {
      const fresh = accepted.slice(this.#seen.get(name) ?? 0);
      this.#seen.set(name, accepted.length);
      return fresh.map((notification) => ({ channel: name, notification }));
    });
  }

  /** The only open incident. */
  get incident(): Incident {
    const [incident, ...others] = this.desk.openIncidents();
    if (!incident || others.length > 0) throw new Error(`${others.length + (incident ? 1 : 0)} incidents are open`);
    return incident;
  }

  #createDesk(): AlertDesk {
    const life = { ended: false };
    this.#life = life;
    // A process that was killed neither wakes, nor writes, nor sends, and hears no answer.
    const never = new Promise<never>(() => undefined);
    const alive = <T>(act: () => Promise<T>): Promise<T> =>
      life.ended ? never : act().then((t) => (life.ended ? never : t));
    const { clock, store } = this;
    return createAlertDesk({
      clock: {
        now: () => clock.now(),
        monotonic: () => clock.monotonic(),
        timer: (ms, abort) => alive(() => clock.timer(ms, abort)),
      },
      store: { load: () => alive(() => store.load()), commit: (change) => alive(() => store.commit(change)) },
      policies: this.policies,
      channels: new Map(
        [...this.channels].map(([name, collector]) => {
          const notifier: Notifier = {
            start: () => collector.start(),
            shutdown: () => collector.shutdown(),
            notify: (notification) => alive(() => collector.notify(notification)),
          };
          if (collector.lookup) {
            notifier.lookup = (notification, attempt) => alive(() => collector.lookup!(notification, attempt));
          }
          return [name, { notifier, events: this.#events, ...this.#bounds[name] }] as const;
        }),
      ),
      publicUrl: 'http://127.0.0.1:4000',
      random: () => 0.5,
      onStorage: (trouble) => this.storageTrouble.push(trouble?.message ?? null),
      log: { info() {}, warn() {}, error() {} },
      ...this.#deps,
    });
  }
}

export interface Moment {
  atMs: number;
  happen(world: World): void | Promise<void>;
}

/** Says when something happens, from the start of the timeline. */
export function at(when: string, happen: Moment['happen']): Moment {
  return { atMs: parseDuration(when)!, happen };
}

/**
 * Plays the moments in their order through a desk. Everything that a channel was told must be expected by the moment
 * that follows: what was not asked for fails the test.
 */
export async function timeline(world: World, moments: readonly Moment[]): Promise<World> {
  await world.start();
  let now = 0;
  for (const moment of moments) {
    await world.clock.advance(moment.atMs - now);
    now = moment.atMs;
    await moment.happen(world);
    await world.clock.advance(0);
  }
  return world;
}

export function run(monitor: string, outcome: Parameters<World['run']>[1]): Moment['happen'] {
  return (world) => world.run(monitor, outcome);
}

export function acknowledge(by: string): Moment['happen'] {
  return async (world) => {
    await world.desk.acknowledge(world.incident.id, { by, via: 'web' });
  };
}

export function resolve(by: string): Moment['happen'] {
  return async (world) => {
    await world.desk.resolve(world.incident.id, { by, via: 'web' });
  };
}

/** @param labels values that an incident must have */
export function silence(labels: Readonly<Record<string, string>>, lasts: string, reason = ''): Moment['happen'] {
  return async (world) => {
    const now = world.clock.now();
    await world.desk.silence(
      {
        matchers: Object.entries(labels).map(([label, value]) => ({ label, is: '=', value })),
        starts_at: new Date(now).toISOString(),
        ends_at: new Date(now + parseDuration(lasts)!).toISOString(),
        reason,
      },
      { by: 'kim', via: 'web' },
    );
  };
}

export function expectHeld(stage: Hold['stage'] | null): Moment['happen'] {
  return (world) => {
    const held = world.incident.held?.stage ?? null;
    if (held !== stage) throw new Error(`expected the incident to be held by ${stage}, but it is by ${held}`);
  };
}

export function restart(): Moment['happen'] {
  return (world) => world.restart();
}

/** Exactly these channels were told since the last expectation, each as `channel` or `channel: event`. */
export function expectNotified(...expected: string[]): Moment['happen'] {
  return (world) => {
    const withEvent = expected.some((entry) => entry.includes(':'));
    const told = world
      .news()
      .map(({ channel, notification }) =>
        withEvent ? `${channel}: ${notification.event.replace('incident.', '')}` : channel,
      );
    if (JSON.stringify(told.sort()) !== JSON.stringify([...expected].sort())) {
      throw new Error(`expected [${expected.join(', ')}] to be told, but it was [${told.join(', ')}]`);
    }
  };
}

export function expectNothingElse(): Moment['happen'] {
  return expectNotified();
}
