import type { Clock } from '../../core/clock.ts';
import type { MaintenanceWindow, Silence } from './silence.ts';
import { nextChange } from './windows.ts';

/**
 * Wakes when a silence or a maintenance window begins or ends. A silence lasts as long as it was meant to by monotonic
 * time: a system clock that is set back does not stretch it.
 */
export class Boundaries {
  readonly #clock: Clock;
  readonly #ring: (over: string[]) => void;
  /** By the silence's id; monotonic. */
  readonly #ends = new Map<string, { ends_at: string; due: number }>();
  #sleep: { due: number; abort: AbortController } | null = null;
  #stopped = false;

  /** @param ring hears ids of silences whose time is over, whatever the system's clock says */
  constructor(clock: Clock, ring: (over: string[]) => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Replaces what it waits for. A silence that it knows keeps its end. */
  watch(silences: Iterable<Silence>, windows: Iterable<MaintenanceWindow>): void {
    if (this.#stopped) return;
    const now = this.#clock.now();
    const monotonic = this.#clock.monotonic();
    const known = new Set<string>();
    let due = Number.POSITIVE_INFINITY;
    for (const { id, starts_at, ends_at } of silences) {
      known.add(id);
      if (Date.parse(ends_at) <= now) continue;
      let end = this.#ends.get(id);
      if (end?.ends_at !== ends_at) {
        end = { ends_at, due: monotonic + Date.parse(ends_at) - now };
        this.#ends.set(id, end);
      }
      due = Math.min(due, end.due);
      const starts = Date.parse(starts_at) - now;
      if (starts > 0) due = Math.min(due, monotonic + starts);
    }
    for (const id of this.#ends.keys()) if (!known.has(id)) this.#ends.delete(id);
    for (const window of windows) due = Math.min(due, monotonic + nextChange(window, now) - now);
    this.#wakeAt(due);
  }

  stop(): void {
    this.#stopped = true;
    this.#sleep?.abort.abort(new Error('stopped'));
  }

  #wakeAt(due: number): void {
    if (this.#sleep?.due === due) return;
    this.#sleep?.abort.abort(new Error('superseded'));
    this.#sleep = null;
    if (due === Number.POSITIVE_INFINITY) return;
    const sleep = { due, abort: new AbortController() };
    this.#sleep = sleep;
    this.#clock.timer(Math.max(0, due - this.#clock.monotonic()), sleep.abort.signal).then(
      () => {
        this.#sleep = null;
        const now = this.#clock.monotonic();
        this.#ring([...this.#ends].filter(([, end]) => end.due <= now).map(([id]) => id));
      },
      () => undefined, // superseded, or stopped
    );
  }
}
