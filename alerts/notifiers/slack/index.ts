import { Type } from 'typebox';
import type { Clock } from '../../../core/clock.ts';
import type { Delivery } from '../../../core/delivery.ts';
import type { Notification, Notifier, Page } from '../../notifier.ts';
import { accountKey } from '../account-key.ts';
import { defineChannel, IncludeBodies, Secret, STATE_CHANGES, VendorUrl } from '../define.ts';
import { callVendor, idempotentDelivery } from '../http.ts';
import { withoutBodies } from '../without-bodies.ts';
import { answers } from './answers.ts';
import { conversation } from './conversation.ts';
import { type Message, messageOf } from './message.ts';
import { API_URL } from './web-api.ts';

/** One message a second to a channel: https://docs.slack.dev/apis/web-api/rate-limits */
const MESSAGES_A_MINUTE = 60;
/** The message, or its edit, and a line in its thread. */
const MESSAGES_OF_AN_APP = 2;

/** Posts to a Slack channel: as an app, which edits its message and takes buttons, or through an incoming webhook. */
export const channel = defineChannel({
  type: 'slack',
  description: 'Posts to a Slack channel: one message for each incident, edited by later states.',
  settings: {
    bot_token: Type.Optional(Secret("The app's bot token; goes with `channel`.", '${SLACK_BOT_TOKEN}')),
    channel: Type.Optional(
      Type.String({
        pattern: '^[CGD][A-Z0-9]{6,}$',
        'x-expected': "a channel's id such as C024BE7LH, which stands at the end of its details",
        description: 'Id of the channel.',
        examples: ['C024BE7LH'],
      }),
    ),
    url: Type.Optional(Secret('An incoming webhook, instead of an app; it is a secret.', '${SLACK_WEBHOOK_URL}')),
    signing_secret: Type.Optional(
      Secret("The app's signing secret: messages get buttons that acknowledge.", '${SLACK_SIGNING_SECRET}'),
    ),
    previous_signing_secret: Type.Optional(
      Secret('Believed as well, while the secret is changed.', '${SLACK_OLD_SIGNING_SECRET}'),
    ),
    include_bodies: IncludeBodies,
    api_url: VendorUrl(API_URL),
  },
  events: [...STATE_CHANGES, 'incident.updated'],
  check({ url, bot_token, channel: id }) {
    if (url !== undefined && bot_token !== undefined) {
      return [
        {
          path: ['url'],
          message: 'url and bot_token are two ways to post',
          hint: "leave one of them out; a bot's API elsewhere is api_url",
        },
      ];
    }
    if (url === undefined && bot_token === undefined) {
      return [{ path: [], message: 'needs bot_token and channel, or the url of an incoming webhook' }];
    }
    return bot_token !== undefined && id === undefined
      ? [{ path: ['bot_token'], message: 'bot_token needs the channel to post to' }]
      : [];
  },
  rateLimit: ({ url, bot_token, channel: id }) => ({
    key: accountKey('slack', url ?? `${bot_token} ${id}`),
    per_minute: url === undefined ? MESSAGES_A_MINUTE / MESSAGES_OF_AN_APP : MESSAGES_A_MINUTE,
  }),
  answers,
  create: (settings, { clock, userAgent }) => {
    const page = (notification: Notification): Page =>
      settings.include_bodies ? notification.page : withoutBodies(notification);
    const takesAnswers = answers.configured(settings);
    const { bot_token, channel: id, api_url, url } = settings;
    if (bot_token !== undefined && id !== undefined) {
      const bot = { bot_token, channel: id, ...(api_url === undefined ? {} : { api_url }) };
      return conversation(bot, { page, answers: takesAnswers }, { clock, userAgent });
    }
    return webhook(
      url ?? '',
      (notification) => messageOf(notification, page(notification), { details: true, answers: takesAnswers }),
      clock,
      userAgent,
    );
  },
});

/** An incoming webhook posts and forgets: what it wrote cannot be edited. */
function webhook(
  url: string,
  message: (notification: Notification) => Message,
  clock: Clock,
  userAgent: string,
): Pick<Notifier, 'notify'> {
  const secrets = URL.canParse(url) ? [url, new URL(url).pathname] : [url];
  const headers = { 'content-type': 'application/json; charset=utf-8', 'user-agent': userAgent };
  return {
    async notify(notification, abort): Promise<Delivery> {
      // Each small change as another message would bury the one that matters.
      if (notification.event === 'incident.updated') return { status: 'accepted' };
      const outcome = await callVendor(
        {
          method: 'POST',
          url,
          headers,
          body: JSON.stringify(message(notification)),
          secrets: secrets.filter((secret) => secret.length > 1),
        },
        clock,
        abort,
      );
      return idempotentDelivery(outcome);
    },
  };
}
