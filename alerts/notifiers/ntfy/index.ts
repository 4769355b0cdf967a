import { createHash } from 'node:crypto';
import { Type } from 'typebox';
import { cut, onOneLine } from '../../../core/plain-text.ts';
import type { Priority } from '../../incident.ts';
import type { Notification } from '../../notifier.ts';
import { accountKey } from '../account-key.ts';
import { defineChannel, IncludeBodies, STATE_CHANGES } from '../define.ts';
import { callVendor, decoded, idempotentDelivery } from '../http.ts';
import { withoutBodies } from '../without-bodies.ts';

/** ntfy's scale: 5 breaks through "do not disturb" and keeps sounding. */
const URGENCY: Record<Priority, number> = { P1: 5, P2: 4, P3: 3, P4: 2 };

const HEARD = 4;
const QUIET = 2;

const OPEN_TAG: Record<Priority, string> = {
  P1: 'rotating_light',
  P2: 'warning',
  P3: 'large_orange_diamond',
  P4: 'information_source',
};
const TAG: Partial<Record<Notification['event'], string>> = {
  'incident.acknowledged': 'eyes',
  'incident.resolved': 'white_check_mark',
  test: 'bell',
};
const NO_TOPIC = 'url must be https://<server>/<topic>, with a topic of at most 64 letters, digits, - and _';
const MOST_ACTIONS = 3;
/** A server lets one visitor publish once in 5 s after a burst of 60, unless it is set otherwise: docs.ntfy.sh/config. */
const PER_MINUTE = 12;

// ntfy turns a longer message into an attachment, which a lock screen does not show.
const LONGEST_MESSAGE_BYTES = 4_000;
const LONGEST_TITLE = 250;
/** The server reads twice the message's limit of a JSON document, escapes and links included, and refuses a larger one. */
const LARGEST_DOCUMENT_BYTES = 8_000;
const TOPIC = /^[-_A-Za-z0-9]{1,64}$/;

/** Publishes to a topic of ntfy.sh or of an own server; the ntfy app on a phone makes it sound. No account needed. */
export const channel = defineChannel({
  type: 'ntfy',
  description: 'Makes a phone with the ntfy app sound.',
  settings: {
    url: Type.String({ minLength: 1, description: 'The topic.', examples: ['https://ntfy.sh/a-name-nobody-guesses'] }),
    token: Type.Optional(
      Type.String({ minLength: 1, description: 'Access token of a protected topic.', examples: ['${NTFY_TOKEN}'] }),
    ),
    include_bodies: IncludeBodies,
  },
  events: STATE_CHANGES,
  check: ({ url }) => (splitTopic(url) ? [] : [{ path: ['url'], message: NO_TOPIC }]),
  rateLimit: ({ url, token }) => ({
    key: accountKey('ntfy', `${URL.canParse(url) ? new URL(url).host : url} ${token ?? ''}`),
    per_minute: PER_MINUTE,
  }),
  create: ({ url, token, include_bodies }, { clock, userAgent }) => ({
    async notify(asked, abort) {
      const notification = include_bodies ? asked : { ...asked, page: withoutBodies(asked) };
      const target = splitTopic(url);
      if (!target) return { status: 'failure', error: new Error(NO_TOPIC) };
      const outcome = await callVendor(
        {
          method: 'POST',
          url: target.server,
          headers: {
            'content-type': 'application/json',
            'user-agent': userAgent,
            ...(token ? { authorization: `Bearer ${token}` } : {}),
          },
          body: document(target.topic, notification),
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
  if (!/^https?:$/.test(parsed.protocol)) return undefined;
  const match = /^(.*\/)([^/]+)\/?$/.exec(parsed.pathname);
  const topic = match ? decoded(match[2]!) : null;
  return match && topic !== null && TOPIC.test(topic) ? { server: `${parsed.origin}${match[1]}`, topic } : undefined;
}

/** As much of the message as there is room for; a link that is too long for the rest is left out before the message is. */
function document(topic: string, notification: Notification): string {
  const { actions, ...rest } = message(notification);
  const acknowledges = notification.page.answer_url ? 1 : 0;
  const sized = (text: string, kept: number) =>
    JSON.stringify({ topic, ...rest, message: text, actions: actions.slice(0, kept) });
  for (let kept = actions.length; kept > acknowledges; kept--) {
    if (Buffer.byteLength(sized('', kept)) > LARGEST_DOCUMENT_BYTES / 2) continue;
    return fill((text) => sized(text, kept), rest.message);
  }
  return fill((text) => sized(text, acknowledges), rest.message);
}

function fill(sized: (text: string) => string, whole: string): string {
  let text = whole;
  for (let over = 1; over > 0; ) {
    over = Buffer.byteLength(sized(text)) - LARGEST_DOCUMENT_BYTES;
    // Of what an escape doubles, half as much is enough; the rest goes in the next turn.
    if (over > 0) text = shorten(text, Buffer.byteLength(text) - Math.ceil(over / 2) - 8);
    if (text === '…') break;
  }
  return sized(text);
}

function message(notification: Notification) {
  const { event, incident, page } = notification;
  const open = event === 'incident.triggered' || event === 'incident.escalated' || event === 'test';
  const lines = [
    ...(page.server_error ? [`Server: ${page.server_error}`] : []),
    ...page.facts.map(({ label, text }) => `${label}: ${text}`),
  ];
  return {
    ...sequence(notification),
    title: cut(onOneLine(page.headline), LONGEST_TITLE),
    message: shorten(lines.map(onOneLine).join('\n') || onOneLine(page.headline), LONGEST_MESSAGE_BYTES),
    // A phone that sounds at night for good news is soon muted; a test that nobody hears tests nothing.
    priority: event === 'test' ? HEARD : open ? URGENCY[incident.priority] : QUIET,
    tags: [TAG[event] ?? OPEN_TAG[incident.priority]],
    click: incident.url,
    actions: actions(notification),
  };
}

/**
 * Messages of one sequence replace one another on the phone (ntfy 2.16; older servers show each): what is acknowledged or
 * over stops sounding. An escalation is never in it, because what only replaces something might make no sound.
 */
function sequence({ event, dedup_key }: Notification): { sequence_id?: string } {
  if (event === 'incident.escalated' || event === 'test') return {};
  return { sequence_id: createHash('sha256').update(dedup_key).digest('hex').slice(0, 32) };
}

function actions({ page }: Notification): object[] {
  const acknowledge = page.answer_url
    ? [
        {
          action: 'http',
          label: 'Acknowledge',
          url: page.answer_url,
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: 'action=acknowledge',
          clear: true,
        },
      ]
    : [];
  const views = page.links.map(({ label, url }) => ({ action: 'view', label: cut(onOneLine(label), 40), url }));
  return [...acknowledge, ...views].slice(0, MOST_ACTIONS);
}

/** @param most bytes, with the ellipsis */
function shorten(text: string, most: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return text;
  const kept = bytes.subarray(0, Math.max(0, most - 4));
  return `${kept.toString('utf8').replace(/\ufffd+$/, '')}…`;
}

function messageId(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { id?: string }).id;
  } catch {
    return undefined;
  }
}
