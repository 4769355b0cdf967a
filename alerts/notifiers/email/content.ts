import type { Notification } from '../../notifier.ts';
import { escapeHtml } from '../markup.ts';

const COLOUR: Partial<Record<Notification['event'], string>> = {
  'incident.triggered': '#d92d20',
  'incident.escalated': '#d92d20',
  'incident.acknowledged': '#b54708',
  'incident.resolved': '#12805c',
};
const NEUTRAL = '#475467';

export function plainText({ page }: Notification): string {
  const links = [...(page.answer_url ? [{ label: 'Acknowledge', url: page.answer_url }] : []), ...page.links];
  return [
    page.headline,
    ...(page.server_error ? ['', `Server: ${page.server_error}`] : []),
    '',
    ...page.facts.map(({ label, text }) => `${label}: ${text}`),
    '',
    ...links.map(({ label, url }) => `${label}: ${url}`),
  ].join('\n');
}

/** Styles inline and no images: nothing is loaded from anywhere, and nobody sees that it was opened. */
export function html({ event, page }: Notification): string {
  const facts = page.facts.map(
    ({ label, text }) =>
      `<tr><th align="left" valign="top" style="padding:3px 16px 3px 0;white-space:nowrap;color:${NEUTRAL};font-weight:600">${escapeHtml(label)}</th><td style="padding:3px 0">${escapeHtml(text)}</td></tr>`,
  );
  const answer = page.answer_url;
  const button = answer
    ? `<p><a href="${escapeHtml(answer)}" style="display:inline-block;padding:10px 20px;background:#175cd3;color:#ffffff;text-decoration:none;font-weight:600">Acknowledge</a></p>`
    : '';
  const links = page.links.map(({ label, url }) => `<a href="${escapeHtml(url)}">${escapeHtml(label)}</a>`);
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light"></head>',
    '<body style="margin:0;padding:16px;font:15px/1.5 sans-serif">',
    `<h2 style="margin:0 0 12px;padding:0 0 0 12px;border-left:4px solid ${COLOUR[event] ?? NEUTRAL};font-size:18px">${escapeHtml(page.headline)}</h2>`,
    page.server_error ? `<p><strong>Server:</strong> <code>${escapeHtml(page.server_error)}</code></p>` : '',
    button,
    `<table cellspacing="0" cellpadding="0" style="border-collapse:collapse">${facts.join('\n')}</table>`,
    `<p>${links.join(' &middot; ')}</p>`,
    '</body></html>',
  ]
    .filter(Boolean)
    .join('\n');
}
