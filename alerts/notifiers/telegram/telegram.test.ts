import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { context, describeNotifier } from '../../testing/describe-notifier.ts';
import { HOSTILE_TEXT, notification } from '../../testing/notification.ts';
import { type VendorCall, type VendorServer, vendorServer } from '../../testing/peers/vendor-server.ts';
import { remembering } from '../../testing/remembering.ts';
import { channel } from './index.ts';

const TOKEN = '123456:canary-AAExampleToken';

interface Sent {
  message_id?: number;
  text: string;
  parse_mode?: string;
  disable_notification?: boolean;
  reply_parameters?: { message_id: number };
  reply_markup?: { inline_keyboard: { text: string; url: string }[][] };
}

/** Text as Telegram sees it once its HTML is parsed; null where that fails. */
function parsedText(html: string): string | null {
  const open: string[] = [];
  const text = html.replace(/<(\/?)([a-z]+)((?: [a-z]+="[^"<>]*")?)>/g, (tag, close, name) => {
    if (!['b', 'code', 'a'].includes(name)) return tag;
    if (close) return open.pop() === name ? '' : tag;
    open.push(name);
    return '';
  });
  if (open.length > 0 || /[<>]/.test(text) || /&(?!(amp|lt|gt|quot);)/.test(text)) return null;
  return text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&');
}

/** Stand-in for the Bot API, with the rules of core.telegram.org/bots/api. */
function telegram() {
  const messages = new Map<number, Sent>();
  let made = 0;
  const refused = (error_code: number, description: string, more: object = {}) => ({
    status: error_code,
    body: JSON.stringify({ ok: false, error_code, description, ...more }),
  });
  const judge = (call: VendorCall) => {
    const method = /^\/bot([^/]+)\/(\w+)$/.exec(call.path);
    if (decodeURIComponent(method?.[1] ?? '') !== TOKEN) return refused(401, 'Unauthorized');
    const sent = JSON.parse(call.body) as Sent & { chat_id: string };
    if (sent.chat_id === '-52') {
      return refused(400, 'Bad Request: group chat was upgraded to a supergroup chat', {
        parameters: { migrate_to_chat_id: -10052 },
      });
    }
    if (sent.chat_id === '-1') return refused(403, 'Forbidden: bot was kicked from the group chat');
    const text = parsedText(sent.text);
    if (sent.parse_mode !== 'HTML' || text === null) return refused(400, "Bad Request: can't parse entities");
    if (text.length === 0) return refused(400, 'Bad Request: message text is empty');
    if (text.length > 4_096) return refused(400, 'Bad Request: message is too long');
    const buttons = sent.reply_markup?.inline_keyboard.flat() ?? [];
    if (buttons.some(({ url }) => !/^https?:\/\/[^/]+\.[a-z]{2,}(\/|$)/.test(url) || url.includes('refused'))) {
      return refused(400, "Bad Request: inline keyboard button URL 'x' is invalid: Wrong HTTP URL");
    }
    const id = method![2] === 'sendMessage' ? 7 + made++ : sent.message_id!;
    if (method![2] === 'editMessageText') {
      const before = messages.get(id);
      if (!before) return refused(400, 'Bad Request: message to edit not found');
      if (before.text === sent.text) return refused(400, 'Bad Request: message is not modified');
    }
    messages.set(id, sent);
    return { status: 200, body: JSON.stringify({ ok: true, result: { message_id: id } }) };
  };
  return { messages, judge, start: () => vendorServer(judge) };
}

const settings = (url: string, over: object = {}) => ({
  name: 'chat',
  type: 'telegram',
  bot_token: TOKEN,
  chat_id: '-1001234567890',
  url,
  ...over,
});

const chats = new WeakMap<VendorServer, ReturnType<typeof telegram>>();
describeNotifier({
  channel,
  secrets: [TOKEN],
  idempotent: true,
  // The contract tells the same page for every event; real pages differ, and Telegram refuses an edit that changes nothing.
  async start() {
    const there = telegram();
    const vendor = await vendorServer((call) => {
      const reply = there.judge(call);
      return reply.body?.includes('not modified')
        ? { status: 200, body: '{"ok":true,"result":{"message_id":7}}' }
        : reply;
    });
    chats.set(vendor, there);
    return vendor;
  },
  messages(vendor) {
    const { messages } = chats.get(vendor)!;
    return { count: messages.size, clear: () => messages.clear() };
  },
  settings,
  wrongKey: (url) => settings(url, { bot_token: '123456:wrong' }),
});

let server: VendorServer;
let chat: ReturnType<typeof telegram>;
beforeEach(async () => {
  chat = telegram();
  server = await chat.start();
});
afterEach(() => server.close());

const soon = () => AbortSignal.timeout(5_000);
const create = (over: object = {}) => remembering(channel.create(settings(server.url, over), context));
const titled = (headline: string, over: object = {}) => ({ page: { ...notification().page, headline, ...over } });

test('later states edit the first message, an escalation answers it with a sound', async () => {
  const notifier = create();
  expect(await notifier.notify(notification(), soon())).toMatchObject({ providerRef: '7', messageRef: '7' });
  await notifier.notify(notification({ event: 'incident.escalated', ...titled('nobody answers') }), soon());
  await notifier.notify(notification({ event: 'incident.resolved', ...titled('resolved') }), soon());
  expect([...chat.messages]).toMatchObject([
    [7, { text: expect.stringMatching(/^🟢 <b>resolved<\/b>/) }],
    [8, { reply_parameters: { message_id: 7 } }],
  ]);
  expect(chat.messages.get(8)!.disable_notification).toBeUndefined();
});

test('an edit that changes nothing is accepted', async () => {
  const notifier = create();
  await notifier.notify(notification({ event: 'incident.escalated' }), soon());
  const again = await notifier.notify(notification({ event: 'incident.updated' }), soon());
  expect(again).toEqual({ status: 'accepted', providerRef: '7', messageRef: '7' });
});

test('the end, told to whoever has no message to edit, makes no sound', async () => {
  const notifier = create();
  await notifier.notify(notification(), soon());
  chat.messages.clear();
  await notifier.notify(notification({ event: 'incident.resolved' }), soon());
  expect([...chat.messages.values()]).toMatchObject([{ disable_notification: true }]);
});

test('the button to acknowledge has a row of its own', async () => {
  await create().notify(notification(titled('x', { answer_url: 'https://ringdown.example.com/a/token' })), soon());
  const rows = chat.messages.get(7)!.reply_markup!.inline_keyboard;
  expect(rows.map((row) => row.map(({ text }) => text))).toEqual([['Acknowledge'], ['Incident', 'Run', 'Runbook']]);
});

test.each(['http://127.0.0.1:4000/incidents/1', 'http://localhost:4000/', 'https://refused.example.com/'])(
  'a page is not lost for a button to %s: it is a link then',
  async (url) => {
    const links = [{ label: 'Incident', url }];
    expect(await create().notify(notification(titled('x', { links })), soon())).toMatchObject({ status: 'accepted' });
    expect(chat.messages.get(7)!.text).toContain(`<a href="${url}">Incident</a>`);
    expect(chat.messages.get(7)!.reply_markup).toBeUndefined();
  },
);

test('hostile text stays text', async () => {
  await create().notify(notification(titled(HOSTILE_TEXT)), soon());
  expect(chat.messages.get(7)!.text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(chat.messages.get(7)!.text.split('\n')[0]).not.toMatch(/[\u001b\r\u2028]/);
});

test('the time to wait stands in the body', async () => {
  await server.close();
  server = await vendorServer(() => ({
    status: 429,
    body: '{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":11}}',
  }));
  expect(await create().notify(notification(), soon())).toMatchObject({ status: 'retryable', retryAfterMs: 11_000 });
});

test('a group that became a supergroup is followed: nothing is lost, and the old number is asked once', async () => {
  const notifier = create({ chat_id: '-52' });
  expect(await notifier.notify(notification(), soon())).toMatchObject({ status: 'accepted' });
  await notifier.notify(notification({ event: 'incident.resolved', ...titled('over') }), soon());
  expect(server.calls.map(({ body }) => JSON.parse(body).chat_id)).toEqual(['-52', -10052, -10052]);
});

test('a bot that was removed from the group is a failure, so that the next step is called', async () => {
  const delivery = await create({ chat_id: '-1' }).notify(notification(), soon());
  expect(delivery).toMatchObject({ status: 'failure', error: { message: expect.stringContaining('kicked') } });
});

test('a group takes twenty messages a minute, a person sixty', () => {
  const limit = (chat_id: string | number) => channel.rateLimit!(settings(server.url, { chat_id }));
  expect(limit('-1001234567890').per_minute).toBe(20);
  expect(limit('4711').per_minute).toBe(60);
  expect(limit(-1001234567890).per_minute).toBe(20);
  expect(limit('4711').key).not.toBe(limit('4712').key);
  expect(limit('4711').key).not.toContain('canary');
});
