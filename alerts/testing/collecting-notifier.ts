import type { Delivery } from '../../core/delivery.ts';
import type { EarlierAttempt, Notification, Notifier } from '../notifier.ts';

/** A channel that remembers what it was told, and answers as a test wants. */
export class CollectingNotifier implements Notifier {
  readonly accepted: Notification[] = [];
  readonly tried: Notification[] = [];
  answer: (notification: Notification) => Delivery | Promise<Delivery> = () => ({ status: 'accepted' });

  /** What the vendor says when it is asked; a channel without it cannot be asked. */
  lookup?: (notification: Notification, attempt: EarlierAttempt) => Promise<Delivery>;

  async start(): Promise<void> {}
  async shutdown(): Promise<void> {}

  async notify(notification: Notification): Promise<Delivery> {
    this.tried.push(notification);
    const delivery = await this.answer(notification);
    if (delivery.status === 'accepted') this.accepted.push(notification);
    return delivery;
  }
}
