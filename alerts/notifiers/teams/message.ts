import { cut, onOneLine } from '../../../core/plain-text.ts';
import type { Notification } from '../../notifier.ts';

/** A message in Teams is at most 28 KB; what the workflow wraps it in needs a little. */
const LARGEST_BYTES = 26 * 1024;
const LONGEST_LABEL = 60;
const LONGEST_TEXT = 1_000;
const MOST_ACTIONS = 6;

const STYLE: Partial<Record<Notification['event'], string>> = {
  'incident.triggered': 'attention',
  'incident.escalated': 'attention',
  'incident.acknowledged': 'warning',
  'incident.resolved': 'good',
};

/** The page as JSON of a message with one card, with as many facts as fit. */
export function message(notification: Notification): string {
  const { facts } = notification.page;
  for (let kept = facts.length; kept > 0; kept--) {
    const text = JSON.stringify(card(notification, kept));
    if (Buffer.byteLength(text) <= LARGEST_BYTES) return text;
  }
  return JSON.stringify(card(notification, 0));
}

/**
 * Adaptive Card 1.4, adaptivecards.io/explorer. Text stands in runs, which know no markdown, no mentions and no links, so
 * that nothing needs an escape which some client would show.
 */
function card({ event, page }: Notification, facts: number) {
  const answer = page.answer_url ? [{ label: 'Acknowledge', url: page.answer_url }] : [];
  const server = page.server_error ? [{ label: 'Server', text: page.server_error }] : [];
  const lines = [...server, ...page.facts.slice(0, facts)].map(({ label, text }) =>
    runs({ text: `${plain(label, LONGEST_LABEL)}  `, weight: 'Bolder' }, { text: plain(text, LONGEST_TEXT) }),
  );
  const headline = runs({ text: plain(page.headline, LONGEST_TEXT), weight: 'Bolder', size: 'Medium' });
  return {
    type: 'message',
    summary: plain(page.headline, 200),
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          msteams: { width: 'Full' },
          fallbackText: plain(page.headline, 200),
          body: [
            { type: 'Container', style: STYLE[event] ?? 'emphasis', bleed: true, items: [headline] },
            ...(lines.length > 0 ? [{ type: 'Container', items: lines }] : []),
          ],
          actions: [...answer, ...page.links].slice(0, MOST_ACTIONS).map(({ label, url }, index) => ({
            type: 'Action.OpenUrl',
            title: plain(label, LONGEST_LABEL),
            url,
            ...(index === 0 && page.answer_url ? { style: 'positive' } : {}),
          })),
        },
      },
    ],
  };
}

interface Run {
  text: string;
  weight?: string;
  size?: string;
}

function runs(...inlines: Run[]) {
  return { type: 'RichTextBlock', inlines: inlines.map((run) => ({ type: 'TextRun', ...run })) };
}

/** `{{DATE(…)}}` is computed by cards wherever text stands. An empty run is refused. */
function plain(text: string, longest: number): string {
  return cut(onOneLine(text).replace(/\{\{/g, '{ {'), longest) || '–';
}
