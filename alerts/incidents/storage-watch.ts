import type { Clock } from '../../core/clock.ts';
import type { Observation } from '../engine/observation.ts';

/** A lock that goes away by itself wakes nobody; a disk that stays full does. */
export const STORAGE_ALARM_AFTER_MS = 30_000;

const MONITOR = 'storage@watcher';

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
    return monitor === MONITOR;
  }

  /** Trouble began (an error) or ended (null). */
  see(trouble: Error | null): void {
    this.stop();
    if (trouble === null) {
      if (this.#alarmed) this.#observe(observation(new Date(this.#clock.now()).toISOString(), null));
      this.#alarmed = false;
      return;
    }
    const since = new Date(this.#clock.now()).toISOString();
    const waiting = new AbortController();
    this.#waiting = waiting;
    this.#clock.timer(STORAGE_ALARM_AFTER_MS, waiting.signal).then(
      () => {
        this.#alarmed = true;
        this.#observe(observation(since, trouble));
      },
      () => undefined, // it answered again in time
    );
  }

  stop(): void {
    this.#waiting?.abort(new Error('the database answers again'));
    this.#waiting = null;
  }
}

function observation(at: string, trouble: Error | null): Observation {
  return {
    monitor: MONITOR,
    monitor_name: 'The state of the watcher',
    service: 'ringdown',
    environment: 'watcher',
    run_id: `storage-${at}-${trouble ? 'failed' : 'passed'}`,
    source: 'run',
    run_url: null,
    labels: {},
    rule: null,
    priority: null,
    source_url: null,
    trace_id: null,
    started_at: at,
    at,
    scheduled_at: at,
    status: trouble ? 'error' : 'passed',
    degraded: false,
    watcher_fault: null,
    tags: ['ringdown'],
    policy: null,
    quarantined: false,
    depends_on: [],
    runbook: null,
    attempts: 1,
    failure: trouble && {
      step: 'write alert state',
      message: trouble.message,
      expected: null,
      actual: null,
      kind: 'assertion',
      route: null,
      status_code: null,
    },
    evidence: {},
    deployment: null,
  };
}
