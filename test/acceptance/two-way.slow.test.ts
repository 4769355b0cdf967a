import { createHmac } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BOT_TOKEN, CHANNEL, type SlackChannel, slackChannel } from '../../alerts/testing/peers/slack.ts';
import {
  AUTH,
  actionOf,
  type MadeCall,
  PUBLIC_URL,
  SID,
  twilioPeer,
  twilioPost,
} from '../../alerts/testing/peers/twilio.ts';
import { type VendorServer, vendorServer } from '../../alerts/testing/peers/vendor-server.ts';
import type { Incident } from '../../control/resources.ts';
import { Running, temporaryFolder } from '../support/ringdown.ts';

/** A real watcher, with a phone, a chat and a pager on loopback: whoever answers anywhere is shown everywhere. */
const PAGERDUTY_SECRET = 'pagerduty-webhook-secret';
const SLACK_SECRET = 'slack-signing-secret';
const SOON_MS = 30_000;

const folder = temporaryFolder();
const made: MadeCall[] = [];
const chat: SlackChannel = slackChannel();
const events: { event_action: string; dedup_key: string; images?: { src: string }[] }[] = [];
const heard = new EventEmitter();
let vendor: VendorServer;
let watcher: Running;

beforeAll(async () => {
  const twilio = twilioPeer(made);
  vendor = await vendorServer((call) => {
    setImmediate(() => heard.emit('call'));
    if (call.path.startsWith('/2010-04-01/')) return twilio(call);
    if (call.path.startsWith('/api/')) return chat.judge(call);
    events.push(JSON.parse(call.body));
    return { status: 202, body: '{}' };
  });
  watcher = await Running.start({
    command: 'up',
    folder: folder.path,
    config: `version: 1
public_url: ${PUBLIC_URL}
channels:
  - { name: call-kim, type: twilio-voice, account_sid: ${SID}, auth_token: ${AUTH}, from: "+12025550100", to: "+12025550101", url: "${vendor.url}" }
  - { name: team, type: slack, bot_token: ${BOT_TOKEN}, channel: ${CHANNEL}, signing_secret: ${SLACK_SECRET}, api_url: "${vendor.url}/api" }
  - { name: pager, type: pagerduty, routing_key: R0, webhook_secrets: [${PAGERDUTY_SECRET}], url: "${vendor.url}/v2/enqueue" }
on_call:
  users: { kim: { name: Kim Minji, language: ko-KR, contacts: { slack: U024BE7LH }, notify: [{ channel: call-kim }] } }
`,
  });
});

afterAll(async () => {
  await watcher?.stop();
  await vendor?.close();
  folder.remove();
});

/** Until it holds of what the vendors were told, or for so long. */
async function eventually(what: string, holds: () => boolean): Promise<void> {
  const late = AbortSignal.timeout(SOON_MS);
  while (!holds()) {
    await once(heard, 'call', { signal: late }).catch(() => {
      throw new Error(`${what}:\n${watcher.output.text.slice(-2_000)}`);
    });
  }
}

const incident = async (): Promise<Incident> =>
  (await watcher.api<{ items: Incident[] }>('/api/v1/incidents')).items[0]!;

function press(Digits: string, action = actionOf(made.at(-1)!.twiml)!): Promise<Response> {
  const { url, headers, rawBody } = twilioPost(action, { CallSid: made.at(-1)!.sid, Digits });
  return fetch(watcher.ready.url + url, { method: 'POST', headers: headers as Record<string, string>, body: rawBody });
}

test('a key on the phone acknowledges, at PagerDuty and in Slack as well; sent again, it does nothing more', async () => {
  await watcher.monitorIn('passing', 'post-journey@local', SOON_MS);
  await watcher.fault({ route: 'POST /v1/posts', status: 500 });
  await eventually('no phone rang', () => made.length > 0);
  await eventually('Slack heard nothing', () => chat.posts.length > 0);
  await eventually('PagerDuty heard nothing', () => events.length > 0);

  const forged = twilioPost(actionOf(made[0]!.twiml)!, { CallSid: 'CA1', Digits: '4' }, 'another token');
  const refused = await fetch(watcher.ready.url + forged.url, {
    method: 'POST',
    headers: forged.headers as Record<string, string>,
    body: forged.rawBody,
  });
  expect(refused.status).toBe(401);
  expect((await incident()).state).toBe('triggered');

  const failing = await press('6');
  expect(await failing.text()).toContain('6번을 한 번 더');
  expect((await incident()).state).toBe('triggered');

  const answered = await press('4');
  expect(answered.headers.get('content-type')).toContain('text/xml');
  expect(await answered.text()).toContain('확인되었습니다');
  expect(await incident()).toMatchObject({
    state: 'acknowledged',
    acknowledged_by: expect.stringContaining('Kim Minji'),
  });
  const { acknowledged_at } = await incident();
  expect((await press('4')).status).toBe(200);
  expect((await incident()).acknowledged_at).toBe(acknowledged_at);

  const [picture] = events[0]!.images!;
  expect(picture!.src.startsWith(`${PUBLIC_URL}/p/`)).toBe(true);
  const shown = await fetch(picture!.src.replace(PUBLIC_URL, watcher.ready.url));
  expect([shown.status, shown.headers.get('content-type')]).toEqual([200, 'image/png']);

  const { dedup_key } = await incident();
  await eventually('PagerDuty was not told', () => events.some(({ event_action }) => event_action === 'acknowledge'));
  expect(new Set(events.map((event) => event.dedup_key))).toEqual(new Set([dedup_key]));
  await eventually('Slack was not told', () => /Acknowledged by/.test(chat.posts[0]!.text));
  expect(chat.posts.filter(({ thread_ts }) => !thread_ts)).toHaveLength(1);
});

test('a note at PagerDuty is in the timeline, and a button in Slack resolves for everybody', async () => {
  const { id, dedup_key } = await incident();
  const agent = { type: 'user_reference', summary: 'Lee Minsu' };
  const webhook = (event: object) => {
    const body = JSON.stringify({ event: { occurred_at: new Date().toISOString(), agent, ...event } });
    const signature = `v1=${createHmac('sha256', PAGERDUTY_SECRET).update(body).digest('hex')}`;
    return fetch(`${watcher.ready.url}/api/v1/answers/pager`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-pagerduty-signature': signature },
      body,
    });
  };
  const data = { type: 'incident', id: 'PGR0VU2', incident_key: dedup_key };
  await webhook({ id: 'E1', event_type: 'incident.acknowledged', data });
  const note = { type: 'incident_note', content: 'the index is missing', incident: { id: 'PGR0VU2' } };
  expect((await webhook({ id: 'E2', event_type: 'incident.annotated', data: note })).status).toBe(200);
  const told = JSON.stringify(await watcher.api(`/api/v1/incidents/${id}`));
  expect(told).toContain('the index is missing');

  const actions = [{ action_id: 'resolve', value: id }];
  const payload = JSON.stringify({ type: 'block_actions', user: { id: 'U024BE7LH', name: 'mj.kim' }, actions });
  const body = new URLSearchParams({ payload }).toString();
  const time = String(Math.floor(Date.now() / 1_000));
  const signature = `v0=${createHmac('sha256', SLACK_SECRET).update(`v0:${time}:${body}`).digest('hex')}`;
  const pressed = await fetch(`${watcher.ready.url}/api/v1/answers/team`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': time,
      'x-slack-signature': signature,
    },
    body,
  });
  expect([pressed.status, await pressed.text()]).toEqual([200, '']);
  expect(await incident()).toMatchObject({ id, state: 'resolved', resolved_by: expect.stringContaining('Kim Minji') });
  await eventually('PagerDuty was not told', () => events.some(({ event_action }) => event_action === 'resolve'));
  await eventually('Slack was not told', () => /Resolved by/.test(chat.posts[0]!.text));
  expect((await press('4')).status).toBe(200);
});
