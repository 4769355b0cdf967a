import type { Clock } from '../../core/clock.ts';
import { timerKey } from '../engine/escalation.ts';
import type { IncidentTimer } from '../engine/state.ts';

/** The end of a hold is a time of day: so often somebody looks whether the system's clock was set meanwhile. */
const LOOK_EVERY_MS = 60_000;

interface Armed {
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
      this.#armed.set(key, { incident, timer, due });
      this.#wakeAt(this.#looksAt(timer, due));
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#sleep?.abort.abort(new Error('stopped'));
  }

  #wakeAt(due: number): void {
    if (this.#stopped || (this.#sleep && this.#sleep.due <= due)) return;
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
    const now = this.#clock.monotonic();
    const wall = this.#clock.now();
    const isDue = ({ due, timer }: Armed) => due <= now || (timer.kind === 'hold' && Date.parse(timer.due_at) <= wall);
    const due = [...this.#armed].filter(([, armed]) => isDue(armed));
    for (const [key] of due) this.#armed.delete(key);
    for (const [incident, group] of Map.groupBy(due, ([, armed]) => armed.incident)) {
      this.#fire(
        incident,
        group.map(([, armed]) => armed.timer),
      );
    }
    let earliest = Number.POSITIVE_INFINITY;
    for (const { timer, due } of this.#armed.values()) earliest = Math.min(earliest, this.#looksAt(timer, due));
    if (earliest < Number.POSITIVE_INFINITY) this.#wakeAt(earliest);
  }

  #looksAt({ kind }: IncidentTimer, due: number): number {
    return kind === 'hold' ? Math.min(due, this.#clock.monotonic() + LOOK_EVERY_MS) : due;
  }
}
