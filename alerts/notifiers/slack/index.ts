import type { Notification } from '../../notifier.ts';
import { cut } from '../cut.ts';
import { defineChannel, Secret, STATE_CHANGES } from '../define.ts';
import { callVendor, idempotentDelivery } from '../http.ts';

// Limits of Slack's Block Kit, in characters.
const HEADER = 150;
const SECTION = 3_000;
const FIELD = 2_000;
const MOST_FIELDS = 10;
const BUTTON = 75;

const COLOUR: Partial<Record<Notification['event'], string>> = {
  'incident.triggered': '#d92d20',
  'incident.escalated': '#d92d20',
  'incident.acknowledged': '#dc9a00',
  'incident.resolved': '#12805c',
};

/** Posts to a Slack incoming webhook. */
export const channel = defineChannel({
  type: 'slack',
  description: 'Posts to a Slack channel through an incoming webhook.',
  settings: { url: Secret('The incoming webhook; it is a secret.', '${SLACK_WEBHOOK_URL}') },
  events: STATE_CHANGES,
  create: ({ url }, { clock, userAgent }) => ({
    async notify(notification, abort) {
      const secrets = URL.canParse(url) ? [url, new URL(url).pathname] : [url];
      const outcome = await callVendor(
        {
          method: 'POST',
          url,
          headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': userAgent },
          body: JSON.stringify(message(notification)),
          secrets: secrets.filter((secret) => secret.length > 1),
        },
        clock,
        abort,
      );
      return idempotentDelivery(outcome);
    },
  }),
});

function message({ event, page }: Notification) {
  const blocks: object[] = [
    { type: 'header', text: { type: 'plain_text', text: cut(page.headline, HEADER), emoji: false } },
  ];
  if (page.server_error) {
    blocks.push({
      type: 'section',
      text: { type: 'mrkdwn', text: `*Server* ${cut(mrkdwn(page.server_error), SECTION - 20)}` },
    });
  }
  for (let start = 0; start < page.facts.length; start += MOST_FIELDS) {
    const fields = page.facts
      .slice(start, start + MOST_FIELDS)
      .map(({ label, text }) => ({ type: 'mrkdwn', text: cut(`*${mrkdwn(label)}*\n${mrkdwn(text)}`, FIELD) }));
    blocks.push({ type: 'section', fields });
  }
  if (page.links.length > 0) {
    const elements = page.links
      .slice(0, 5)
      .map(({ label, url }) => ({ type: 'button', text: { type: 'plain_text', text: cut(label, BUTTON) }, url }));
    blocks.push({ type: 'actions', elements });
  }
  const colour = COLOUR[event];
  // `text` is what a notification and a screen reader say.
  return colour
    ? { text: mrkdwn(page.headline), attachments: [{ color: colour, blocks }] }
    : { text: mrkdwn(page.headline), blocks };
}

/** Slack reads `<…>` as links and mentions (`<!channel>` wakes everybody), and `&` begins an escape. */
function mrkdwn(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
