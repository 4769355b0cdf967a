import { Type } from 'typebox';
import type { Priority } from '../../incident.ts';
import type { Notification } from '../../notifier.ts';
import { cut } from '../cut.ts';
import { defineChannel, STATE_CHANGES } from '../define.ts';
import { callVendor, idempotentDelivery } from '../http.ts';

/** ntfy's scale: 5 breaks through "do not disturb" and keeps sounding. */
const URGENCY: Record<Priority, number> = { P1: 5, P2: 4, P3: 3, P4: 2 };

// ntfy turns a longer message into an attachment, which a lock screen does not show.
const LONGEST_MESSAGE_BYTES = 4_000;
const LONGEST_TITLE = 250;

/** Publishes to a topic of ntfy.sh or of an own server; the ntfy app on a phone makes it sound. No account needed. */
export const channel = defineChannel({
  type: 'ntfy',
  description: 'Makes a phone with the ntfy app sound.',
  settings: {
    url: Type.String({ minLength: 1, description: 'The topic.', examples: ['https://ntfy.sh/a-name-nobody-guesses'] }),
    token: Type.Optional(
      Type.String({ minLength: 1, description: 'Access token of a protected topic.', examples: ['${NTFY_TOKEN}'] }),
    ),
  },
  events: STATE_CHANGES,
  create: ({ url, token }, { clock, userAgent }) => ({
    async notify(notification, abort) {
      const target = splitTopic(url);
      if (!target) return { status: 'failure', error: new Error('url must be https://<server>/<topic>') };
      const outcome = await callVendor(
        {
          method: 'POST',
          url: target.server,
          headers: {
            'content-type': 'application/json',
            'user-agent': userAgent,
            ...(token ? { authorization: `Bearer ${token}` } : {}),
          },
          body: JSON.stringify({ topic: target.topic, ...message(notification) }),
          secrets: [target.topic, ...(token ? [token] : [])],
        },
        clock,
        abort,
      );
      return idempotentDelivery(outcome, messageId);
    },
  }),
});

function splitTopic(url: string): { server: string; topic: string } | undefined {
  if (!URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  const match = /^(.*\/)([^/]+)\/?$/.exec(parsed.pathname);
  return match ? { server: `${parsed.origin}${match[1]}`, topic: decodeURIComponent(match[2]!) } : undefined;
}

function message({ event, incident, page }: Notification) {
  const open = event === 'incident.triggered' || event === 'incident.escalated' || event === 'test';
  const lines = [
    ...(page.server_error ? [`Server: ${page.server_error}`] : []),
    ...page.facts.map(({ label, text }) => `${label}: ${text}`),
  ];
  return {
    title: cut(page.headline, LONGEST_TITLE),
    message: shorten(lines.join('\n') || page.headline),
    // A phone that sounds at night for good news is soon muted.
    priority: open ? URGENCY[incident.priority] : 2,
    tags: [open ? 'rotating_light' : 'white_check_mark'],
    click: incident.url,
    actions: page.links.slice(0, 3).map(({ label, url }) => ({ action: 'view', label, url })),
  };
}

function shorten(text: string): string {
  let bytes = Buffer.from(text);
  if (bytes.length <= LONGEST_MESSAGE_BYTES) return text;
  bytes = bytes.subarray(0, LONGEST_MESSAGE_BYTES - 4);
  return `${bytes.toString('utf8').replace(/\ufffd+$/, '')}…`;
}

function messageId(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { id?: string }).id;
  } catch {
    return undefined;
  }
}
