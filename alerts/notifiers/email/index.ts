import { Socket } from 'node:net';
import { createTransport, type Transporter } from 'nodemailer';
import { Type } from 'typebox';
import type { Delivery } from '../../../core/delivery.ts';
import { toError } from '../../../core/errors.ts';
import type { Notification } from '../../notifier.ts';
import { defineChannel, Secret, STATE_CHANGES } from '../define.ts';

const LONGEST_SUBJECT = 200;

/** Sends a message over SMTP; all messages of one incident form one thread. */
export const channel = defineChannel({
  type: 'email',
  description: 'Sends an e-mail over SMTP.',
  settings: {
    url: Secret('smtp://user:password@host:587, or smtps:// for TLS from the first byte.', '${SMTP_URL}'),
    from: Type.String({ minLength: 3, description: 'Sender.', examples: ['ringdown@example.com'] }),
    to: Type.Array(Type.String({ minLength: 3 }), {
      minItems: 1,
      description: 'Receivers.',
      examples: [['team@example.com']],
    }),
  },
  events: STATE_CHANGES,
  create: ({ url, from, to }) => {
    const secrets = URL.canParse(url) ? [new URL(url).password, decodeURIComponent(new URL(url).password)] : [];
    return {
      async notify(notification, abort) {
        // A connection of its own: pages are rare, and an idle one would be dead when it is needed.
        // The socket is ours, so that an abort ends it at once; nodemailer would wait for the server.
        const socket = new Socket();
        const transport = createTransport({ url, socket }, { from });
        const onAbort = () => socket.destroy();
        abort.addEventListener('abort', onAbort, { once: true });
        try {
          return await Promise.race([send(transport, notification, to, secrets), aborted(abort)]);
        } finally {
          abort.removeEventListener('abort', onAbort);
          socket.destroy();
        }
      },
    };
  },
});

async function send(
  transport: Transporter,
  notification: Notification,
  to: string[],
  secrets: string[],
): Promise<Delivery> {
  const { dedup_key, delivery_id, page } = notification;
  const thread = `<${encodeURIComponent(dedup_key)}@ringdown>`;
  try {
    const sent = await transport.sendMail({
      to,
      subject: oneLine(page.headline).slice(0, LONGEST_SUBJECT),
      messageId: `<${encodeURIComponent(delivery_id)}@ringdown>`,
      inReplyTo: thread,
      references: thread,
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Ringdown-Dedup-Key': oneLine(dedup_key) },
      text: plainText(notification),
      html: html(notification),
    });
    return { status: 'accepted', providerRef: String(sent.messageId) };
  } catch (thrown) {
    return refusal(thrown, secrets);
  }
}

/** SMTP 4xx and the network may be better later; 5xx (a wrong password among them) stays. RFC 5321 §4.2.1. */
function refusal(thrown: unknown, secrets: string[]): Delivery {
  const { message, responseCode, code } = toError(thrown) as Error & { responseCode?: number; code?: string };
  const error = new Error(
    secrets.filter(Boolean).reduce((text, secret) => text.replaceAll(secret, '[redacted]'), message),
  );
  const permanent = responseCode === undefined ? code === 'EENVELOPE' : responseCode >= 500;
  return permanent ? { status: 'failure', error } : { status: 'retryable', error };
}

function aborted(abort: AbortSignal): Promise<Delivery> {
  const result: Delivery = { status: 'retryable', error: new Error('the mail server did not answer in time') };
  return new Promise((resolve) => {
    if (abort.aborted) resolve(result);
    abort.addEventListener('abort', () => resolve(result), { once: true });
  });
}

function plainText({ page }: Notification): string {
  return [
    page.headline,
    ...(page.server_error ? ['', `Server: ${page.server_error}`] : []),
    '',
    ...page.facts.map(({ label, text }) => `${label}: ${text}`),
    '',
    ...page.links.map(({ label, url }) => `${label}: ${url}`),
  ].join('\n');
}

function html({ page }: Notification): string {
  const facts = page.facts.map(
    ({ label, text }) =>
      `<tr><th align="left" valign="top" style="padding:2px 12px 2px 0">${escapeHtml(label)}</th><td>${escapeHtml(text)}</td></tr>`,
  );
  const links = page.links.map(({ label, url }) => `<a href="${escapeHtml(url)}">${escapeHtml(label)}</a>`);
  return [
    `<h2 style="margin:0 0 8px">${escapeHtml(page.headline)}</h2>`,
    page.server_error ? `<p><strong>Server:</strong> <code>${escapeHtml(page.server_error)}</code></p>` : '',
    `<table>${facts.join('')}</table>`,
    `<p>${links.join(' &middot; ')}</p>`,
  ].join('\n');
}

function escapeHtml(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
