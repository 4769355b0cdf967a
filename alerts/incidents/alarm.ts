import type { Clock } from '../../core/clock.ts';
import { DueHeap } from '../../core/due-heap.ts';
import { timerKey } from '../engine/escalation.ts';
import type { IncidentTimer } from '../engine/state.ts';

/** The end of a hold is a time of day: so often somebody looks whether the system's clock was set meanwhile. */
const LOOK_EVERY_MS = 60_000;
/** Timers that are off again stay in the heaps until they come up, or until so many of them are there. */
const MOST_OFF = 1_000;

interface Armed {
  key: string;
  incident: string;
  timer: IncidentTimer;
  /** Monotonic, so that setting the system's clock neither rings early nor forever postpones. */
  due: number;
}

/** Wakes at the earliest timer of all open incidents. */
export class Alarm {
  readonly #clock: Clock;
  readonly #fire: (incident: string, timers: IncidentTimer[]) => void;
  readonly #armed = new Map<string, Armed>();
  readonly #keys = new Map<string, string[]>();
  #byDue = new DueHeap<Armed>();
  /** Ends of holds, by the time of day. */
  #byHour = new DueHeap<Armed>();
  #sleep: { due: number; abort: AbortController } | null = null;
  #stopped = false;

  constructor(clock: Clock, fire: (incident: string, timers: IncidentTimer[]) => void) {
    this.#clock = clock;
    this.#fire = fire;
  }

  /** Replaces what the incident waits for. A timer that is armed already keeps its monotonic due time. */
  set(incident: string, timers: readonly IncidentTimer[]): void {
    const keys = timers.map((timer) => timerKey(incident, timer));
    for (const old of this.#keys.get(incident) ?? []) if (!keys.includes(old)) this.#armed.delete(old);
    if (keys.length === 0) this.#keys.delete(incident);
    else this.#keys.set(incident, keys);
    timers.forEach((timer, index) => {
      const key = keys[index]!;
      if (this.#armed.has(key)) return;
      const due = this.#clock.monotonic() + (Date.parse(timer.due_at) - this.#clock.now());
      const armed = { key, incident, timer, due };
      this.#armed.set(key, armed);
      this.#push(armed);
    });
    if (this.#byDue.size > 2 * this.#armed.size + MOST_OFF) this.#sweep();
    this.#wake();
  }

  stop(): void {
    this.#stopped = true;
    this.#sleep?.abort.abort(new Error('stopped'));
  }

  #push(armed: Armed): void {
    this.#byDue.push(armed.due, armed);
    if (armed.timer.kind === 'hold') this.#byHour.push(Date.parse(armed.timer.due_at), armed);
  }

  #sweep(): void {
    this.#byDue = new DueHeap();
    this.#byHour = new DueHeap();
    for (const armed of this.#armed.values()) this.#push(armed);
  }

  #wake(): void {
    const look = this.#byHour.size > 0 ? this.#clock.monotonic() + LOOK_EVERY_MS : Number.POSITIVE_INFINITY;
    const due = Math.min(this.#byDue.earliest, look);
    if (this.#stopped || due === Number.POSITIVE_INFINITY || (this.#sleep && this.#sleep.due <= due)) return;
    this.#sleep?.abort.abort(new Error('superseded'));
    const abort = new AbortController();
    this.#sleep = { due, abort };
    this.#clock.timer(Math.max(0, due - this.#clock.monotonic()), abort.signal).then(
      () => this.#ring(),
      () => undefined, // superseded by an earlier one, or stopped
    );
  }

  #ring(): void {
    this.#sleep = null;
    const due = [...this.#taken(this.#byDue, this.#clock.monotonic()), ...this.#taken(this.#byHour, this.#clock.now())];
    for (const [incident, group] of Map.groupBy(due, (armed) => armed.incident)) {
      this.#fire(
        incident,
        group.map(({ timer }) => timer),
      );
    }
    this.#wake();
  }

  *#taken(heap: DueHeap<Armed>, now: number): Generator<Armed> {
    for (let armed = heap.popDue(now); armed; armed = heap.popDue(now)) {
      // One that is off, or has rung by the other clock, stays in the heap until it comes up.
      if (this.#armed.get(armed.key) !== armed) continue;
      this.#armed.delete(armed.key);
      yield armed;
    }
  }
}
