import { Type } from 'typebox';
import type { Delivery } from '../../../core/delivery.ts';
import type { Notification } from '../../notifier.ts';
import { accountKey } from '../account-key.ts';
import { defineChannel, IncludeBodies, Secret, STATE_CHANGES, VendorUrl, webAddressProblems } from '../define.ts';
import { callVendor, idempotentDelivery, standsIn, type VendorOutcome } from '../http.ts';
import { withoutBodies } from '../without-bodies.ts';
import { keyboard, message } from './message.ts';

const API_URL = 'https://api.telegram.org';
// core.telegram.org/bots/faq: one message a second to a person, twenty a minute to a group.
const PER_MINUTE_TO_PERSON = 60;
const PER_MINUTE_TO_GROUP = 20;

type Method = 'sendMessage' | 'editMessageText';

interface Answer {
  result?: { message_id?: number };
  description?: string;
  parameters?: { retry_after?: number; migrate_to_chat_id?: number };
}

/**
 * Sends through a Telegram bot. Later states edit the first message; an escalation answers it, because an edit makes no
 * sound. core.telegram.org/bots/api
 */
export const channel = defineChannel({
  type: 'telegram',
  description: 'Sends a message through a Telegram bot.',
  settings: {
    bot_token: Secret('Token of the bot, from @BotFather.', '${TELEGRAM_BOT_TOKEN}'),
    chat_id: Type.Union([Type.Integer(), Type.String({ pattern: '^(-?\\d{1,20}|@[A-Za-z][A-Za-z0-9_]{3,31})$' })], {
      'x-expected': 'the number of a chat, or @channelname',
      description: 'The chat: its number, or @channelname.',
      examples: ['@ops_alerts', -1001234567890],
    }),
    include_bodies: IncludeBodies,
    url: VendorUrl(API_URL),
  },
  events: [...STATE_CHANGES, 'incident.updated'],
  check: ({ url = API_URL }) => webAddressProblems(url),
  rateLimit: ({ bot_token, chat_id }) => ({
    key: accountKey('telegram', `${bot_token} ${chat_id}`),
    per_minute: /^\d/.test(String(chat_id)) ? PER_MINUTE_TO_PERSON : PER_MINUTE_TO_GROUP,
  }),
  create: ({ bot_token, chat_id, include_bodies, url = API_URL }, { clock, userAgent }) => {
    /** A group that becomes a supergroup has another number, which Telegram names when it refuses the old one. */
    let chat = chat_id;

    async function call(method: Method, body: object, abort: AbortSignal): Promise<VendorOutcome> {
      const outcome = await callOnce(method, body, abort);
      const moved = outcome.kind === 'answer' && parsed(outcome.answer.body)?.parameters?.migrate_to_chat_id;
      if (!Number.isSafeInteger(moved) || moved === chat) return outcome;
      chat = moved as number;
      return callOnce(method, body, abort);
    }

    const callOnce = (method: Method, body: object, abort: AbortSignal) =>
      callVendor(
        {
          method: 'POST',
          url: `${url.replace(/\/$/, '')}/bot${bot_token}/${method}`,
          headers: { 'content-type': 'application/json', 'user-agent': userAgent },
          body: JSON.stringify({
            chat_id: chat,
            parse_mode: 'HTML',
            link_preview_options: { is_disabled: true },
            ...body,
          }),
          secrets: [bot_token, encodeURIComponent(bot_token)],
        },
        clock,
        abort,
      );

    /** With buttons, or with links in the text where Telegram does not take their addresses: a page matters more than its buttons. */
    async function tell(method: Method, notification: Notification, more: object, abort: AbortSignal) {
      const buttons = keyboard(notification);
      const outcome = buttons
        ? await call(method, { text: message(notification, false), reply_markup: buttons, ...more }, abort)
        : undefined;
      if (outcome && !refusesButton(outcome)) return outcome;
      return call(method, { text: message(notification, true), ...more }, abort);
    }

    /** @param first what it answers, and what is edited from now on; null where that is the new one */
    async function send(notification: Notification, first: string | null, abort: AbortSignal): Promise<Delivery> {
      const { event } = notification;
      const more = {
        ...(first ? { reply_parameters: { message_id: Number(first), allow_sending_without_reply: true } } : {}),
        ...(event === 'incident.updated' || event === 'incident.resolved' ? { disable_notification: true } : {}),
      };
      const delivery = deliveryOf(await tell('sendMessage', notification, more, abort));
      return delivery.status === 'accepted' ? standsIn(first ?? delivery.providerRef, delivery) : delivery;
    }

    return {
      async notify(asked, abort) {
        const notification = include_bodies ? asked : { ...asked, page: withoutBodies(asked) };
        const { event, message_ref: first } = notification;
        if (first === null || event === 'incident.escalated' || event === 'incident.triggered') {
          return send(notification, first, abort);
        }
        const outcome = await tell('editMessageText', notification, { message_id: Number(first) }, abort);
        if (says(outcome, /message is not modified/i))
          return standsIn(first, { status: 'accepted', providerRef: first });
        // Deleted, too old, or of the group before it was upgraded: whatever it is, a new message may do.
        if (says(outcome, /./)) return send(notification, null, abort);
        return standsIn(first, deliveryOf(outcome));
      },
    };
  },
});

/** Telegram says in the body, and nowhere else, how long to wait. */
function deliveryOf(outcome: VendorOutcome): Delivery {
  return idempotentDelivery(
    outcome,
    (body) => {
      const id = parsed(body)?.result?.message_id;
      return Number.isSafeInteger(id) ? String(id) : undefined;
    },
    (body) => parsed(body)?.parameters?.retry_after,
  );
}

function refusesButton(outcome: VendorOutcome): boolean {
  return says(outcome, /button|wrong http url|reply markup/i);
}

function says(outcome: VendorOutcome, pattern: RegExp): boolean {
  return (
    outcome.kind === 'answer' &&
    outcome.answer.status === 400 &&
    pattern.test(parsed(outcome.answer.body)?.description ?? '')
  );
}

function parsed(body: string): Answer | undefined {
  try {
    return (JSON.parse(body) ?? undefined) as Answer | undefined;
  } catch {
    return undefined;
  }
}
