import type { Clock } from '../../core/clock.ts';
import { DueHeap } from '../../core/due-heap.ts';
import { Alarm } from '../schedule/alarm.ts';
import { TimeUp } from './http/time-up.ts';

export interface Deadline {
  /** Fires with a TimeUp when the time is up, or with the parent's reason. */
  readonly signal: AbortSignal;
  /** To be called when the work is done. */
  cancel(): void;
}

interface Pending {
  controller: AbortController;
  limitMs: number;
  cancelled: boolean;
}

/** So soon a timer that nobody needs any more lets go of the process. */
const LONGEST_SLEEP_MS = 100;

/**
 * All deadlines of a runner on one timer: nearly every deadline is cancelled, and setting and aborting a timer for
 * each costs more than the requests' own code.
 */
export class Deadlines {
  readonly #clock: Clock;
  #heap = new DueHeap<Pending>();
  #pending = 0;
  readonly #alarm: Alarm;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#alarm = new Alarm(clock, LONGEST_SLEEP_MS, () => this.#fire());
  }

  /** @param limitMs from now, in monotonic time */
  start(limitMs: number, parent: AbortSignal): Deadline {
    const controller = new AbortController();
    if (parent.aborted) controller.abort(parent.reason);
    const follow = () => controller.abort(parent.reason);
    parent.addEventListener('abort', follow, { once: true });
    const pending: Pending = { controller, limitMs, cancelled: false };
    this.#pending++;
    this.#heap.push(this.#clock.monotonic() + limitMs, pending);
    this.#arm();
    return {
      signal: controller.signal,
      cancel: () => {
        if (pending.cancelled) return;
        pending.cancelled = true;
        this.#pending--;
        parent.removeEventListener('abort', follow);
        if (this.#pending === 0) this.#heap = new DueHeap();
      },
    };
  }

  #arm(): void {
    if (this.#heap.size > 0) this.#alarm.set(this.#heap.earliest);
  }

  #fire(): void {
    const now = this.#clock.monotonic();
    for (let item = this.#heap.popDue(now); item; item = this.#heap.popDue(now)) {
      if (!item.cancelled) item.controller.abort(new TimeUp(item.limitMs));
    }
    this.#arm();
  }
}
