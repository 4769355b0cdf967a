import type { Clock } from '../../core/clock.ts';
import type { Delivery } from '../../core/delivery.ts';
import type { Notification, Notifier } from '../notifier.ts';
import type { ChannelTrouble } from './policy-test.ts';

/** A channel that tells the simulation what it would have told people, and fails as the test wants. */
export class SimulatedChannel implements Notifier {
  readonly #clock: Clock;
  readonly #onTold: (notification: Notification) => void;
  readonly #onTrouble: (notification: Notification, why: string) => void;
  #trouble: { how: ChannelTrouble; until: number } | null = null;

  constructor(
    clock: Clock,
    onTold: (notification: Notification) => void,
    onTrouble: (notification: Notification, why: string) => void,
  ) {
    this.#clock = clock;
    this.#onTold = onTold;
    this.#onTrouble = onTrouble;
  }

  async start(): Promise<void> {}
  async shutdown(): Promise<void> {}

  fail(how: ChannelTrouble, forMs: number): void {
    this.#trouble = { how, until: this.#clock.monotonic() + forMs };
  }

  async notify(notification: Notification, abort: AbortSignal): Promise<Delivery> {
    const trouble = this.#trouble;
    if (!trouble || this.#clock.monotonic() >= trouble.until) {
      this.#onTold(notification);
      return { status: 'accepted' };
    }
    switch (trouble.how) {
      case 'refuses':
        this.#onTrouble(notification, 'refuses it');
        return { status: 'failure', error: new Error('it refuses') };
      case 'silent':
        this.#onTrouble(notification, 'gives no answer');
        return new Promise((_, reject) => {
          abort.addEventListener('abort', () => reject(abort.reason), { once: true });
        });
      case 'unavailable':
        this.#onTrouble(notification, 'is not available');
        return { status: 'retryable', error: new Error('it answers 503') };
    }
  }
}
