import { onOneLine } from '../../../core/plain-text.ts';
import type { Notification } from '../../notifier.ts';
import { cutEscaped, fitting } from '../cut.ts';

// Limits of messages and embeds, in characters: docs.discord.com/developers/resources/message
const CONTENT = 2_000;
const DESCRIPTION = 4_096;
/** Of the description; a link that is cut leads nowhere. */
const LINKS = 2_000;

const COLOUR: Partial<Record<Notification['event'], number>> = {
  'incident.triggered': 0xd92d20,
  'incident.escalated': 0xd92d20,
  'incident.acknowledged': 0xdc9a00,
  'incident.resolved': 0x12805c,
};
const OPEN = 0xd92d20;
const TAKEN = 0xdc9a00;
const OTHER = 0x667085;

/** The page as a message with one embed; no mention in it reaches anybody. */
export function message({ event, incident, page }: Notification) {
  const lines = [
    ...(page.server_error ? [`**Server** ${markdown(page.server_error, 1_500)}`] : []),
    ...page.facts.map(({ label, text }) => `**${markdown(label, 100)}** ${markdown(text, 1_000)}`),
  ];
  const answer = page.answer_url ? [{ label: 'Acknowledge', url: page.answer_url }] : [];
  const links = fitting([...answer, ...page.links].map(link), LINKS, ' · ');
  const text = fitting(lines, DESCRIPTION - links.length - 2, '\n');
  const description = [text, links].filter(Boolean).join('\n\n');
  const colour = COLOUR[event] ?? (event === 'incident.updated' ? (incident.acknowledged_at ? TAKEN : OPEN) : OTHER);
  return {
    // What a phone shows of it; the embed stays out of notifications.
    content: markdown(page.headline, CONTENT),
    allowed_mentions: { parse: [] },
    // An embed without text is refused; an empty list takes away what an edited message had.
    embeds: description ? [{ color: colour, description }] : [],
  };
}

function link({ label, url }: { label: string; url: string }): string {
  return `[${markdown(label, 80)}](${url.replace(/[\s<>()]/g, (sign) => ESCAPED[sign] ?? encodeURIComponent(sign))})`;
}

const ESCAPED: Record<string, string> = { '(': '%28', ')': '%29' };

/** Discord's own markdown, mentions (`<@&role>`, `@everyone`) and channel links lose their meaning. */
function markdown(text: string, longest: number): string {
  return cutEscaped(onOneLine(text), longest, (kept) =>
    kept.replace(/[\\*_~`|>#[\]()<]/g, '\\$&').replace(/@(?=everyone|here)/g, '@\u200b'),
  );
}
