import { Socket } from 'node:net';
import { createTransport, type Transporter } from 'nodemailer';
import { Type } from 'typebox';
import type { Delivery } from '../../../core/delivery.ts';
import { toError } from '../../../core/errors.ts';
import { cut, onOneLine } from '../../../core/plain-text.ts';
import type { Notification } from '../../notifier.ts';
import { defineChannel, Secret, STATE_CHANGES } from '../define.ts';
import { decoded } from '../http.ts';
import { html, plainText } from './content.ts';
import { listId, threadHeaders } from './thread.ts';

const LONGEST_SUBJECT = 200;
const ADDRESS = { pattern: '^[^\\r\\n]*[^\\s@]@[^\\s@]+$', 'x-expected': 'an e-mail address' };

/** Sends a message over SMTP; all messages of one incident form one thread. */
export const channel = defineChannel({
  type: 'email',
  description: 'Sends an e-mail over SMTP.',
  settings: {
    url: Secret('smtp://user:password@host:587, or smtps:// for TLS from the first byte.', '${SMTP_URL}'),
    from: Type.String({ ...ADDRESS, description: 'Sender.', examples: ['ringdown@example.com'] }),
    to: Type.Array(Type.String(ADDRESS), {
      minItems: 1,
      description: 'Receivers.',
      examples: [['team@example.com']],
    }),
  },
  events: STATE_CHANGES,
  check({ url }) {
    if (!URL.canParse(url) || !/^smtps?:$/.test(new URL(url).protocol))
      return [{ path: ['url'], message: 'url must be smtp://… or smtps://…' }];
    const { username, password } = new URL(url);
    return decoded(username) === null || decoded(password) === null
      ? [{ path: ['url'], message: 'a % in the user or password of url must be written %25' }]
      : [];
  },
  create: ({ name, url, from, to }) => {
    const secrets = URL.canParse(url) ? [new URL(url).password, decoded(new URL(url).password) ?? ''] : [];
    return {
      async notify(notification, abort) {
        // A connection of its own: pages are rare, and an idle one would be dead when it is needed.
        // The socket is ours, so that an abort ends it at once; nodemailer would wait for the server.
        const socket = new Socket();
        const transport = createTransport({ url, socket }, { from });
        const onAbort = () => socket.destroy();
        abort.addEventListener('abort', onAbort, { once: true });
        try {
          return await Promise.race([send(transport, notification, { name, from, to, secrets }), aborted(abort)]);
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
  { name, from, to, secrets }: { name: string; from: string; to: string[]; secrets: string[] },
): Promise<Delivery> {
  const { dedup_key, event, incident, message_ref, page } = notification;
  // Some mailboxes keep together only what has one subject, be it with "Re:". What happened stands in the first line.
  const subject = message_ref ?? cut(onOneLine(page.headline), LONGEST_SUBJECT);
  const rings = event === 'incident.triggered' || event === 'incident.escalated';
  try {
    const sent = await transport.sendMail({
      to,
      subject: message_ref === null ? subject : `Re: ${subject}`,
      ...threadHeaders(notification, from),
      priority: rings && (incident.priority === 'P1' || incident.priority === 'P2') ? 'high' : 'normal',
      headers: {
        'List-Id': listId(name, from),
        // RFC 3834 §5, and the same for Exchange: nobody's absence is reported to the sender of pages.
        'Auto-Submitted': 'auto-generated',
        'X-Auto-Response-Suppress': 'All',
        'X-Ringdown-Event': event,
        'X-Ringdown-Dedup-Key': onOneLine(dedup_key),
      },
      text: plainText(notification),
      html: html(notification),
    });
    const refused: readonly string[] = sent.rejected ?? [];
    const but = refused.length > 0 ? `, refused for ${refused.join(', ')}` : '';
    return { status: 'accepted', providerRef: `${sent.messageId}${but}`, messageRef: subject };
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
