import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { context, describeNotifier } from '../../testing/describe-notifier.ts';
import { notification } from '../../testing/notification.ts';
import { type VendorCall, type VendorServer, vendorServer } from '../../testing/peers/vendor-server.ts';
import { channel } from './index.ts';

const KEY = 'R0canary0123456789abcdef01234567';

/** Stand-in for PagerDuty's Events API v2, with the rules of its documentation. */
function pagerduty(call: VendorCall) {
  const invalid = (error: string) => ({
    status: 400,
    body: JSON.stringify({ status: 'invalid event', message: 'Event object is invalid', errors: [error] }),
  });
  if (call.method !== 'POST' || call.path !== '/v2/enqueue') return { status: 404 };
  if (Buffer.byteLength(call.body) > 512 * 1024) return { status: 413, body: 'too large' };
  const event = JSON.parse(call.body);
  if (event.routing_key?.length !== 32 || event.routing_key !== KEY) return invalid('Invalid routing key');
  if (!['trigger', 'acknowledge', 'resolve'].includes(event.event_action)) return invalid("'event_action' is invalid");
  if ((event.dedup_key?.length ?? 0) > 255) return invalid("'dedup_key' is too long");
  if (event.event_action !== 'trigger' && !event.dedup_key) return invalid("'dedup_key' is missing");
  if (event.event_action === 'trigger') {
    const { summary, source, severity } = event.payload ?? {};
    if (!summary || summary.length > 1_024) return invalid("'payload.summary' is missing or too long");
    if (!source) return invalid("'payload.source' is missing or blank");
    if (!(event.links ?? []).every(({ href }: { href: string }) => href)) return invalid("'links' have no 'href'");
    if (!(event.images ?? []).every(({ src }: { src: string }) => src?.startsWith('https://'))) {
      return invalid("'images' must be served via HTTPS");
    }
    if (!['critical', 'error', 'warning', 'info'].includes(severity)) return invalid("'payload.severity' is invalid");
  }
  return {
    status: 202,
    body: JSON.stringify({ status: 'success', message: 'Event processed', dedup_key: event.dedup_key }),
  };
}

const settings = (url: string, routing_key = KEY) => ({
  name: 'pager',
  type: 'pagerduty',
  routing_key,
  url: `${url}/v2/enqueue`,
});

describeNotifier({
  channel,
  secrets: [KEY],
  idempotent: true,
  start: () => vendorServer(pagerduty),
  settings,
  wrongKey: (url) => settings(url, 'R0wrong0123456789abcdef012345678'),
});

let server: VendorServer;
beforeEach(async () => {
  server = await vendorServer(pagerduty);
});
afterEach(() => server.close());

test('trigger, acknowledge and resolve carry one dedup_key', async () => {
  const notifier = channel.create(settings(server.url), context);
  for (const event of ['incident.triggered', 'incident.acknowledged', 'incident.resolved'] as const) {
    expect(await notifier.notify(notification({ event }), AbortSignal.timeout(5_000))).toEqual({
      status: 'accepted',
      providerRef: 'ringdown-3f2a9c',
    });
  }
  const events = server.accepted.map(({ body }) => JSON.parse(body));
  expect(events.map((event) => [event.event_action, event.dedup_key])).toEqual([
    ['trigger', 'ringdown-3f2a9c'],
    ['acknowledge', 'ringdown-3f2a9c'],
    ['resolve', 'ringdown-3f2a9c'],
  ]);
  expect(events[0].payload).toMatchObject({
    severity: 'critical',
    custom_details: { server_error: 'no such column: author_id' },
  });
  expect(events[0].links[2]).toEqual({ href: 'https://wiki.example.com/posts', text: 'Runbook' });
});

test('pictures stand beside the alert', async () => {
  const images = [
    { src: 'https://grafana.example.com/render/posts.png', href: 'https://grafana.example.com', alt: 'Posts' },
  ];
  const notifier = channel.create({ ...settings(server.url), images }, context);
  await notifier.notify(notification(), AbortSignal.timeout(5_000));
  expect(JSON.parse(server.accepted[0]!.body).images).toEqual(images);
});

test('the latest runs are the first picture, unless PagerDuty would refuse their address', async () => {
  const notifier = channel.create(settings(server.url), context);
  const of = async (url: string) => {
    await notifier.notify(notification({ picture: { url, alt: 'Latest runs' } }), AbortSignal.timeout(5_000));
    return JSON.parse(server.accepted.at(-1)!.body).images;
  };
  const src = 'https://ringdown.example.com/p/token.png';
  expect(await of(src)).toEqual([{ src, href: notification().incident.cause.run_url, alt: 'Latest runs' }]);
  expect(await of('http://ringdown.example.com/p/token.png')).toBeUndefined();
});

test.each([
  ['P1', 'critical'],
  ['P2', 'error'],
  ['P3', 'warning'],
  ['P4', 'info'],
] as const)('%s is %s', async (priority, severity) => {
  const notifier = channel.create(settings(server.url), context);
  await notifier.notify(notification({}, { priority }), AbortSignal.timeout(5_000));
  expect(JSON.parse(server.accepted[0]!.body).payload.severity).toBe(severity);
});

test('the summary, which is read out and texted, quotes no response; the details do', async () => {
  const message = '$.email is "kim@example.com", expected "minsu@example.com"';
  const { incident, page } = notification();
  const cause = { ...incident.cause, message, expected: '"minsu@example.com"', actual: '"kim@example.com"' };
  const told = notification(
    {
      page: {
        ...page,
        headline: `P1 Reference API · read: ${message}`,
        facts: [{ label: 'Actual', text: cause.actual }],
      },
    },
    { cause },
  );
  for (const include_bodies of [false, true]) {
    const notifier = channel.create({ ...settings(server.url), include_bodies }, context);
    await notifier.notify(told, AbortSignal.timeout(5_000));
    const { payload } = JSON.parse(server.accepted.at(-1)!.body);
    expect(payload.summary.includes('kim@example.com')).toBe(include_bodies);
    expect(payload.custom_details.Actual).toContain('kim@example.com');
  }
});

test('the limit is that of the integration key, 120 a minute where nothing else was granted', () => {
  const limit = channel.rateLimit!(settings('http://x'));
  expect(limit).toEqual({ key: expect.stringMatching(/^pagerduty:[0-9a-f]{12,}$/), per_minute: 120 });
  expect(channel.rateLimit!({ ...settings('http://x'), rate_limit: '600/m' }).per_minute).toBe(600);
  expect(channel.rateLimit!(settings('http://x', 'R0other00123456789abcdef01234567')).key).not.toBe(limit.key);
});
