import { createHmac } from 'node:crypto';
import { Type } from 'typebox';
import type { Incident } from '../../incident.ts';
import type { Notification } from '../../notifier.ts';
import { defineChannel, STATE_CHANGES, webAddressProblems } from '../define.ts';
import { callVendor, idempotentDelivery, secretsInUrl } from '../http.ts';
import { formatProblems, writeBody } from './format.ts';
import { templateView } from './names.ts';

/** Set here or by HTTP itself; a value of somebody else's would break the request or its signature. */
const OURS = /^(content-length|host|connection|transfer-encoding|expect|te|trailer|upgrade|ringdown-.*)$/i;
/** Values of these are no secrets, and blanking them would garble a receiver's words. */
const OPEN_HEADERS = /^(content-type|accept|user-agent)$/i;

/**
 * Sends each change as JSON, signed: `Ringdown-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">` over the
 * bytes as sent. `Ringdown-Delivery` repeats over retries of one notification.
 */
export const channel = defineChannel({
  type: 'webhook',
  description: 'Posts a signed JSON document, or a body of your own.',
  settings: {
    url: Type.String({ minLength: 1, description: 'Where to post.', examples: ['https://hooks.example.com/page'] }),
    secret: Type.Optional(
      Type.String({ minLength: 1, description: 'Key of the signature.', examples: ['${HOOK_SECRET}'] }),
    ),
    method: Type.Optional(
      Type.Union([Type.Literal('POST'), Type.Literal('PUT'), Type.Literal('PATCH')], { description: 'Default POST.' }),
    ),
    headers: Type.Optional(
      Type.Record(
        Type.String({ pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" }),
        Type.String({ pattern: '^[^\\r\\n\\u0000]*$', 'x-expected': 'one line', 'x-secret': true }),
        {
          additionalProperties: false,
          description: 'Sent along.',
          examples: [{ authorization: 'Bearer ${HOOK_TOKEN}' }],
        },
      ),
    ),
    template: Type.Optional(
      Type.Unknown({
        description:
          'Instead of the whole document: any JSON or YAML value whose texts may hold {{ incident.title }}. A text as the whole template is a text body, escaped for its content-type; a map is JSON, or the fields of a form.',
        examples: [{ text: '{{ page.headline }}', urgent: true }],
      }),
    ),
  },
  events: STATE_CHANGES,
  check: ({ url, template, headers = {} }) => [
    ...webAddressProblems(url),
    ...Object.keys(headers)
      .filter((name) => OURS.test(name))
      .map((name) => ({ path: ['headers', name], message: `the header ${name} is set by Ringdown` })),
    ...(template === undefined ? [] : formatProblems(template, contentType(headers))),
  ],
  create: ({ url, secret, method = 'POST', headers: own = {}, template }, { clock, userAgent }) => ({
    async notify(notification, abort) {
      const { type, body } =
        template === undefined
          ? { type: 'application/json', body: JSON.stringify(webhookBody(notification)) }
          : writeBody(template, contentType(own), templateView(notification));
      const headers: Record<string, string> = {
        'content-type': type,
        'user-agent': userAgent,
        ...Object.fromEntries(Object.entries(own).map(([name, value]) => [name.toLowerCase(), value])),
        'ringdown-delivery': notification.delivery_id,
        'ringdown-event': notification.event,
      };
      if (secret) headers['ringdown-signature'] = signature(secret, Math.floor(clock.now() / 1_000), body);
      const secrets = [...(secret ? [secret] : []), ...secretsIn(own), ...secretsInUrl(url)];
      return idempotentDelivery(await callVendor({ method, url, headers, body, secrets }, clock, abort));
    },
  }),
});

function contentType(headers: Record<string, string>): string | undefined {
  return Object.entries(headers).find(([name]) => /^content-type$/i.test(name))?.[1];
}

/** A token is also known without the word before it. */
function secretsIn(headers: Record<string, string>): string[] {
  return Object.entries(headers)
    .filter(([name]) => !OPEN_HEADERS.test(name))
    .flatMap(([, value]) => [value, value.split(' ').at(-1)!])
    .filter((value) => value.length >= 8);
}

export function signature(secret: string, unixSeconds: number, body: string): string {
  return `t=${unixSeconds},v1=${createHmac('sha256', secret).update(`${unixSeconds}.${body}`).digest('hex')}`;
}

function webhookBody({ event, delivery_id, dedup_key, incident, page }: Notification) {
  return { event, delivery_id, dedup_key, incident: withoutPolicy(incident), page };
}

/** The incident without bookkeeping that only this watcher understands. */
function withoutPolicy({ policy: _policy, ...incident }: Incident) {
  return incident;
}
