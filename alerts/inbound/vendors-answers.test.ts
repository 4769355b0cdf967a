import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Incident } from '../incident.ts';
import type { ChannelSettings } from '../notifier.ts';
import { loadChannels } from '../notifiers/registry.ts';
import { builtInPolicy } from '../policies/policy.ts';
import { notification } from '../testing/notification.ts';
import { failed } from '../testing/observations.ts';
import { AUTH, PUBLIC_URL, SID, twilioPost } from '../testing/peers/twilio.ts';
import { World } from '../testing/timeline.ts';
import { type AnswerDesk, createAnswerDesk } from './answers.ts';
import type { InboundRequest } from './inbound.ts';
import { ReplayGuard } from './replay-guard.ts';

/** What people do at the vendors, through their own formats and signatures, on a whole alert desk. */
const SLACK_SECRET = 'signing-secret-of-slack';
const PAGERDUTY_SECRET = 'webhook-secret-of-pagerduty';
const settings: ChannelSettings[] = [
  {
    name: 'call-kim',
    type: 'twilio-voice',
    account_sid: SID,
    auth_token: AUTH,
    from: '+12025550100',
    to: '+12025550101',
  },
  { name: 'team', type: 'slack', url: 'https://hooks.slack.com/x', signing_secret: SLACK_SECRET },
  { name: 'pager', type: 'pagerduty', routing_key: 'x', webhook_secrets: [PAGERDUTY_SECRET] },
];
const types = await loadChannels();

let world: World;
let desk: AnswerDesk;
let incident: Incident;

beforeEach(async () => {
  const step = (after_ms: number, ...notify: string[]) => ({ after_ms, notify, repeat_every_ms: null });
  const escalation = [step(0, 'team', 'pager'), step(300_000, 'call-kim')];
  world = new World([{ ...builtInPolicy, escalation }], ['team', 'pager', 'call-kim']);
  await world.start();
  const find = (fits: (each: Incident) => boolean) => world.desk.openIncidents().find(fits) ?? null;
  desk = createAnswerDesk({
    channels: new Map(
      settings.map((entry) => [entry.name, { settings: entry, answers: types.get(entry.type)!.answers! }]),
    ),
    people: world.desk,
    findById: async (id) => find((each) => each.id === id),
    findByDedupKey: async (key) => find((each) => each.dedup_key === key),
    nameOf: () => null,
    pageOf: () => notification().page,
    written: async () => true,
    report: () => {},
    replays: new ReplayGuard(world.clock),
    clock: world.clock,
    log: { info() {}, warn() {} },
  });
  await world.run('journey@local', failed);
  incident = world.desk.openIncidents()[0]!;
  world.news();
});

const told = () => world.news().map(({ channel, notification: { event } }) => `${channel} ${event.slice(9)}`);
const now = () => world.desk.incident(incident.id)!;
async function send(channel: string, request: InboundRequest): Promise<string> {
  const receipt = await desk.answer(channel, request);
  await world.clock.advance(0);
  return receipt.status === 'taken' ? (receipt.reply?.body ?? '') : `refused: ${receipt.reason}`;
}

let calls = 0;
const placed = () => Math.floor(world.clock.now() / 1_000);
const key = (Digits: string, more = '') =>
  twilioPost(`${PUBLIC_URL}/api/v1/answers/call-kim?on=key&incident=${incident.id}&placed=${placed()}&turn=1${more}`, {
    CallSid: `CA${++calls}`,
    AccountSid: SID,
    Digits,
    CallStatus: 'in-progress',
  });

describe('on the phone', () => {
  test('4 acknowledges, and it shows everywhere', async () => {
    const pressed = key('4');
    expect(await send('call-kim', pressed)).toContain('Acknowledged');
    expect(now()).toMatchObject({ state: 'acknowledged', acknowledged_by: expect.stringContaining('call-kim') });
    expect(told()).toEqual(['team acknowledged', 'pager acknowledged']);
    await world.clock.advance(3_600_000);
    expect(told()).toEqual([]);
  });

  test('6 while it still fails says so and changes nothing; 6 once more silences it for 30 minutes', async () => {
    expect(await send('call-kim', key('6'))).toMatch(/still fail/i);
    expect(now().state).toBe('triggered');
    await send('call-kim', key('6', '&again=1'));
    expect(world.desk.silences()).toMatchObject([{ created_by: 'call-kim' }]);
    expect(now().held).toMatchObject({ stage: 'silence' });
    told();
    await world.clock.advance(29 * 60_000);
    expect(told()).toEqual([]);
    await world.clock.advance(40 * 60_000);
    expect(told()).toContain('call-kim escalated');
  });

  test('a call that nobody answered, and one that a mailbox took, acknowledge nothing', async () => {
    for (const CallStatus of ['no-answer', 'completed']) {
      const address = `${PUBLIC_URL}/api/v1/answers/call-kim?on=status&incident=${incident.id}&placed=${placed()}`;
      await send('call-kim', twilioPost(address, { CallSid: 'CA0', AccountSid: SID, CallStatus }));
    }
    expect(now().state).toBe('triggered');
  });

  test('a request that is sent again presses no key twice', async () => {
    const pressed = key('5');
    await send('call-kim', pressed);
    expect(told()).toEqual(['call-kim escalated']);
    await send('call-kim', pressed);
    expect(told()).toEqual([]);
  });
});

function slack(action_id: string): InboundRequest {
  const payload = {
    type: 'block_actions',
    user: { id: 'U1', name: 'kim' },
    actions: [{ type: 'button', action_id, value: incident.id }],
  };
  const rawBody = Buffer.from(new URLSearchParams({ payload: JSON.stringify(payload) }).toString());
  const at = String(Math.floor(world.clock.now() / 1_000));
  const signature = createHmac('sha256', SLACK_SECRET).update(`v0:${at}:`).update(rawBody).digest('hex');
  return {
    method: 'POST',
    url: '/api/v1/answers/team',
    publicUrl: `${PUBLIC_URL}/api/v1/answers/team`,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': at,
      'x-slack-signature': `v0=${signature}`,
    },
    query: {},
    rawBody,
  };
}

test('a button in Slack acknowledges in the name of who pressed it', async () => {
  await send('team', slack('acknowledge'));
  expect(now()).toMatchObject({ state: 'acknowledged', acknowledged_by: expect.stringMatching(/kim|U1/) });
});

test('an acknowledgement at PagerDuty is one here, by the key of the incident', async () => {
  const event = {
    id: '5ac64822-4adc-4fda-ade0-410becf0de4f',
    event_type: 'incident.acknowledged',
    resource_type: 'incident',
    occurred_at: new Date(world.clock.now()).toISOString(),
    agent: { id: 'PLH1HKV', type: 'user_reference', summary: 'Kim Minji' },
    data: { id: 'PGR0VU2', type: 'incident', incident_key: incident.dedup_key, status: 'acknowledged' },
  };
  const rawBody = Buffer.from(JSON.stringify({ event }));
  const request: InboundRequest = {
    ...slack(''),
    headers: { 'x-pagerduty-signature': `v1=${createHmac('sha256', PAGERDUTY_SECRET).update(rawBody).digest('hex')}` },
    rawBody,
  };
  await send('pager', request);
  expect(now()).toMatchObject({ state: 'acknowledged', acknowledged_by: expect.stringContaining('Kim Minji') });
  expect(await send('pager', { ...request, headers: { 'x-pagerduty-signature': 'v1=00' } })).toMatch(/^refused/);
});
