import { createHmac } from 'node:crypto';
import { Type } from 'typebox';
import type { Incident } from '../../incident.ts';
import type { Notification } from '../../notifier.ts';
import { defineChannel, STATE_CHANGES, webAddressProblems } from '../define.ts';
import { callVendor, idempotentDelivery, secretsInUrl } from '../http.ts';
import { templateView } from './names.ts';
import { renderTemplate, renderText, templateProblems } from './template.ts';

/** Set here or by HTTP itself; a value of somebody else's would break the request or its signature. */
const OURS = /^(content-length|host|connection|transfer-encoding|expect|te|trailer|upgrade|ringdown-.*)$/i;
/** Values of these are no secrets, and blanking them would garble a receiver's words. */
const OPEN_HEADERS = /^(content-type|accept|user-agent)$/i;

const TEXT_AS_JSON = {
  path: ['template'],
  message: 'the template is a text, and the header says that it is JSON: a quote in a title would break it',
  hint: 'write it as a map or list, without quotes around the whole',
};

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
          'Instead of the whole document: any JSON or YAML value whose texts may hold {{ incident.title }}. A text as the whole template is a text body.',
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
    ...(typeof template === 'string' && saysJson(headers) ? [TEXT_AS_JSON] : []),
    ...(template === undefined ? [] : templateProblems(template, ['template'])),
  ],
  create: ({ url, secret, method = 'POST', headers: own = {}, template }, { clock, userAgent }) => ({
    async notify(notification, abort) {
      const { type, body } = bodyOf(notification, template);
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

function bodyOf(notification: Notification, template: unknown): { type: string; body: string } {
  if (template === undefined) return { type: 'application/json', body: JSON.stringify(webhookBody(notification)) };
  const view = templateView(notification);
  if (typeof template === 'string') return { type: 'text/plain; charset=utf-8', body: renderText(template, view) };
  return { type: 'application/json', body: JSON.stringify(renderTemplate(template, view)) };
}

function saysJson(headers: Record<string, string>): boolean {
  return Object.entries(headers).some(([name, value]) => /^content-type$/i.test(name) && /json/i.test(value));
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
