import type { Delivery } from '../../../core/delivery.ts';
import type { Notification } from '../../notifier.ts';
import { accountKey } from '../account-key.ts';
import { defineChannel, IncludeBodies, Secret, STATE_CHANGES, webAddressProblems } from '../define.ts';
import { callVendor, idempotentDelivery, standsIn, type VendorOutcome } from '../http.ts';
import { withoutBodies } from '../without-bodies.ts';
import { message } from './message.ts';

/** Discord names no fixed limit but in its answers; 30 a minute is what a webhook is seen to get. */
const PER_MINUTE = 30;
/** Nobody's phone makes a sound (message flag SUPPRESS_NOTIFICATIONS). */
const QUIET = 1 << 12;

interface Answer {
  id?: unknown;
  code?: unknown;
  retry_after?: unknown;
}

/**
 * Posts to a Discord channel through its webhook. Later states edit the first message; an escalation is a new one, because
 * an edit makes no sound. docs.discord.com/developers/resources/webhook
 */
export const channel = defineChannel({
  type: 'discord',
  description: 'Posts to a Discord channel through a webhook.',
  settings: {
    url: Secret('The webhook; it is a secret.', '${DISCORD_WEBHOOK_URL}'),
    include_bodies: IncludeBodies,
  },
  events: [...STATE_CHANGES, 'incident.updated'],
  check: ({ url }) => webAddressProblems(url),
  rateLimit: ({ url }) => ({ key: accountKey('discord', url), per_minute: PER_MINUTE }),
  create: ({ url, include_bodies }, { clock, userAgent }) => {
    const secrets = URL.canParse(url) ? [url, new URL(url).pathname, token(url)] : [url];

    const send = (method: 'POST' | 'PATCH', target: string, body: object, abort: AbortSignal) =>
      callVendor(
        {
          method,
          url: target,
          headers: { 'content-type': 'application/json', 'user-agent': userAgent },
          body: JSON.stringify(body),
          secrets: secrets.filter((secret) => secret.length > 1),
        },
        clock,
        abort,
      );

    /** @param standing what is edited from now on; null where that is the new one */
    async function post(notification: Notification, standing: string | null, abort: AbortSignal): Promise<Delivery> {
      const quiet = notification.event === 'incident.updated' ? { flags: QUIET } : {};
      const target = at(url, '', { wait: 'true' });
      const delivery = deliveryOf(await send('POST', target, { ...message(notification), ...quiet }, abort));
      return delivery.status === 'accepted' ? standsIn(standing ?? delivery.providerRef, delivery) : delivery;
    }

    return {
      async notify(asked, abort) {
        if (!URL.canParse(url)) return { status: 'failure', error: new Error('url must be that of a webhook') };
        const notification = include_bodies ? asked : { ...asked, page: withoutBodies(asked) };
        const { event, message_ref: first } = notification;
        if (first === null || event === 'incident.escalated' || event === 'incident.triggered') {
          return post(notification, first, abort);
        }
        const outcome = await send('PATCH', at(url, `/messages/${first}`, {}), message(notification), abort);
        return refusesEdit(outcome) ? post(notification, null, abort) : standsIn(first, deliveryOf(outcome));
      },
    };
  },
});

/** The webhook's URL may carry a query of its own, such as `thread_id`. */
function at(url: string, path: string, query: Record<string, string>): string {
  const target = new URL(url);
  target.pathname = `${target.pathname.replace(/\/$/, '')}${path}`;
  for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value);
  return target.href;
}

function token(url: string): string {
  return new URL(url).pathname.split('/').filter(Boolean).at(-1) ?? '';
}

/** How long to wait stands in the body with its fractions, in the header without. */
function deliveryOf(outcome: VendorOutcome): Delivery {
  return idempotentDelivery(outcome, messageId, (body) => parsed(body)?.retry_after);
}

/** Somebody deleted it, or its thread is archived or locked: whatever it is, a new message may do, and tells of it if not. */
function refusesEdit(outcome: VendorOutcome): boolean {
  return outcome.kind === 'answer' && [400, 403, 404].includes(outcome.answer.status);
}

function messageId(body: string): string | undefined {
  const id = parsed(body)?.id;
  return typeof id === 'string' && /^\d{1,32}$/.test(id) ? id : undefined;
}

function parsed(body: string): Answer | undefined {
  try {
    return (JSON.parse(body) ?? undefined) as Answer | undefined;
  } catch {
    return undefined;
  }
}
