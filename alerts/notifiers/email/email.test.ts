import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SMTPServer } from 'smtp-server';
import { context } from '../../testing/describe-notifier.ts';
import { HOSTILE_TEXT, notification } from '../../testing/notification.ts';
import { channel } from './index.ts';

// describeNotifier( speaks HTTP; the same promises are held here in a real SMTP conversation.
const PASSWORD = 'smtp-password-canary';

interface Received {
  from: string;
  to: string[];
  message: string;
}

let server: SMTPServer;
let received: Received[];
let refuse: string | null;
let answer: (received: Received) => Error | null;

beforeEach(async () => {
  received = [];
  refuse = null;
  answer = () => null;
  server = new SMTPServer({
    secure: false,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    size: 200_000,
    onAuth: ({ username, password }, _session, done) =>
      username === 'ringdown' && password === PASSWORD
        ? done(null, { user: username })
        : done(new Error('Invalid username or password')),
    onRcptTo: ({ address }, _session, done) =>
      done(address === refuse ? Object.assign(new Error('no such user'), { responseCode: 550 }) : null),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const mail = {
          from: session.envelope.mailFrom ? session.envelope.mailFrom.address : '',
          to: session.envelope.rcptTo.map(({ address }) => address),
          message: Buffer.concat(chunks).toString('utf8'),
        };
        const refused = stream.sizeExceeded
          ? Object.assign(new Error('too large'), { responseCode: 552 })
          : answer(mail);
        if (!refused) received.push(mail);
        done(refused);
      });
    },
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => new Promise<void>((resolve) => server.close(resolve)));

const port = () => (server.server.address() as AddressInfo).port;
const settings = (over: object = {}) => ({
  name: 'mail',
  type: 'email',
  url: `smtp://ringdown:${PASSWORD}@127.0.0.1:${port()}?ignoreTLS=true`,
  from: 'ringdown@example.com',
  to: ['team@example.com', 'kim@example.com'],
  ...over,
});
const create = (over: object = {}) => channel.create(settings(over), context);
const soon = () => AbortSignal.timeout(5_000);
const header = (message: string, name: string) => new RegExp(`^${name}: (.*(?:\r\n[ \t].*)*)`, 'mi').exec(message)?.[1];

/** RFC 2047: words of Q and B encoding, run together. */
const decodedSubject = (message: string) =>
  header(message, 'Subject')!
    .replace(/\?=\r\n[ \t]+=\?UTF-8\?[QB]\?/gi, '')
    .replace(/=\?UTF-8\?([QB])\?([^?]*)\?=/gi, (_word, kind: string, text: string) =>
      kind.toUpperCase() === 'B'
        ? Buffer.from(text, 'base64').toString('utf8')
        : decodeURIComponent(text.replace(/_/g, ' ').replace(/%/g, '%25').replace(/=/g, '%')),
    )
    .replace(/\r\n[ \t]/g, ' ');

describe('email', () => {
  test('sends text and HTML to every receiver, threaded by incident', async () => {
    const notifier = create();
    expect(await notifier.notify(notification(), soon())).toMatchObject({ status: 'accepted' });
    expect(
      await notifier.notify(notification({ event: 'incident.resolved', delivery_id: 'second' }), soon()),
    ).toMatchObject({
      status: 'accepted',
    });
    expect(received[0]!.to).toEqual(['team@example.com', 'kim@example.com']);
    expect(received[0]!.message).toContain('text/plain');
    expect(received[0]!.message).toContain('text/html');
    expect(received[0]!.message).toContain('no such column: author_id');
    const [first, second] = received.map(({ message }) => message);
    expect(header(first!, 'Message-ID')).toBe('<ringdown-3f2a9c@example.com>');
    expect(header(first!, 'In-Reply-To')).toBeUndefined();
    expect(header(second!, 'Message-ID')).toBe('<ringdown-3f2a9c.second@example.com>');
    expect(header(second!, 'In-Reply-To')).toBe('<ringdown-3f2a9c@example.com>');
    expect(header(second!, 'References')).toBe('<ringdown-3f2a9c@example.com>');
  });

  test('all of an incident have one subject, also after a restart: mailboxes keep together what is called alike', async () => {
    const first = await create().notify(notification(), soon());
    const message_ref = first.status === 'accepted' ? first.messageRef! : null;
    const page = { ...notification().page, headline: 'Resolved after 5 min' };
    const over = notification({ event: 'incident.resolved', delivery_id: 'second', message_ref, page });
    expect(await create().notify(over, soon())).toMatchObject({ messageRef: message_ref });
    const subjects = received.map(({ message }) => decodedSubject(message));
    expect(subjects).toEqual([notification().page.headline, `Re: ${notification().page.headline}`]);
    expect(received[1]!.message).toMatch(/\r\n\r\nResolved after 5 min\r\n/);
  });

  test('a receiver whom the server refuses is named; the others have it', async () => {
    refuse = 'kim@example.com';
    expect(await create().notify(notification(), soon())).toMatchObject({
      status: 'accepted',
      providerRef: '<ringdown-3f2a9c@example.com>, refused for kim@example.com',
    });
  });

  test('a machine sent it, of this list, and it matters', async () => {
    await create({ from: 'Ringdown <pages@mail.example.org>' }).notify(notification(), soon());
    await create().notify(notification({ event: 'incident.resolved' }), soon());
    const [page, resolved] = received.map(({ message }) => message);
    expect(header(page!, 'List-Id')).toBe('Ringdown <mail.ringdown.mail.example.org>');
    expect(header(page!, 'Auto-Submitted')).toBe('auto-generated');
    expect(header(page!, 'Importance')).toBe('High');
    expect(header(resolved!, 'Importance')).not.toBe('High');
  });

  test('a long key of any letters makes ids that every mailbox takes', async () => {
    await create().notify(notification({ event: 'incident.resolved', dedup_key: '한'.repeat(200) }), soon());
    expect(header(received[0]!.message, 'References')).toMatch(/^<[0-9a-f]{32}@example\.com>$/);
    expect(Math.max(...received[0]!.message.split('\r\n').map((line) => line.length))).toBeLessThan(999);
  });

  test('the button acknowledges, and nothing is loaded from anywhere', async () => {
    const page = { ...notification().page, answer_url: 'https://ringdown.example.com/a/tok"en' };
    await create().notify(notification({ page }), soon());
    const message = received[0]!.message.replace(/=\r\n/g, '').replace(/=3D/g, '=');
    const quoted = message.slice(message.indexOf('text/html'));
    expect(quoted).toContain('<a href="https://ringdown.example.com/a/tok&quot;en"');
    expect(quoted).not.toMatch(/<img|url\(|<link|<script/i);
    expect(message).toContain('Acknowledge: https://ringdown.example.com/a/tok"en');
  });

  test('hostile text adds no header, no receiver and no markup', async () => {
    const page = { ...notification().page, headline: HOSTILE_TEXT, server_error: HOSTILE_TEXT };
    expect(await create().notify(notification({ page, dedup_key: 'a\r\nBcc: x@example.com' }), soon())).toMatchObject({
      status: 'accepted',
    });
    const { message, to } = received[0]!;
    expect(to).toEqual(['team@example.com', 'kim@example.com']);
    expect(message.split('\r\n\r\n', 1)[0]).not.toMatch(/^Bcc:/im);
    expect(message.slice(message.indexOf('text/html'))).not.toContain('<script>alert');
  });

  test('a wrong password is a failure that does not repeat it', async () => {
    const url = settings().url.replace(PASSWORD, 'wrong-password-canary');
    const delivery = await create({ url }).notify(notification(), soon());
    expect(delivery.status).toBe('failure');
    expect(JSON.stringify(delivery) + String('error' in delivery && delivery.error.message)).not.toContain('canary');
  });

  test.each([
    [451, 'retryable'],
    [554, 'failure'],
  ])('a server that answers %i makes it %s', async (responseCode, status) => {
    answer = () => Object.assign(new Error('not now'), { responseCode });
    expect((await create().notify(notification(), soon())).status).toBe(status);
  });

  test('a message larger than the server takes is a failure', async () => {
    const page = { ...notification().page, server_error: 'x'.repeat(300_000) };
    expect((await create().notify(notification({ page }), soon())).status).toBe('failure');
  });

  test('nobody listening is retryable', async () => {
    const delivery = await create({ url: 'smtp://127.0.0.1:1' }).notify(notification(), soon());
    expect(delivery).toMatchObject({
      status: 'retryable',
      error: { message: expect.stringContaining('ECONNREFUSED') },
    });
  });

  test('a server that never greets is given up when the time is over', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port: silentPort } = silent.address() as AddressInfo;
    const delivery = await create({ url: `smtp://127.0.0.1:${silentPort}` }).notify(
      notification(),
      AbortSignal.timeout(200),
    );
    expect(delivery.status).toBe('retryable');
    silent.close();
  });
});

test('a password with a stray % is told when the config is read, and its value is not', () => {
  const settings = {
    name: 'mail',
    type: 'email',
    url: 'smtp://kim:100%pure@mail.example.com',
    from: 'a@b.c',
    to: ['d@e.f'],
  };
  const problems = channel.check!(settings);
  expect(problems).toEqual([{ path: ['url'], message: 'a % in the user or password of url must be written %25' }]);
  expect(() => channel.create(settings, context)).not.toThrow();
});
