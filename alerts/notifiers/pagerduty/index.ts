import { Type } from 'typebox';
import { cut } from '../../../core/plain-text.ts';
import type { Priority } from '../../incident.ts';
import type { Notification } from '../../notifier.ts';
import { accountKey } from '../account-key.ts';
import { defineChannel, Secret, STATE_CHANGES, VendorUrl } from '../define.ts';
import { callVendor, idempotentDelivery } from '../http.ts';
import { withoutBodies } from '../without-bodies.ts';
import { createAnswers } from './answers.ts';

const EVENTS_URL = 'https://events.pagerduty.com/v2/enqueue';
const LONGEST_SUMMARY = 1_024;
const LARGEST_EVENT_BYTES = 512 * 1024;
const LONGEST_DETAIL = 8_192;
/** Of one integration key: https://developer.pagerduty.com/docs/events-api-v2-rate-limits */
const EVENTS_A_MINUTE = 120;

const SEVERITY: Record<Priority, string> = { P1: 'critical', P2: 'error', P3: 'warning', P4: 'info' };

const ACTION: Partial<Record<Notification['event'], 'trigger' | 'acknowledge' | 'resolve'>> = {
  'incident.triggered': 'trigger',
  'incident.escalated': 'trigger',
  'incident.acknowledged': 'acknowledge',
  'incident.resolved': 'resolve',
  test: 'trigger',
};

/** Events API v2. One dedup_key per incident: repeats update the alert at PagerDuty instead of opening another. */
export const channel = defineChannel({
  type: 'pagerduty',
  description: 'Opens, acknowledges and resolves an alert at PagerDuty.',
  settings: {
    routing_key: Secret('Integration key of an Events API v2 integration.', '${PAGERDUTY_ROUTING_KEY}'),
    webhook_secrets: Type.Optional(
      Type.Array(Secret('Secret of a v3 webhook subscription.', '${PAGERDUTY_WEBHOOK_SECRET}'), {
        minItems: 1,
        maxItems: 8,
        description: 'What people do at PagerDuty comes back; the old and the new secret while it is changed.',
      }),
    ),
    images: Type.Optional(
      Type.Array(
        Type.Object(
          {
            src: Type.String({
              pattern: '^https://',
              'x-expected': 'an https address',
              description: 'PagerDuty fetches it.',
              examples: ['https://grafana.example.com/render/d-solo/posts'],
            }),
            href: Type.Optional(Type.String({ pattern: '^https?://', 'x-expected': 'an address' })),
            alt: Type.Optional(Type.String({ minLength: 1 })),
          },
          { additionalProperties: false },
        ),
        { maxItems: 10, description: 'Pictures beside the alert, such as a rendered chart.' },
      ),
    ),
    rate_limit: Type.Optional(
      Type.String({
        pattern: '^[1-9]\\d{0,5}/m$',
        'x-expected': 'a number of events a minute, such as 120/m',
        description: 'What PagerDuty granted to this integration key. Default 120/m.',
        examples: ['240/m'],
      }),
    ),
    include_bodies: Type.Optional(
      Type.Boolean({
        description: 'The summary, which PagerDuty reads out and sends as a text message, may quote responses.',
      }),
    ),
    url: VendorUrl(EVENTS_URL),
  },
  events: STATE_CHANGES,
  rateLimit: ({ routing_key, rate_limit }) => ({
    key: accountKey('pagerduty', routing_key),
    per_minute: rate_limit ? Number.parseInt(rate_limit, 10) : EVENTS_A_MINUTE,
  }),
  answers: createAnswers(),
  create: ({ routing_key, url, images, include_bodies }, { clock, userAgent }) => ({
    async notify(notification, abort) {
      const body = JSON.stringify({ routing_key, ...event(notification, images ?? [], include_bodies ?? false) });
      if (Buffer.byteLength(body) > LARGEST_EVENT_BYTES) {
        return { status: 'failure', error: new Error('the event is larger than PagerDuty takes (512 KB)') };
      }
      const outcome = await callVendor(
        {
          method: 'POST',
          url: url ?? EVENTS_URL,
          headers: { 'content-type': 'application/json', 'user-agent': userAgent },
          body,
          secrets: [routing_key],
        },
        clock,
        abort,
      );
      return idempotentDelivery(outcome, dedupKey);
    },
  }),
});

interface Image {
  src: string;
  href?: string;
  alt?: string;
}

function event(notification: Notification, images: readonly Image[], includeBodies: boolean) {
  const { event: name, dedup_key, incident, page, picture } = notification;
  // PagerDuty refuses pictures over anything but HTTPS.
  const ours = picture?.url.startsWith('https://')
    ? [{ src: picture.url, href: incident.cause.run_url ?? incident.url, alt: picture.alt }]
    : [];
  const shown = [...ours, ...images];
  const summary = includeBodies ? page.headline : withoutBodies(notification).headline;
  const event_action = ACTION[name] ?? 'trigger';
  if (event_action !== 'trigger') return { event_action, dedup_key };
  return {
    event_action,
    dedup_key,
    client: 'Ringdown',
    client_url: incident.url,
    links: page.links.map(({ label, url }) => ({ href: url, text: label })),
    ...(shown.length > 0 ? { images: shown } : {}),
    payload: {
      summary: cut(summary, LONGEST_SUMMARY),
      source: `${incident.service} ${incident.environment}`,
      severity: SEVERITY[incident.priority],
      timestamp: incident.triggered_at,
      component: incident.service,
      group: incident.environment,
      class: incident.cause.step || incident.source,
      custom_details: Object.fromEntries([
        ...(page.server_error ? [['server_error', cut(page.server_error, LONGEST_DETAIL)]] : []),
        ...page.facts.map(({ label, text }) => [label, cut(text, LONGEST_DETAIL)]),
        ...(incident.cause.trace_id ? [['trace_id', incident.cause.trace_id]] : []),
        ['monitors', cut(incident.monitors.join(', '), LONGEST_DETAIL)],
      ]),
    },
  };
}

function dedupKey(body: string): string | undefined {
  try {
    const { dedup_key } = JSON.parse(body) as { dedup_key?: unknown };
    return typeof dedup_key === 'string' ? dedup_key : undefined;
  } catch {
    return undefined;
  }
}
