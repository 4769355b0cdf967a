import type { Clock } from '../../core/clock.ts';
import type { Observation } from '../engine/observation.ts';
import { OWN_ENVIRONMENT, type OwnPart, ownObservation } from './own-observation.ts';

/** A lock that goes away by itself wakes nobody; a disk that stays full does. */
const STORAGE_ALARM_AFTER_MS = 30_000;

const STORAGE: OwnPart = { part: 'storage', name: 'The state of the watcher', step: 'write alert state' };

/** The watcher watches its own database, and rings about it like about anything else. */
export class StorageWatch {
  readonly #clock: Clock;
  readonly #observe: (observation: Observation) => void;
  #waiting: AbortController | null = null;
  #alarmed = false;

  constructor(clock: Clock, observe: (observation: Observation) => void) {
    this.#clock = clock;
    this.#observe = observe;
  }

  owns(monitor: string): boolean {
    return monitor === `${STORAGE.part}@${OWN_ENVIRONMENT}`;
  }

  /** Trouble began (an error) or ended (null). */
  see(trouble: Error | null): void {
    this.stop();
    if (trouble === null) {
      if (this.#alarmed) this.#observe(ownObservation(STORAGE, null, new Date(this.#clock.now()).toISOString()));
      this.#alarmed = false;
      return;
    }
    const since = new Date(this.#clock.now()).toISOString();
    const waiting = new AbortController();
    this.#waiting = waiting;
    this.#clock.timer(STORAGE_ALARM_AFTER_MS, waiting.signal).then(
      () => {
        this.#alarmed = true;
        this.#observe(ownObservation(STORAGE, trouble.message, since));
      },
      () => undefined, // it answered again in time
    );
  }

  stop(): void {
    this.#waiting?.abort(new Error('the database answers again'));
    this.#waiting = null;
  }
}
