import { createHmac } from 'node:crypto';
import { Type } from 'typebox';
import type { Incident } from '../../incident.ts';
import type { Notification } from '../../notifier.ts';
import { defineChannel, STATE_CHANGES } from '../define.ts';
import { callVendor, idempotentDelivery } from '../http.ts';

/**
 * Posts each change as JSON, signed: `Ringdown-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">` over the
 * bytes as sent. `Ringdown-Delivery` repeats over retries of one notification.
 */
export const channel = defineChannel({
  type: 'webhook',
  description: 'Posts a signed JSON document.',
  settings: {
    url: Type.String({ minLength: 1, description: 'Where to post.', examples: ['https://hooks.example.com/page'] }),
    secret: Type.Optional(
      Type.String({ minLength: 1, description: 'Key of the signature.', examples: ['${HOOK_SECRET}'] }),
    ),
  },
  events: STATE_CHANGES,
  create: ({ url, secret }, { clock, userAgent }) => ({
    async notify(notification, abort) {
      const body = JSON.stringify(webhookBody(notification));
      const headers: Record<string, string> = {
        'content-type': 'application/json',
        'user-agent': userAgent,
        'ringdown-delivery': notification.delivery_id,
        'ringdown-event': notification.event,
      };
      if (secret) headers['ringdown-signature'] = signature(secret, Math.floor(clock.now() / 1_000), body);
      const outcome = await callVendor(
        { method: 'POST', url, headers, body, secrets: secret ? [secret] : [] },
        clock,
        abort,
      );
      return idempotentDelivery(outcome);
    },
  }),
});

export function signature(secret: string, unixSeconds: number, body: string): string {
  return `t=${unixSeconds},v1=${createHmac('sha256', secret).update(`${unixSeconds}.${body}`).digest('hex')}`;
}

function webhookBody({ event, delivery_id, dedup_key, incident, page }: Notification) {
  return { event, delivery_id, dedup_key, incident: publicIncident(incident), page };
}

/** The incident without bookkeeping that only this watcher understands. */
function publicIncident({ policy: _policy, ...incident }: Incident) {
  return incident;
}
