import type { Clock, Instant } from '../../core/clock.ts';
import { followsElapsedTime } from '../../core/cron.ts';
import { nextFire } from './next-fire.ts';
import type { Schedule } from './schedule.ts';

/** A planned fire: `slot` on the axis of its schedule, `due` in monotonic time. */
export interface Planned {
  readonly slot: Instant;
  readonly due: number;
}

const STEP_MS = 250;
const FIXED_TIME_STEP_MS = 3 * 3_600_000;

/**
 * Turns schedules into monotonic due times. Intervals live on a steady axis that begins as wall-clock time and then
 * runs monotonically, so setting the system's clock does not move them; cron lives on the wall clock.
 */
export class Timeline {
  readonly #clock: Clock;
  /** Steady time minus monotonic time. */
  readonly #steadyOrigin: number;
  #wallOrigin: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#steadyOrigin = clock.now() - clock.monotonic();
    this.#wallOrigin = this.#steadyOrigin;
  }

  /** Whether the wall clock was set since the last question that was answered with yes. */
  stepped(): boolean {
    const origin = this.#clock.now() - this.#clock.monotonic();
    if (Math.abs(origin - this.#wallOrigin) < STEP_MS) return false;
    this.#wallOrigin = origin;
    return true;
  }

  /** Now, on the axis on which the schedule's slots lie. */
  now(schedule: Schedule, failing: boolean): Instant {
    return onWallClock(schedule, failing) ? this.#clock.now() : this.#clock.monotonic() + this.#steadyOrigin;
  }

  /** A slot of the schedule as wall-clock time, for people. */
  wallTime(slot: Instant, schedule: Schedule, failing: boolean): Instant {
    if (onWallClock(schedule, failing)) return slot;
    return Math.round(slot + this.#clock.now() - this.#clock.monotonic() - this.#steadyOrigin);
  }

  at(slot: Instant, schedule: Schedule, failing: boolean): Planned {
    return { slot, due: this.#clock.monotonic() + slot - this.now(schedule, failing) };
  }

  /** The first fire strictly after `after`. */
  next(key: string, schedule: Schedule, failing: boolean, after: Instant, anchor: Instant | undefined): Planned {
    const place = failing && anchor !== undefined ? { key, failing, anchor } : { key, failing };
    return this.at(nextFire(schedule, after, place), schedule, failing);
  }

  /**
   * Where to go on after the wall clock was set. A slot that the clock jumped over fires once, at once. A clock set
   * back does not repeat slots by up to one interval, for jobs at fixed times by up to three hours; past that the new
   * time counts.
   */
  replan(key: string, schedule: Schedule, planned: Planned, last: Instant | undefined): Planned {
    const now = this.#clock.now();
    if (schedule.kind !== 'cron') return planned;
    if (planned.slot <= now) return { slot: planned.slot, due: this.#clock.monotonic() };
    let after = now;
    if (last !== undefined && last > now) {
      const tolerated = followsElapsedTime(schedule.cron)
        ? nextFire(schedule, last, { key }) - last
        : FIXED_TIME_STEP_MS;
      if (last - now <= tolerated) after = last;
    }
    return this.next(key, schedule, false, after, undefined);
  }
}

/** Cron slots lie on the wall clock; intervals, those of a failing monitor included, on the steady axis. */
function onWallClock(schedule: Schedule, failing: boolean): boolean {
  return schedule.kind === 'cron' && !(failing && schedule.whileFailingMs);
}
