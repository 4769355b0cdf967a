import type { Delivery } from '../../core/delivery.ts';
import type { EarlierAttempt, Notification, Notifier } from '../notifier.ts';

/** A channel as the desk tells it: with the message of the incident that it gave itself, over restarts of the channel. */
export function remembering(notifier: Notifier, messages = new Map<string, string>()): Notifier {
  const told = (notification: Notification): Notification => ({
    ...notification,
    message_ref: messages.get(notification.dedup_key) ?? notification.message_ref,
  });
  function heard<Answer extends Delivery>({ dedup_key }: Notification, answer: Answer): Answer {
    if (answer.status === 'accepted' && answer.messageRef !== undefined) messages.set(dedup_key, answer.messageRef);
    return answer;
  }
  const { lookup } = notifier;
  return {
    start: () => notifier.start(),
    shutdown: (abort) => notifier.shutdown(abort),
    async notify(notification, abort) {
      const answer = heard(notification, await notifier.notify(told(notification), abort));
      if (answer.status !== 'ambiguous') return answer;
      return { ...answer, lookup: async () => heard(notification, await answer.lookup()) };
    },
    ...(lookup
      ? {
          lookup: async (notification: Notification, attempt: EarlierAttempt, abort: AbortSignal) =>
            heard(notification, await lookup(told(notification), attempt, abort)),
        }
      : {}),
  };
}
