import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { context, describeNotifier } from '../../testing/describe-notifier.ts';
import { HOSTILE_TEXT, notification } from '../../testing/notification.ts';
import { type VendorCall, type VendorServer, vendorServer } from '../../testing/peers/vendor-server.ts';
import { channel } from './index.ts';

const TOKEN = 'tk_canary0123456789';

/** Stand-in for an ntfy server with access control: JSON publishing as documented at docs.ntfy.sh/publish. */
function ntfy(call: VendorCall) {
  if (call.headers.authorization !== `Bearer ${TOKEN}`)
    return { status: 403, body: '{"code":40301,"error":"forbidden"}' };
  if (call.method !== 'POST' || call.path !== '/') return { status: 404 };
  // server.go reads a JSON document up to twice the limit of a message, and refuses the rest of it.
  if (Buffer.byteLength(call.body) > 8_192) return { status: 413, body: '{"code":41301,"error":"too large"}' };
  const { topic, title, message, priority, tags, click, actions, sequence_id = 'none' } = JSON.parse(call.body);
  const valid =
    /^[-_A-Za-z0-9]{1,64}$/.test(topic) &&
    typeof title === 'string' &&
    Buffer.byteLength(title) <= 1_024 &&
    Buffer.byteLength(tags.join(',')) <= 512 &&
    /^[-_A-Za-z0-9]{1,64}$/.test(sequence_id) &&
    Buffer.byteLength(message) <= 4_096 &&
    priority >= 1 &&
    priority <= 5 &&
    Array.isArray(tags) &&
    URL.canParse(click) &&
    actions.length <= 3 &&
    actions.every(
      (action: { action: string; url: string }) => ['view', 'http'].includes(action.action) && URL.canParse(action.url),
    );
  return valid ? { status: 200, body: '{"id":"m1"}' } : { status: 400, body: '{"code":40000,"error":"invalid"}' };
}

describeNotifier({
  channel,
  secrets: [TOKEN, 'secret-topic'],
  idempotent: true,
  start: () => vendorServer(ntfy),
  settings: (url) => ({ name: 'push', type: 'ntfy', url: `${url}/secret-topic`, token: TOKEN }),
  wrongKey: (url) => ({ name: 'push', type: 'ntfy', url: `${url}/secret-topic`, token: 'tk_wrong' }),
});

let server: VendorServer;
beforeEach(async () => {
  server = await vendorServer(ntfy);
});
afterEach(() => server.close());

test('a page whose text doubles by its escapes, with links as long as they may be, is still taken', async () => {
  const notifier = channel.create({ name: 'push', type: 'ntfy', url: `${server.url}/ops`, token: TOKEN }, context);
  const facts = Array.from({ length: 40 }, () => ({ label: '"', text: '"\\'.repeat(200) }));
  const long = `https://wiki.example.com/${'x'.repeat(3_900)}`;
  for (const links of [
    [],
    [
      { label: 'Incident', url: `${long}1` },
      { label: 'Runbook', url: `${long}2` },
    ],
  ]) {
    const page = {
      ...notification().page,
      facts,
      links,
      answer_url: `https://ringdown.example.com/a/${'t'.repeat(300)}`,
    };
    expect(await notifier.notify(notification({ page }), AbortSignal.timeout(5_000))).toMatchObject({
      status: 'accepted',
    });
    const { message, actions } = JSON.parse(server.accepted.at(-1)!.body);
    expect(actions[0].label).toBe('Acknowledge');
    expect(Buffer.byteLength(message)).toBeGreaterThan(1_500);
    expect(message).toMatch(/^Server: no such column.*…$/s);
  }
});

test.each(['https://ntfy.sh/a b', 'https://ntfy.sh/한국', `https://ntfy.sh/${'x'.repeat(65)}`, 'https://ntfy.sh/'])(
  'a topic that no server takes is told at start: %s',
  (url) => {
    expect(channel.check!({ name: 'push', type: 'ntfy', url })).toMatchObject([{ path: ['url'] }]);
  },
);

test('a P1 breaks through, its resolution does not', async () => {
  const notifier = channel.create({ name: 'push', type: 'ntfy', url: `${server.url}/ops`, token: TOKEN }, context);
  await notifier.notify(notification(), AbortSignal.timeout(5_000));
  await notifier.notify(notification({ event: 'incident.resolved' }), AbortSignal.timeout(5_000));
  const [page, resolved] = server.accepted.map(({ body }) => JSON.parse(body));
  expect(page).toMatchObject({
    topic: 'ops',
    priority: 5,
    message: expect.stringContaining('Server: no such column: author_id'),
  });
  expect(resolved.priority).toBe(2);
});

test('what is acknowledged or over replaces the page, an escalation rings by itself', async () => {
  const notifier = channel.create({ name: 'push', type: 'ntfy', url: `${server.url}/ops`, token: TOKEN }, context);
  for (const event of ['incident.triggered', 'incident.escalated', 'incident.acknowledged'] as const) {
    await notifier.notify(notification({ event }), AbortSignal.timeout(5_000));
  }
  const [page, escalation, taken] = server.accepted.map(({ body }) => JSON.parse(body));
  expect(taken.sequence_id).toBe(page.sequence_id);
  expect(escalation).toMatchObject({ priority: 5, tags: ['rotating_light'] });
  expect(escalation.sequence_id).toBeUndefined();
});

test('one press acknowledges, without opening anything', async () => {
  const notifier = channel.create({ name: 'push', type: 'ntfy', url: `${server.url}/ops`, token: TOKEN }, context);
  const page = { ...notification().page, answer_url: 'https://ringdown.example.com/a/token' };
  await notifier.notify(notification({ page }), AbortSignal.timeout(5_000));
  const { actions } = JSON.parse(server.accepted[0]!.body);
  expect(actions[0]).toMatchObject({
    action: 'http',
    label: 'Acknowledge',
    method: 'POST',
    url: page.answer_url,
    body: 'action=acknowledge',
  });
  expect(actions).toHaveLength(3);
});

test('one server has one limit for all its topics, and the key is no topic', () => {
  const limit = (topic: string) => channel.rateLimit!({ name: 'a', type: 'ntfy', url: `https://ntfy.sh/${topic}` });
  expect(limit('a-name-nobody-guesses')).toEqual(limit('another'));
  expect(limit('a-name-nobody-guesses').key).not.toContain('nobody');
});

test('hostile text fakes no line', async () => {
  const notifier = channel.create({ name: 'push', type: 'ntfy', url: `${server.url}/ops`, token: TOKEN }, context);
  const page = { ...notification().page, headline: HOSTILE_TEXT, facts: [{ label: 'Fact', text: HOSTILE_TEXT }] };
  await notifier.notify(notification({ page }), AbortSignal.timeout(5_000));
  const { title, message } = JSON.parse(server.accepted[0]!.body);
  expect(`${title}${message}`).not.toMatch(/[\r\u001b\u2028]/);
  expect(message.split('\n')).toHaveLength(2);
});

test('what the service answered stays off the lock screen', async () => {
  const notifier = channel.create({ name: 'push', type: 'ntfy', url: `${server.url}/ops`, token: TOKEN }, context);
  const cause = { ...notification().incident.cause, message: '$.email is "kim", expected ""', actual: '"kim"' };
  const page = { ...notification().page, headline: 'P1 Shop · write: $.email is "kim", expected ""' };
  await notifier.notify(notification({ page }, { cause }), AbortSignal.timeout(5_000));
  expect(server.accepted[0]!.body).not.toContain('kim');
});

test('a test is heard, whatever its priority', async () => {
  const notifier = channel.create({ name: 'push', type: 'ntfy', url: `${server.url}/ops`, token: TOKEN }, context);
  await notifier.notify(notification({ event: 'test' }, { priority: 'P4' }), AbortSignal.timeout(5_000));
  expect(JSON.parse(server.accepted[0]!.body).priority).toBe(4);
});

test('a topic with a stray % is told when the config is read', async () => {
  const settings = { name: 'phone', type: 'ntfy', url: 'https://ntfy.sh/100%pure' };
  expect(channel.check!(settings)).toHaveLength(1);
  const delivery = await channel.create(settings, context).notify(notification(), AbortSignal.timeout(1_000));
  expect(delivery).toMatchObject({ status: 'failure' });
});
