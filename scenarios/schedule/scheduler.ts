import type { Clock, Instant } from '../../core/clock.ts';
import type { Component } from '../../core/component.ts';
import { DueHeap } from '../../core/due-heap.ts';
import { toError } from '../../core/errors.ts';
import { Alarm } from './alarm.ts';
import { hash01 } from './next-fire.ts';
import type { Schedule } from './schedule.ts';
import { type Planned, Timeline } from './timeline.ts';

export type SkipReason = 'running' | 'queued' | 'stalled';

export interface SchedulerOptions {
  clock: Clock;
  /** Runs a monitor once; `abort` fires when the monitor is removed or the scheduler is told to end at once. */
  run(key: string, scheduledAt: Instant, abort: AbortSignal): Promise<void>;
  /** Runs at the same time, at most; those by hand come on top. */
  concurrency: number;
  /** Milliseconds between the time a fire was due and its start. */
  onSlip?(key: string, slipMs: number): void;
  /** A slot passed without a run: the monitor was still `running` or `queued`, or the whole process `stalled`. */
  onSkip?(key: string, scheduledAt: Instant, reason: SkipReason): void;
  /** A run has ended and the monitor is idle again. */
  onIdle?(key: string): void;
  /** `run` rejected, which it never should: a bug to be told. */
  onFault(key: string, error: Error): void;
}

export interface ScheduledMonitor {
  /** `id@environment`. */
  key: string;
  /** null: runs by hand only. */
  schedule: Schedule | null;
  /** The monitor fails at the moment, so its `whileFailingMs` counts. */
  failing?: boolean;
  paused?: boolean;
}

interface Entry {
  readonly key: string;
  schedule: Schedule | null;
  failing: boolean;
  paused: boolean;
  state: 'idle' | 'queued' | 'running';
  planned: Planned | null;
  /** The latest slot that came due, on the axis of the schedule. */
  lastSlot: Instant | undefined;
  /** Where the slots of a failing monitor count from. */
  failingSince: Instant | undefined;
  abort: AbortController | null;
}

interface Waiting {
  entry: Entry;
  due: number;
  scheduledAt: Instant;
}

/** A step of the wall clock is noticed within that time. */
const LONGEST_SLEEP_MS = 1_000;
const FIRST_RUNS_MS = 1_000;
const FIRST_RUN_SPACING_MS = 5;

/**
 * Fires monitors on their schedules: one heap and one timer for all of them. A monitor never overlaps itself, the
 * cap on runs is served first come first served, and slots missed while the process stood still are skipped, not
 * made up for. Each monitor's first run comes within a second of `start`, later only where there are hundreds.
 */
export class Scheduler implements Component {
  readonly #options: SchedulerOptions;
  readonly #clock: Clock;
  readonly #timeline: Timeline;
  readonly #entries = new Map<string, Entry>();
  /** Removed while they ran, until that run has ended: whoever sets them again meets the run and not a second one. */
  readonly #leaving = new Map<string, Entry>();
  readonly #heap = new DueHeap<{ entry: Entry; planned: Planned }>();
  #queue: Waiting[] = [];
  #scheduledRunning = 0;
  readonly #runs = new Set<Promise<void>>();
  #life: 'new' | 'started' | 'ended' = 'new';
  readonly #alarm: Alarm;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#timeline = new Timeline(options.clock);
    this.#alarm = new Alarm(options.clock, LONGEST_SLEEP_MS, () => this.#wake());
  }

  async start(): Promise<void> {
    if (this.#life !== 'new') return;
    this.#life = 'started';
    for (const entry of this.#entries.values()) this.#planFirst(entry);
    this.#arm();
  }

  /** Starts nothing more and waits for the runs under way; when `abort` fires, they are aborted and not waited for. */
  async shutdown(abort: AbortSignal): Promise<void> {
    this.#life = 'ended';
    this.#alarm.stop();
    this.#queue = [];
    if (this.#runs.size === 0) return;
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    const end = () => {
      for (const entry of this.#entries.values()) entry.abort?.abort(abort.reason);
      resolve();
    };
    if (abort.aborted) end();
    abort.addEventListener('abort', end, { once: true });
    await Promise.race([Promise.all(this.#runs), aborted]);
    abort.removeEventListener('abort', end);
  }

  /** Adds a monitor or changes what is known of it. A change of nothing moves no fire. */
  set(monitor: ScheduledMonitor): void {
    const { key, schedule, failing = false, paused = false } = monitor;
    const known = this.#entries.get(key);
    if (!known) {
      const running = this.#leaving.get(key);
      this.#leaving.delete(key);
      const fresh = { schedule, failing, paused, planned: null, lastSlot: undefined, failingSince: undefined };
      const entry: Entry = Object.assign(running ?? { key, state: 'idle' as const, abort: null }, fresh);
      this.#entries.set(key, entry);
      if (this.#life === 'started' && !running) this.#planFirst(entry);
    } else {
      const same = known.failing === failing && known.paused === paused && sameSchedule(known.schedule, schedule);
      if (same) return;
      // A cron monitor changes its axis when it starts or stops failing, so its last slot says nothing any more.
      if (!sameSchedule(known.schedule, schedule) || (known.failing !== failing && schedule?.kind === 'cron')) {
        known.lastSlot = undefined;
      }
      known.failingSince = failing ? (known.failingSince ?? known.lastSlot) : undefined;
      Object.assign(known, { schedule, failing, paused });
      if (paused) this.#dequeue(known);
      if (this.#life === 'started') this.#planNext(known);
    }
    this.#arm();
  }

  /** Forgets a monitor; a run of it under way is aborted, and one set anew under its key waits for the end of that run. */
  remove(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    entry.planned = null;
    this.#dequeue(entry);
    if (entry.state === 'running') this.#leaving.set(key, entry);
    entry.abort?.abort(new Error(`monitor ${key} was removed`));
  }

  /** Runs a monitor at once, paused or not, above the cap. `running`: it runs already and nothing new was started. */
  runNow(key: string): 'started' | 'running' | 'unknown' | 'ended' {
    const entry = this.#entries.get(key);
    if (!entry) return 'unknown';
    if (this.#life === 'ended') return 'ended';
    if (entry.state === 'running') return 'running';
    this.#dequeue(entry);
    this.#execute(entry, this.#clock.now(), false);
    return 'started';
  }

  /** Wall-clock time of the next fire; null while paused, before `start`, or when there is none. */
  nextRunAt(key: string): Instant | null {
    const planned = this.#entries.get(key)?.planned;
    if (!planned || !Number.isFinite(planned.due)) return null;
    return Math.round(this.#clock.now() + Math.max(0, planned.due - this.#clock.monotonic()));
  }

  /** How late the most overdue start is, in monotonic milliseconds; 0 while everything starts in time. */
  behindMs(): number {
    if (this.#life !== 'started') return 0;
    const earliest = Math.min(this.#heap.earliest, this.#queue[0]?.due ?? Number.POSITIVE_INFINITY);
    return Math.max(0, this.#clock.monotonic() - earliest);
  }

  running(key: string): boolean {
    return this.#entries.get(key)?.state === 'running';
  }

  #planFirst(entry: Entry): void {
    if (!entry.schedule || entry.paused) return;
    const window = Math.max(FIRST_RUNS_MS, this.#entries.size * FIRST_RUN_SPACING_MS);
    const spread = entry.schedule.kind === 'every' ? Math.min(window, entry.schedule.everyMs) : window;
    const slot = this.#timeline.now(entry.schedule, entry.failing) + Math.floor(hash01(entry.key) * spread);
    this.#plan(entry, this.#timeline.at(slot, entry.schedule, entry.failing));
  }

  /** A monitor that was set anew while its old run was under way begins now. */
  #planAwaited(entry: Entry): void {
    if (this.#life !== 'started' || entry.planned || this.#entries.get(entry.key) !== entry) return;
    this.#planFirst(entry);
    this.#arm();
  }

  #planNext(entry: Entry): void {
    entry.planned = null;
    if (!entry.schedule || entry.paused) return;
    const { key, schedule, failing } = entry;
    const now = this.#timeline.now(schedule, failing);
    if (failing) entry.failingSince ??= now;
    this.#plan(entry, this.#timeline.next(key, schedule, failing, now, entry.failingSince));
  }

  #plan(entry: Entry, planned: Planned): void {
    entry.planned = planned;
    if (Number.isFinite(planned.due)) this.#heap.push(planned.due, { entry, planned });
  }

  #arm(): void {
    if (this.#life === 'started') this.#alarm.set(this.#heap.earliest);
  }

  #wake(): void {
    if (this.#life !== 'started') return;
    if (this.#timeline.stepped()) this.#replanAll();
    const now = this.#clock.monotonic();
    for (let item = this.#heap.popDue(now); item; item = this.#heap.popDue(now)) {
      // A plan that was replaced stays in the heap until it comes up.
      if (item.entry.planned === item.planned) this.#fire(item.entry, item.planned);
    }
    this.#drain();
    this.#arm();
  }

  #replanAll(): void {
    for (const entry of this.#entries.values()) {
      const { key, schedule, planned, failing } = entry;
      if (!schedule || !planned || schedule.kind !== 'cron' || (failing && schedule.whileFailingMs)) continue;
      this.#plan(entry, this.#timeline.replan(key, schedule, planned, entry.lastSlot));
    }
  }

  #fire(entry: Entry, planned: Planned): void {
    const schedule = entry.schedule;
    if (!schedule) return;
    const { key, failing } = entry;
    const first = entry.lastSlot === undefined;
    const now = this.#timeline.now(schedule, failing);
    const scheduledAt = this.#timeline.wallTime(planned.slot, schedule, failing);
    if (failing) entry.failingSince ??= planned.slot;
    const anchor = entry.failingSince;
    entry.lastSlot = planned.slot;

    // The first run has no place on the grid; without this half interval the second could follow at its heels.
    const settled = first && schedule.kind === 'every' ? planned.slot + schedule.everyMs / 2 : planned.slot;
    let next = this.#timeline.next(key, schedule, failing, settled, anchor);
    if (next.slot <= now) {
      this.#options.onSkip?.(key, this.#timeline.wallTime(next.slot, schedule, failing), 'stalled');
      next = this.#timeline.next(key, schedule, failing, now, anchor);
    }
    this.#plan(entry, next);

    if (entry.state !== 'idle') {
      this.#options.onSkip?.(key, scheduledAt, entry.state);
      return;
    }
    entry.state = 'queued';
    this.#queue.push({ entry, due: planned.due, scheduledAt });
  }

  #dequeue(entry: Entry): void {
    if (entry.state !== 'queued') return;
    entry.state = 'idle';
    this.#queue = this.#queue.filter((waiting) => waiting.entry !== entry);
  }

  #drain(): void {
    let taken = 0;
    while (
      this.#life === 'started' &&
      taken < this.#queue.length &&
      this.#scheduledRunning < this.#options.concurrency
    ) {
      const { entry, due, scheduledAt } = this.#queue[taken++]!;
      this.#options.onSlip?.(entry.key, Math.max(0, this.#clock.monotonic() - due));
      this.#execute(entry, scheduledAt, true);
    }
    if (taken > 0) this.#queue.splice(0, taken);
  }

  #execute(entry: Entry, scheduledAt: Instant, counted: boolean): void {
    entry.state = 'running';
    const abort = new AbortController();
    entry.abort = abort;
    if (counted) this.#scheduledRunning++;
    const started = (async () => this.#options.run(entry.key, scheduledAt, abort.signal))();
    const run: Promise<void> = started
      .catch((thrown: unknown) => this.#options.onFault(entry.key, toError(thrown)))
      .finally(() => {
        this.#runs.delete(run);
        entry.state = 'idle';
        entry.abort = null;
        if (this.#leaving.get(entry.key) === entry) this.#leaving.delete(entry.key);
        if (counted) this.#scheduledRunning--;
        this.#options.onIdle?.(entry.key);
        this.#drain();
        this.#planAwaited(entry);
      });
    this.#runs.add(run);
  }
}

function sameSchedule(one: Schedule | null, other: Schedule | null): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
