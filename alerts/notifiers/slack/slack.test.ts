import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Delivery } from '../../../core/delivery.ts';
import type { Incident } from '../../incident.ts';
import type { Notification } from '../../notifier.ts';
import { context, describeNotifier } from '../../testing/describe-notifier.ts';
import { notification } from '../../testing/notification.ts';
import {
  BOT_TOKEN,
  CHANNEL,
  HOOK_PATH,
  type SlackChannel,
  type SlackPost,
  slackChannel,
  slackWebhook,
} from '../../testing/peers/slack.ts';
import { type VendorServer, vendorServer } from '../../testing/peers/vendor-server.ts';
import { remembering } from '../../testing/remembering.ts';
import { channel } from './index.ts';

const hook = (url: string, over: object = {}) => ({ name: 'team', type: 'slack', url: `${url}${HOOK_PATH}`, ...over });
const bot = (url: string, over: object = {}) => ({
  name: 'team',
  type: 'slack',
  bot_token: BOT_TOKEN,
  channel: CHANNEL,
  api_url: `${url}/api`,
  ...over,
});

describe('an incoming webhook', () => {
  describeNotifier({
    channel: { ...channel, events: channel.events.filter((event) => event !== 'incident.updated') },
    secrets: [HOOK_PATH, 'canaryXXXXXXXXXXXX'],
    idempotent: true,
    start: () => vendorServer(slackWebhook),
    settings: hook,
    wrongKey: (url) => ({ name: 'team', type: 'slack', url: `${url}/services/T000/B000/wrong` }),
  });
});

describe('an app', () => {
  const channels = new WeakMap<VendorServer, SlackChannel>();
  describeNotifier({
    channel,
    secrets: [BOT_TOKEN],
    idempotent: false,
    async start() {
      const there = slackChannel();
      const vendor = await vendorServer(there.judge);
      channels.set(vendor, there);
      return vendor;
    },
    // Details stand beside the first message; they are no notification of their own.
    arrived: (vendor) =>
      channels.get(vendor)!.posts.filter(({ metadata }) => metadata!.event_payload.part !== 'details').length,
    messages(vendor) {
      const there = channels.get(vendor)!;
      return {
        count: there.posts.filter(({ thread_ts }) => !thread_ts).length,
        clear: () => void there.posts.splice(0),
      };
    },
    settings: bot,
    wrongKey: (url) => bot(url, { bot_token: 'xoxb-wrong' }),
  });
});

let server: VendorServer;
let there: SlackChannel;
beforeEach(async () => {
  there = slackChannel();
  server = await vendorServer((call) => (call.path === HOOK_PATH ? slackWebhook(call) : there.judge(call)));
});
afterEach(() => server.close());

const soon = () => AbortSignal.timeout(5_000);
const accepted = (delivery: Delivery) => {
  if (delivery.status !== 'accepted') throw new Error(`expected accepted, got ${delivery.status}`);
  return delivery.providerRef;
};
let sequence = 0;
/** A notification of one incident, as the desk makes them: each with an id of its own. */
const told = (event: Notification['event'], over: Partial<Notification> = {}, incidentOver: Partial<Incident> = {}) =>
  notification(
    { event, delivery_id: `dlv-${++sequence}`, ...over },
    { triggered_at: new Date().toISOString(), ...incidentOver },
  );
const buttonsOf = (post: SlackPost) =>
  (post.attachments?.[0]?.blocks ?? post.blocks ?? [])
    .flatMap((block) => block.elements ?? [])
    .flatMap(({ action_id, value }) => (action_id ? [{ action_id, value }] : []));

describe('what is said', () => {
  test('the first line is the headline, the second the error in the words of the server', async () => {
    const notifier = channel.create(hook(server.url), context);
    const page = { ...notification().page, server_error: 'unexpected <html> & `more`' };
    await notifier.notify(notification({ page }), soon());
    const { text, attachments } = JSON.parse(server.accepted[0]!.body);
    expect(text).toContain('P1 · Reference API · production · writing a post fails');
    expect(server.accepted[0]!.body.split('writing a post fails')).toHaveLength(2);
    expect(attachments[0].blocks[0].text.text).toBe("*Server* unexpected &lt;html&gt; &amp; 'more'");
  });

  test('who is called next is told however many facts come before it', async () => {
    const notifier = channel.create(hook(server.url), context);
    const facts = Array.from({ length: 12 }, (_, index) => ({ label: `Fact ${index + 1}`, text: 'text' }));
    await notifier.notify(notification({ page: { ...notification().page, facts } }), soon());
    expect(server.accepted[0]!.body).toContain('*Fact 12*');
  });

  test('what the service answered is not posted, unless that is allowed', async () => {
    const message = '$.email is "kim@example.com", expected "a"';
    const { incident, page } = notification();
    const cause = { ...incident.cause, message, expected: '"a"', actual: '"kim@example.com"' };
    const headline = `P1 read: ${message}`;
    const facts = [{ label: 'Actual', text: '"kim@example.com"' }];
    for (const include_bodies of [false, true]) {
      const notifier = channel.create(bot(server.url, { include_bodies }), context);
      const dedup_key = `ringdown-${include_bodies}`;
      await notifier.notify(
        told('incident.triggered', { page: { ...page, headline, facts }, dedup_key }, { cause }),
        soon(),
      );
      expect(JSON.stringify(there.posts.slice(-2)).includes('kim@')).toBe(include_bodies);
    }
  });

  test('a link that anybody may answer by stands where there are no buttons', async () => {
    const page = { ...notification().page, answer_url: 'https://ringdown.example.com/a/x.y' };
    await channel.create(hook(server.url), context).notify(notification({ page }), soon());
    await channel.create(hook(server.url, { signing_secret: 's' }), context).notify(notification({ page }), soon());
    const [without, withButtons] = server.accepted.map(({ body }) => body);
    expect(without).toContain('https://ringdown.example.com/a/x.y');
    expect(withButtons).not.toContain('https://ringdown.example.com/a/x.y');
    expect(withButtons).toContain('"action_id":"acknowledge"');
  });

  test('a small change is not another message of a webhook, which cannot edit', async () => {
    const notifier = channel.create(hook(server.url), context);
    accepted(await notifier.notify(notification({ event: 'incident.updated' }), soon()));
    expect(server.calls).toEqual([]);
  });
});

describe('one message for each incident', () => {
  test('later states edit it, and stand in its thread; details are there from the beginning', async () => {
    const notifier = remembering(channel.create(bot(server.url, { signing_secret: 's' }), context));
    const first = accepted(await notifier.notify(told('incident.triggered'), soon()));
    const { id } = notification().incident;
    expect(there.posts.map(({ ts, thread_ts, edits }) => [ts === first, thread_ts === first, edits])).toEqual([
      [true, false, 0],
      [false, true, 0],
    ]);
    expect(JSON.stringify(there.posts[1]!.blocks)).toContain('Real traffic');
    expect(buttonsOf(there.posts[0]!)).toEqual(
      ['acknowledge', 'escalate', 'resolve'].map((action_id) => ({ action_id, value: id })),
    );

    const headline = 'Acknowledged by kim';
    const page = { ...notification().page, headline };
    await notifier.notify(told('incident.acknowledged', { page }, { state: 'acknowledged' }), soon());
    expect(there.posts[0]).toMatchObject({ edits: 1, text: headline, attachments: [{ color: '#dc9a00' }] });
    expect(buttonsOf(there.posts[0]!).map(({ action_id }) => action_id)).toEqual(['resolve']);
    expect(there.posts[2]).toMatchObject({ thread_ts: first, text: headline });
    expect(there.posts[2]!.reply_broadcast).toBeUndefined();

    await notifier.notify(told('incident.resolved', {}, { state: 'resolved' }), soon());
    expect(there.posts[0]).toMatchObject({ edits: 2, attachments: [{ color: '#12805c' }] });
    expect(buttonsOf(there.posts[0]!)).toEqual([]);
    expect(there.posts.filter(({ thread_ts }) => !thread_ts)).toHaveLength(1);
  });

  test('an escalation is heard in the channel, an edit alone would not be', async () => {
    const notifier = remembering(channel.create(bot(server.url), context));
    await notifier.notify(told('incident.triggered'), soon());
    await notifier.notify(told('incident.escalated'), soon());
    expect(there.posts.at(-1)).toMatchObject({ reply_broadcast: true });
  });

  test('what telemetry adds comes as new details', async () => {
    const notifier = remembering(channel.create(bot(server.url), context));
    await notifier.notify(told('incident.triggered'), soon());
    const page = { ...notification().page, facts: [{ label: 'Changed', text: 'version 2 was deployed' }] };
    await notifier.notify(told('incident.updated', { page }), soon());
    expect(JSON.stringify(there.posts.at(-1)!.blocks)).toContain('version 2 was deployed');
    expect(there.posts[0]).toMatchObject({ edits: 1, attachments: [{ color: '#d92d20' }] });
  });

  test('one that was posted by a process that ended before it knew is found by what it carries, also far down', async () => {
    await channel.create(bot(server.url), context).notify(told('incident.triggered'), soon());
    for (let other = 0; other < 250; other++) {
      there.posts.push({
        ts: `${Math.floor(Date.now() / 1_000)}.9${String(other).padStart(5, '0')}`,
        text: 'chat',
        edits: 0,
      });
    }
    const restarted = remembering(channel.create(bot(server.url), context));
    await restarted.notify(told('incident.resolved', {}, { state: 'resolved' }), soon());
    expect(there.posts[0]).toMatchObject({ edits: 1, attachments: [{ color: '#12805c' }] });
    const calls = server.calls.length;
    await restarted.notify(told('incident.updated', {}, { state: 'resolved' }), soon());
    expect(server.calls.slice(calls).map(({ path }) => path)).toEqual(['/api/chat.update', '/api/chat.postMessage']);
  });

  test('a message that somebody deleted is posted anew', async () => {
    const notifier = remembering(channel.create(bot(server.url), context));
    await notifier.notify(told('incident.triggered'), soon());
    there.posts.length = 0;
    accepted(await notifier.notify(told('incident.acknowledged', {}, { state: 'acknowledged' }), soon()));
    expect(there.posts[0]!.thread_ts).toBeUndefined();
  });

  test('an app that may not read the channel posts anew after a restart; one that Slack holds off waits, unless it rings', async () => {
    there.broken['conversations.history'] = 'missing_scope';
    accepted(await channel.create(bot(server.url), context).notify(told('incident.resolved'), soon()));
    expect(there.posts.filter(({ thread_ts }) => !thread_ts)).toHaveLength(1);
    there.broken['conversations.history'] = 'ratelimited';
    const notifier = remembering(channel.create(bot(server.url), context));
    expect(await notifier.notify(told('incident.resolved'), soon())).toMatchObject({ status: 'retryable' });
    accepted(await notifier.notify(told('incident.escalated'), soon()));
  });

  test('details that did not arrive come with the next state; nobody hears of the page twice', async () => {
    const notifier = remembering(channel.create(bot(server.url), context));
    const judge = there.judge;
    there.judge = (call) => (call.body.includes('"part":"details"') ? { status: 503 } : judge(call));
    accepted(await notifier.notify(told('incident.triggered'), soon()));
    expect(there.posts).toHaveLength(1);
    await notifier.notify(told('incident.acknowledged', {}, { state: 'acknowledged' }), soon());
    expect(JSON.stringify(there.posts[1]!.blocks)).toContain('Real traffic');
  });
});

describe('an unclear answer is looked up', () => {
  const lookupOf = (delivery: Delivery) => {
    if (delivery.status !== 'ambiguous') throw new Error(`expected ambiguous, got ${delivery.status}`);
    return delivery.lookup();
  };
  /** Slack carries it out, and the answer is lost. */
  const loseAnswers = (part: string) => {
    const judge = there.judge;
    there.judge = (call) => {
      const reply = judge(call);
      return call.body.includes(`"part":"${part}"`) && call.path.endsWith('postMessage') ? { status: 503 } : reply;
    };
    return () => {
      there.judge = judge;
    };
  };

  test('a first message that stands there is not posted again, and is edited later', async () => {
    const notifier = remembering(channel.create(bot(server.url), context));
    const found = loseAnswers('first');
    const delivery = await notifier.notify(told('incident.triggered'), soon());
    found();
    expect(await lookupOf(delivery)).toEqual({
      status: 'accepted',
      providerRef: there.posts[0]!.ts,
      messageRef: there.posts[0]!.ts,
    });
    await notifier.notify(told('incident.resolved', {}, { state: 'resolved' }), soon());
    expect(there.posts[0]!.edits).toBe(1);
    expect(there.posts.filter(({ thread_ts }) => !thread_ts)).toHaveLength(1);
  });

  test('so is a reply', async () => {
    const notifier = remembering(channel.create(bot(server.url), context));
    await notifier.notify(told('incident.triggered'), soon());
    const found = loseAnswers('reply');
    const delivery = await notifier.notify(told('incident.escalated'), soon());
    found();
    expect(await lookupOf(delivery)).toEqual({
      status: 'accepted',
      providerRef: there.posts.at(-1)!.ts,
      messageRef: there.posts[0]!.ts,
    });
  });

  test('what does not stand there is sent; what nobody knows stays unclear', async () => {
    const notifier = remembering(channel.create(bot(server.url), context));
    server.mood = 'failing';
    const delivery = await notifier.notify(told('incident.triggered'), soon());
    expect(await lookupOf(delivery)).toMatchObject({ status: 'ambiguous' });
    server.mood = 'normal';
    expect(await lookupOf(delivery)).toMatchObject({ status: 'retryable' });
  });

  test('after a restart the dispatcher asks for that very notification', async () => {
    const page = told('incident.triggered');
    await channel.create(bot(server.url), context).notify(page, soon());
    const restarted = channel.create(bot(server.url), context);
    const attempt = { since: Date.now() - 1_000, others: new Set<string>() };
    expect(await restarted.lookup!(page, attempt, soon())).toMatchObject({ status: 'accepted' });
    expect(await restarted.lookup!(told('incident.escalated'), attempt, soon())).toMatchObject({ status: 'retryable' });
    const others = { dedup_key: 'ringdown-other' };
    expect(await restarted.lookup!(told('incident.triggered', others), attempt, soon())).toMatchObject({
      status: 'retryable',
    });
  });
});

test('what Slack refuses is told with what to do about it', async () => {
  there.broken['chat.postMessage'] = 'not_in_channel';
  const delivery = await channel.create(bot(server.url), context).notify(told('incident.triggered'), soon());
  expect(delivery).toMatchObject({
    status: 'failure',
    error: { message: 'Slack answered not_in_channel: invite the app to the channel' },
  });
});

test('settings that name no way to post, or two, are told before anything starts', () => {
  const check = (over: object) =>
    channel.check!({ name: 'team', type: 'slack', ...over }).map(({ message }) => message);
  expect(check({})).toEqual(['needs bot_token and channel, or the url of an incoming webhook']);
  expect(check({ bot_token: 'x' })).toEqual(['bot_token needs the channel to post to']);
  expect(check({ bot_token: 'x', channel: CHANNEL, url: 'https://x' })).toEqual([
    'url and bot_token are two ways to post',
  ]);
  expect(check({ bot_token: 'x', channel: CHANNEL })).toEqual([]);
  expect(check({ url: 'https://x' })).toEqual([]);
});

test('the limit is that of a channel: an app says two things of each notification', () => {
  const limit = channel.rateLimit!(bot('http://x'));
  expect(limit.per_minute).toBe(30);
  expect(channel.rateLimit!(bot('http://y')).key).toBe(limit.key);
  expect(channel.rateLimit!(bot('http://x', { channel: 'C0OTHER99' })).key).not.toBe(limit.key);
  expect(channel.rateLimit!(hook('http://x')).per_minute).toBe(60);
});
