import type { Clock } from '../../core/clock.ts';
import { toError } from '../../core/errors.ts';
import type { State } from './state-file.ts';

const AGAIN_MS = 2_000;

/** The state while its database cannot be opened: everything rejects with the reason, until it can be. */
export class LateState implements State {
  readonly runs: State['runs'];
  readonly alerts: State['alerts'];
  readonly deployments: State['deployments'];
  readonly heartbeats: State['heartbeats'];
  readonly inbound: State['inbound'];
  readonly onCallOverrides: State['onCallOverrides'];
  readonly #stop = new AbortController();
  readonly #opening: Promise<void>;
  #reason: Error;
  #opened: State | null = null;

  constructor(reason: Error, open: () => Promise<State>, clock: Clock) {
    this.#reason = reason;
    this.runs = this.#late('runs');
    this.alerts = this.#late('alerts');
    this.deployments = this.#late('deployments');
    this.heartbeats = this.#late('heartbeats');
    this.inbound = this.#late('inbound');
    this.onCallOverrides = this.#late('onCallOverrides');
    this.#opening = this.#untilItOpens(open, clock);
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('shutting down'));
    await this.#opening;
    await this.#opened?.close();
  }

  async #untilItOpens(open: () => Promise<State>, clock: Clock): Promise<void> {
    while (!this.#opened) {
      await clock.timer(AGAIN_MS, this.#stop.signal).catch(() => undefined);
      if (this.#stop.signal.aborted) return;
      try {
        this.#opened = await open();
      } catch (error) {
        this.#reason = toError(error);
      }
    }
  }

  /** Every method of a repository returns a promise, so one that is not there yet can answer for all of them. */
  #late<Room extends Exclude<keyof State, 'close'>>(room: Room): State[Room] {
    return new Proxy({} as State[Room], {
      get: (_target, method) =>
        this.#opened ? Reflect.get(this.#opened[room], method) : () => Promise.reject(this.#reason),
    });
  }
}
