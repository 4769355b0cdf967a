import { cut } from '../../../core/plain-text.ts';
import type { AnswerReader, AnswerRequest, ChannelAnswer, ChannelSettings } from '../../notifier.ts';
import { anyEqual, headerList, keyedDigest, malformed, unauthentic } from '../../signatures.ts';

interface Settings extends ChannelSettings {
  webhook_secrets?: readonly string[];
}

/** A v3 webhook, as far as it matters here: https://developer.pagerduty.com/docs/webhooks-overview */
interface Webhook {
  event: {
    id?: unknown;
    event_type: string;
    occurred_at?: unknown;
    agent?: { type?: unknown; id?: unknown; summary?: unknown } | null;
    data?: Record<string, unknown> | null;
  };
}

/**
 * PagerDuty signs no time of sending. It retries for 20 minutes, so an event that happened a day ago is somebody
 * else's copy; younger ones are told apart by their id.
 */
const OLDEST_EVENT_MS = 24 * 3_600_000;
const EARLIEST_EVENT_MS = 5 * 60_000;
const LONGEST_NOTE = 2_000;
/** Incidents whose key is remembered, because a note names only PagerDuty's own id. */
const INCIDENTS_KNOWN = 1_000;

const ACTIONS: Readonly<Record<string, ChannelAnswer['action']>> = {
  'incident.acknowledged': 'acknowledge',
  'incident.resolved': 'resolve',
  'incident.escalated': 'escalate',
};

const NOTES: Readonly<Record<string, string>> = {
  'incident.delegated': 'Delegated at PagerDuty',
  'incident.reassigned': 'Reassigned at PagerDuty',
  'incident.reopened': 'Reopened at PagerDuty',
  'incident.unacknowledged': 'No longer acknowledged at PagerDuty',
};

/** v3 webhooks: `X-PagerDuty-Signature: v1=<hex>,v1=<hex>`, HMAC-SHA256 of the body, one for each secret in use. */
export function createAnswers(): AnswerReader<Settings> {
  const keys = new Map<string, string>();

  function learn(id: unknown, key: unknown): void {
    if (typeof id !== 'string' || typeof key !== 'string') return;
    keys.delete(id);
    keys.set(id, key);
    if (keys.size > INCIDENTS_KNOWN) keys.delete(keys.keys().next().value!);
  }

  return {
    configured: ({ webhook_secrets }) => (webhook_secrets?.length ?? 0) > 0,

    verify({ webhook_secrets = [] }, request, now) {
      const presented = headerList(request, 'x-pagerduty-signature').filter((value) => value.startsWith('v1='));
      if (presented.length === 0) return unauthentic('X-PagerDuty-Signature has no v1 signature');
      const expected = webhook_secrets.map((secret) => `v1=${keyedDigest('sha256', 'hex', secret, request.rawBody)}`);
      if (!anyEqual(presented, expected)) return unauthentic('X-PagerDuty-Signature does not match the body');
      const event = webhookOf(request)?.event;
      // X-Webhook-Id is not signed, so whoever copies a request could change it; the event's own id is.
      const id =
        typeof event?.id === 'string' && event.id !== '' ? event.id : keyedDigest('sha256', 'hex', '', request.rawBody);
      const occurredAt = typeof event?.occurred_at === 'string' ? Date.parse(event.occurred_at) : Number.NaN;
      // One without a time could be sent again for ever.
      if (event && !(now - occurredAt <= OLDEST_EVENT_MS && occurredAt - now <= EARLIEST_EVENT_MS)) {
        return unauthentic('the event is too old, or of the future');
      }
      return { verified: true, replay_key: id };
    },

    read(_settings, request) {
      const event = webhookOf(request)?.event;
      if (!event) return malformed('the body is not a v3 webhook: {"event": {"event_type": …}}');
      const { event_type, agent, data } = event;
      if (!event_type.startsWith('incident.') || !data) return [];
      if (data.type === 'incident') learn(data.id, data.incident_key);
      // What our own events did comes back with the integration as agent: answering to it would loop. What PagerDuty
      // did by itself, such as a time-out, is no person's answer either.
      if (agent?.type !== 'user_reference') return [];
      const by = typeof agent.summary === 'string' && agent.summary !== '' ? agent.summary : null;
      const contact = typeof agent.id === 'string' ? { vendor: 'pagerduty', id: agent.id } : null;
      const answer = (action: ChannelAnswer['action'], dedup_key: unknown, text: string | null = null) =>
        typeof dedup_key === 'string' && dedup_key !== ''
          ? [{ incident_id: null, dedup_key, action, by, contact, text, provider_ref: null }]
          : [];
      if (event_type === 'incident.annotated') {
        const incident = data.incident as { id?: unknown } | null | undefined;
        const content = typeof data.content === 'string' ? data.content.trim() : '';
        return content === '' ? [] : answer('note', keys.get(String(incident?.id)), cut(content, LONGEST_NOTE));
      }
      const action = Object.hasOwn(ACTIONS, event_type) ? ACTIONS[event_type] : undefined;
      if (action) return answer(action, data.incident_key);
      const note = Object.hasOwn(NOTES, event_type) ? NOTES[event_type] : undefined;
      return note ? answer('note', data.incident_key, `${note}${assignees(data)}`) : [];
    },

    reply: () => null,
  };
}

function assignees({ assignees }: Record<string, unknown>): string {
  const names = Array.isArray(assignees)
    ? assignees.flatMap((each: { summary?: unknown } | null) => (typeof each?.summary === 'string' ? each.summary : []))
    : [];
  return names.length > 0 ? `, to ${cut(names.join(', '), 200)}` : '';
}

function webhookOf(request: AnswerRequest): Webhook | null {
  try {
    const body = JSON.parse(request.rawBody.toString('utf8')) as Partial<Webhook> | null;
    return typeof body?.event?.event_type === 'string' ? (body as Webhook) : null;
  } catch {
    return null;
  }
}
