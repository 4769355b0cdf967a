import { Type } from 'typebox';
import { accountKey } from '../account-key.ts';
import { contactCard } from '../contact-card.ts';
import { defineChannel, IncludeBodies } from '../define.ts';
import { reachable, refusedAsWritten, TwilioSettings, twilioSender } from '../twilio.ts';
import { withoutBodies } from '../without-bodies.ts';
import { answers } from './answers.ts';
import { textOf } from './text.ts';

/** One segment a second from a long code; Twilio queues more: https://www.twilio.com/docs/messaging/guides/rate-limits-overview */
const MESSAGES_A_MINUTE = 60;

/** A text message. Twilio does not take a key against doubles, so an unclear answer is looked up before it is sent again. */
export const channel = defineChannel({
  type: 'twilio-sms',
  description: 'Sends a text message; replies acknowledge, escalate and resolve.',
  settings: {
    ...TwilioSettings,
    replies: Type.Optional(
      Type.Boolean({ description: 'Twilio sends replies here (see docs), so messages may ask for them.' }),
    ),
    replies_from: Type.Optional(
      Type.Array(Type.String({ pattern: '^\\+[1-9]\\d{1,14}$', 'x-expected': 'a number such as +12025550102' }), {
        maxItems: 100,
        description: 'Further phones whose replies count: a number at Twilio has one address for all of them.',
      }),
    ),
    include_bodies: IncludeBodies,
  },
  events: ['incident.triggered', 'incident.escalated', 'incident.resolved', 'test'],
  rateLimit: ({ account_sid, from }) => ({
    key: accountKey('twilio-sms', `${account_sid} ${from}`),
    per_minute: MESSAGES_A_MINUTE,
  }),
  answers,
  contactCard,
  create: (settings, context) => {
    const messages = twilioSender(settings, 'Messages', context);
    const answerUrl = reachable(context.answerUrl);
    const text = (notification: Parameters<typeof textOf>[0]) => {
      const page = settings.include_bodies ? notification.page : withoutBodies(notification);
      return textOf(notification, page, (settings.replies ?? false) && answerUrl !== null);
    };
    return {
      async notify(notification, abort) {
        const Body = text(notification);
        if (answerUrl === null || notification.event === 'test') return messages.send({ Body }, abort, Body);
        const query = new URLSearchParams({ on: 'status', incident: notification.incident.id });
        const delivery = await messages.send({ Body, StatusCallback: `${answerUrl}?${query}` }, abort, Body);
        return refusedAsWritten(delivery) ? messages.send({ Body }, abort, Body) : delivery;
      },
      lookup: (_notification, attempt, abort) => messages.find(attempt.since, abort, { others: attempt.others }),
    };
  },
});
