import { cut, onOneLine } from '../../../core/plain-text.ts';
import type { Notification } from '../../notifier.ts';
import { cutEscaped, fitting } from '../cut.ts';

/** core.telegram.org/bots/api#sendmessage: 4,096 characters after entities are parsed. Ours count with their markup. */
const LONGEST = 4_096;
const LONGEST_BUTTON = 40;
const BUTTONS_IN_A_ROW = 3;

const MARK: Partial<Record<Notification['event'], string>> = {
  'incident.triggered': '🔴',
  'incident.escalated': '🔴',
  'incident.acknowledged': '🟡',
  'incident.resolved': '🟢',
};

/** The page in Telegram's HTML. @param withLinks where no button can carry them */
export function message({ event, incident, page }: Notification, withLinks: boolean): string {
  const mark = MARK[event] ?? (event === 'test' ? '🔵' : incident.acknowledged_at ? '🟡' : '🔴');
  const head = `${mark} <b>${html(page.headline, 600)}</b>`;
  const links = withLinks
    ? linksOf({ page }).map(({ label, url }) => `<a href="${html(url, 1_000)}">${html(label, 60)}</a>`)
    : [];
  const foot = fitting(links, 1_200, ' · ');
  const lines = [
    ...(page.server_error ? [`<b>Server</b> <code>${html(page.server_error, 1_000)}</code>`, ''] : []),
    ...page.facts.map(({ label, text }) => `<b>${html(label, 100)}</b> ${html(text, 800)}`),
  ];
  const text = fitting(lines, LONGEST - head.length - foot.length - 4, '\n');
  return [head, text, foot].filter(Boolean).join('\n\n');
}

interface Keyboard {
  inline_keyboard: { text: string; url: string }[][];
}

/** Buttons below the message, the one that acknowledges by itself in the first row; null where no address can be one. */
export function keyboard({ page }: Pick<Notification, 'page'>): Keyboard | null {
  const buttons = linksOf({ page }).map(({ label, url }) => ({ text: cut(label, LONGEST_BUTTON), url }));
  if (buttons.length === 0 || !buttons.every(({ url }) => mayBeButton(url))) return null;
  const rows = page.answer_url ? [buttons.slice(0, 1), buttons.slice(1)] : [buttons];
  const short = rows.flatMap((row) =>
    Array.from({ length: Math.ceil(row.length / BUTTONS_IN_A_ROW) }, (_, index) =>
      row.slice(index * BUTTONS_IN_A_ROW, (index + 1) * BUTTONS_IN_A_ROW),
    ),
  );
  return { inline_keyboard: short };
}

function linksOf({ page }: Pick<Notification, 'page'>): { label: string; url: string }[] {
  return [...(page.answer_url ? [{ label: 'Acknowledge', url: page.answer_url }] : []), ...page.links];
}

/** Telegram refuses the whole message for a button to a host without a domain, such as localhost. */
function mayBeButton(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return /^https?:$/.test(protocol) && hostname.includes('.') && !/^127\.|\.(local|localhost|internal)$/.test(hostname);
}

/** A text as Telegram's HTML, cut so that it is within `longest` with its escapes. */
function html(text: string, longest: number): string {
  return cutEscaped(onOneLine(text), longest, (kept) =>
    kept.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;'),
  );
}
