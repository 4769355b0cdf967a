import type { Priority } from '../../incident.ts';
import type { Notification } from '../../notifier.ts';
import { cut } from '../cut.ts';
import { defineChannel, Secret, STATE_CHANGES, VendorUrl } from '../define.ts';
import { callVendor, idempotentDelivery } from '../http.ts';

const EVENTS_URL = 'https://events.pagerduty.com/v2/enqueue';
const LONGEST_SUMMARY = 1_024;
const LARGEST_EVENT_BYTES = 512 * 1024;
const LONGEST_DETAIL = 8_192;

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
    url: VendorUrl(EVENTS_URL),
  },
  events: STATE_CHANGES,
  create: ({ routing_key, url }, { clock, userAgent }) => ({
    async notify(notification, abort) {
      const body = JSON.stringify({ routing_key, ...event(notification) });
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

function event({ event: name, dedup_key, incident, page }: Notification) {
  const event_action = ACTION[name] ?? 'trigger';
  if (event_action !== 'trigger') return { event_action, dedup_key };
  return {
    event_action,
    dedup_key,
    client: 'Ringdown',
    client_url: incident.url,
    links: page.links.map(({ label, url }) => ({ href: url, text: label })),
    payload: {
      summary: cut(page.headline, LONGEST_SUMMARY),
      source: `${incident.service} ${incident.environment}`,
      severity: SEVERITY[incident.priority],
      timestamp: incident.triggered_at,
      component: incident.service,
      group: incident.environment,
      class: incident.cause.step,
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
    return (JSON.parse(body) as { dedup_key?: string }).dedup_key;
  } catch {
    return undefined;
  }
}
