import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import { createLinkSigner } from '../../inbound/signed-link.ts';
import { context, describeNotifier } from '../../testing/describe-notifier.ts';
import { notification } from '../../testing/notification.ts';
import { type VendorCall, type VendorServer, vendorServer } from '../../testing/peers/vendor-server.ts';
import { channel } from './index.ts';

const SECRET = 'hook-secret-canary';

/** A receiver that verifies the signature over the raw bytes, as the contract says. */
function verify(call: VendorCall) {
  const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(call.headers['ringdown-signature'])) ?? [];
  const expected = createHmac('sha256', SECRET).update(`${t}.${call.body}`).digest('hex');
  return v1 === expected ? { status: 200 } : { status: 401, body: 'bad signature' };
}

describeNotifier({
  channel,
  secrets: [SECRET],
  idempotent: true,
  start: () => vendorServer(verify),
  settings: (url) => ({ name: 'hook', type: 'webhook', url: `${url}/page`, secret: SECRET }),
  wrongKey: (url) => ({ name: 'hook', type: 'webhook', url: `${url}/page`, secret: 'another' }),
});

let receiver: VendorServer;
beforeEach(async () => {
  receiver = await vendorServer(verify);
});
afterEach(() => receiver.close());

test('the body is the documented one', async () => {
  const notifier = channel.create({ name: 'hook', type: 'webhook', url: receiver.url, secret: SECRET }, context);
  await notifier.notify(notification(), AbortSignal.timeout(5_000));
  const body = JSON.parse(receiver.accepted[0]!.body);
  expect(body).toMatchObject({
    event: 'incident.triggered',
    delivery_id: '0190a5d0-0000-7000-8000-000000000003',
    dedup_key: 'ringdown-3f2a9c',
    incident: {
      title: 'Reference API: POST /v1/posts answers 500',
      priority: 'P1',
      service: 'reference-api',
      environment: 'production',
      state: 'triggered',
      triggered_at: '2026-01-01T00:00:00.000Z',
      monitors: ['post-journey@production'],
      cause: {
        monitor: 'post-journey@production',
        step: 'write',
        message: 'status 500, expected 201',
        expected: '201',
        actual: '500',
        server_error: 'no such column: author_id',
        trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
        run_url: expect.stringContaining('/runs/'),
      },
      deployment: null,
    },
  });
  expect(receiver.accepted[0]!.headers['ringdown-delivery']).toBe(body.delivery_id);
});

test('an address that is itself the secret is not repeated, however the receiver spells it', async () => {
  const CANARY = 'path-canary-5f2a/9c+e';
  const spelled = [CANARY, encodeURIComponent(CANARY), Buffer.from(CANARY).toString('base64')];
  const echo = await vendorServer((call) => ({
    status: 404,
    body: `Cannot POST ${call.path}; ${spelled.join(' ')} ${String(call.headers.authorization)}`,
  }));
  const url = `${echo.url.replace('//', '//kim:user-canary-77@')}/services/${encodeURIComponent(CANARY)}?key=query-canary-31`;
  const notifier = channel.create({ name: 'hook', type: 'webhook', url }, context);
  const delivery = await notifier.notify(notification(), AbortSignal.timeout(5_000));
  await echo.close();
  const words = String((delivery as { error?: Error }).error);
  expect(words).toContain('answered 404');
  for (const canary of [
    ...spelled,
    'path-canary',
    'user-canary',
    'query-canary',
    Buffer.from('kim:user-canary-77').toString('base64'),
  ])
    expect(words).not.toContain(canary);
});

test('a link that can answer is not repeated when the receiver repeats the page', async () => {
  const echo = await vendorServer((call) => ({ status: 422, body: call.body }));
  const link = createLinkSigner('a secret', new VirtualClock()).sign({ incident: 'inc-3f2a9c', channel: 'hook' });
  const url = `https://ringdown.example.com/a/${link}`;
  const notifier = channel.create(
    { name: 'hook', type: 'webhook', url: echo.url, template: { text: '{{ page.answer_url }}' } },
    context,
  );
  const told = notification();
  const delivery = await notifier.notify(
    { ...told, page: { ...told.page, answer_url: url } },
    AbortSignal.timeout(5_000),
  );
  await echo.close();
  const words = String((delivery as { error?: Error }).error);
  expect(words).toContain('https://ringdown.example.com/a/[redacted]');
  expect(words).not.toContain(link.split('.')[1]);
});

test.each([
  'http://169.254.169.254/latest/meta-data',
  'http://[fe80::1]/',
  'http://[::ffff:169.254.169.254]/',
  'http://0xa9fea9fe/',
  'http://2852039166/',
  'http://[64:ff9b::a9fe:a9fe]/',
  'http://[2002:a9fe:a9fe::]/',
  'http://100.100.100.200/',
])('never calls %s', async (url) => {
  const notifier = channel.create({ name: 'hook', type: 'webhook', url }, context);
  const delivery = await notifier.notify(notification(), AbortSignal.timeout(2_000));
  expect(delivery).toMatchObject({ error: { message: expect.stringContaining('link-local') } });
});
