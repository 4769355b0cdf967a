import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { context, describeNotifier } from '../../testing/describe-notifier.ts';
import { HOSTILE_TEXT, notification } from '../../testing/notification.ts';
import { type VendorCall, type VendorServer, vendorServer } from '../../testing/peers/vendor-server.ts';
import { remembering } from '../../testing/remembering.ts';
import { channel } from './index.ts';

const TOKEN = 'canary_XyZ-0123456789';
const PATH = `/api/webhooks/1234567890/${TOKEN}`;

interface Message {
  content?: string;
  flags?: number;
  allowed_mentions?: { parse?: string[] };
  embeds?: { description?: string; title?: string; color?: number }[];
}

/** Stand-in for Discord's webhooks, with the limits of docs.discord.com/developers/resources/message. */
function discord() {
  const messages = new Map<string, Message>();
  let made = 0;
  const refused = (status: number, code: number, message: string) => ({
    status,
    body: JSON.stringify({ code, message }),
  });
  const judge = (call: VendorCall) => {
    if (!call.path.startsWith('/api/webhooks/1234567890/')) return refused(404, 10_015, 'Unknown Webhook');
    if (call.path !== PATH && !call.path.startsWith(`${PATH}/messages/`)) {
      return refused(401, 50_027, 'Invalid Webhook Token');
    }
    const message = JSON.parse(call.body) as Message;
    const embeds = message.embeds ?? [];
    const length = embeds.reduce((sum, { description = '', title = '' }) => sum + description.length + title.length, 0);
    const valid =
      [...(message.content ?? '')].length <= 2_000 &&
      embeds.length <= 10 &&
      length <= 6_000 &&
      embeds.every(({ description = '' }) => description.length > 0 && description.length <= 4_096) &&
      (message.content ?? '').isWellFormed();
    if (!valid) return refused(400, 50_035, 'Invalid Form Body');
    if (message.allowed_mentions?.parse?.length !== 0) return refused(400, 1, 'somebody would be woken by a mention');
    if (call.method === 'POST' && call.path === PATH) {
      const id = String(100 + made++);
      messages.set(id, message);
      return call.query.get('wait') === 'true' ? { status: 200, body: JSON.stringify({ id }) } : { status: 204 };
    }
    const id = call.path.split('/').at(-1)!;
    if (call.method !== 'PATCH') return { status: 405 };
    if (!messages.has(id)) return refused(404, 10_008, 'Unknown Message');
    messages.set(id, message);
    return { status: 200, body: JSON.stringify({ id }) };
  };
  return { messages, start: () => vendorServer(judge) };
}

const settings = (url: string, path = PATH) => ({ name: 'guild', type: 'discord', url: url + path });

const guilds = new WeakMap<VendorServer, ReturnType<typeof discord>>();
describeNotifier({
  channel,
  secrets: [TOKEN],
  idempotent: true,
  async start() {
    const there = discord();
    const vendor = await there.start();
    guilds.set(vendor, there);
    return vendor;
  },
  messages(vendor) {
    const { messages } = guilds.get(vendor)!;
    return { count: messages.size, clear: () => messages.clear() };
  },
  settings,
  wrongKey: (url) => settings(url, '/api/webhooks/1234567890/wrong'),
});

let server: VendorServer;
let guild: ReturnType<typeof discord>;
beforeEach(async () => {
  guild = discord();
  server = await guild.start();
});
afterEach(() => server.close());

const soon = () => AbortSignal.timeout(5_000);
const create = (over: object = {}) => remembering(channel.create({ ...settings(server.url), ...over }, context));

test('later states edit the first message, an escalation is a new one', async () => {
  const notifier = create();
  expect(await notifier.notify(notification(), soon())).toEqual({
    ...{ status: 'accepted', providerRef: '100', messageRef: '100' },
  });
  for (const event of [
    'incident.updated',
    'incident.escalated',
    'incident.acknowledged',
    'incident.resolved',
  ] as const) {
    await notifier.notify(notification({ event }), soon());
  }
  expect(server.accepted.map(({ method, path }) => [method, path.split('/').at(-1)])).toEqual([
    ['POST', TOKEN],
    ['PATCH', '100'],
    ['POST', TOKEN],
    ['PATCH', '100'],
    ['PATCH', '100'],
  ]);
  expect(guild.messages.get('100')!.embeds![0]!.color).toBe(0x12805c);
});

test('what was not told before is told without a sound when it is a small change', async () => {
  await create().notify(notification({ event: 'incident.updated' }), soon());
  expect([...guild.messages.values()].map(({ flags }) => flags)).toEqual([4_096]);
});

test('where Discord lets nobody edit, such as in an archived thread, the state is told as a message', async () => {
  await server.close();
  server = await vendorServer(({ method }) =>
    method === 'PATCH'
      ? { status: 400, body: '{"message":"Thread is archived","code":50083}' }
      : { status: 200, body: '{"id":"200"}' },
  );
  const told = notification({ event: 'incident.resolved', message_ref: '100' });
  expect(await create().notify(told, soon())).toEqual({ status: 'accepted', providerRef: '200', messageRef: '200' });
});

test('hostile text mentions nobody and makes no markup', async () => {
  const page = { ...notification().page, headline: `@everyone ${HOSTILE_TEXT} **bold** [x](https://evil.example)` };
  await create().notify(notification({ page }), soon());
  const { content } = [...guild.messages.values()][0]!;
  expect(content).not.toContain('@everyone');
  expect(content).not.toMatch(/(?<!\\)[*[<]|[\r\n\u001b\u2028]/);
});

test('what the service answered stays out of the chat unless allowed', async () => {
  const incident = {
    cause: { ...notification().incident.cause, message: '$.email is "kim", expected ""', actual: '"kim"' },
  };
  const page = { ...notification().page, headline: 'P1 Shop · write: $.email is "kim", expected ""' };
  await create().notify(notification({ page }, incident), soon());
  await create({ include_bodies: true }).notify(notification({ page }, incident), soon());
  const [bare, whole] = [...guild.messages.values()];
  expect(bare!.content).toBe('P1 Shop · write: $.email is not as expected');
  expect(whole!.content).toContain('kim');
});

test('the link to acknowledge comes first and survives a long page', async () => {
  const facts = Array.from({ length: 40 }, (_, index) => ({ label: `Fact ${index}`, text: 'x'.repeat(900) }));
  const page = { ...notification().page, facts, answer_url: 'https://ringdown.example.com/a/to(k)en' };
  await create().notify(notification({ page }), soon());
  const [, links] = [...guild.messages.values()][0]!.embeds![0]!.description!.split('\n\n');
  expect(links).toMatch(/^\[Acknowledge\]\(https:\/\/ringdown\.example\.com\/a\/to%28k%29en\) · \[Incident\]/);
});

test('the time to wait stands in the body, with its fractions', async () => {
  await server.close();
  const body = '{"message":"You are being rate limited.","retry_after":0.65,"global":false}';
  server = await vendorServer(() => ({ status: 429, headers: { 'retry-after': '1' }, body }));
  expect(await create().notify(notification(), soon())).toMatchObject({ status: 'retryable', retryAfterMs: 650 });
});
