import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { createAnswerDesk } from '../inbound/answers.ts';
import { ReplayGuard } from '../inbound/replay-guard.ts';
import type { AnswerRequest, ChannelSettings } from '../notifier.ts';
import { notification } from '../testing/notification.ts';
import { AUTH, PUBLIC_URL, SID, twilioPost } from '../testing/peers/twilio.ts';
import { loadChannels } from './registry.ts';

/** From a vendor's request to what the desk does, for each channel that answers: `Must show 6` of the alerts. */
const incident = { ...notification().incident, id: 'inc-3f2a9c0123456789abcd' };
const types = await loadChannels();
const hmac = (secret: string, text: string) => createHmac('sha256', secret).update(text).digest('hex');

interface Vendor {
  settings: ChannelSettings;
  /** The settings while its secret is changed: the new one, and the one that signs here. */
  rotating: Record<string, unknown>;
  /** The settings once the change is over. */
  rotated: Record<string, unknown>;
  acknowledge(now: number): AnswerRequest;
  by: string;
  /** How long after it was signed it is believed; null where the vendor signs no time. */
  freshForMs: number | null;
}

const phone = { account_sid: SID, auth_token: AUTH, from: '+12025550100', to: '+12025550101' };
const twilioRotation = {
  rotating: { auth_token: 'new', previous_auth_token: AUTH },
  rotated: { auth_token: 'new' },
};

const VENDORS: Record<string, Vendor> = {
  pagerduty: {
    settings: { name: 'pager', type: 'pagerduty', routing_key: 'R0', webhook_secrets: ['old'] },
    rotating: { webhook_secrets: ['new', 'old'] },
    rotated: { webhook_secrets: ['new'] },
    by: 'Kim Minji',
    freshForMs: 24 * 3_600_000,
    acknowledge(now) {
      const data = { type: 'incident', id: 'PGR0VU2', incident_key: incident.dedup_key };
      const agent = { type: 'user_reference', summary: 'Kim Minji' };
      const occurred_at = new Date(now).toISOString();
      const body = JSON.stringify({
        event: { id: 'E1', event_type: 'incident.acknowledged', occurred_at, agent, data },
      });
      return posted('pager', body, 'application/json', { 'x-pagerduty-signature': `v1=${hmac('old', body)}` });
    },
  },
  slack: {
    settings: { name: 'team', type: 'slack', url: 'https://hooks.slack.com/x', signing_secret: 'old' },
    rotating: { signing_secret: 'new', previous_signing_secret: 'old' },
    rotated: { signing_secret: 'new' },
    by: 'kim',
    freshForMs: 5 * 60_000,
    acknowledge(now) {
      const actions = [{ action_id: 'acknowledge', value: incident.id }];
      const payload = JSON.stringify({ type: 'block_actions', user: { name: 'kim' }, actions });
      const body = new URLSearchParams({ payload }).toString();
      const time = String(Math.floor(now / 1_000));
      return posted('team', body, 'application/x-www-form-urlencoded', {
        'x-slack-request-timestamp': time,
        'x-slack-signature': `v0=${hmac('old', `v0:${time}:${body}`)}`,
      });
    },
  },
  'twilio-voice': {
    settings: { name: 'call-kim', type: 'twilio-voice', ...phone },
    ...twilioRotation,
    by: 'call-kim',
    freshForMs: 2 * 3_600_000,
    acknowledge(now) {
      const query = `on=key&incident=${incident.id}&placed=${Math.floor(now / 1_000)}&turn=1`;
      return twilioPost(`${PUBLIC_URL}/api/v1/answers/call-kim?${query}`, { CallSid: 'CA1', Digits: '4' });
    },
  },
  'twilio-sms': {
    settings: { name: 'text-kim', type: 'twilio-sms', ...phone },
    ...twilioRotation,
    by: 'text-kim',
    freshForMs: null,
    acknowledge: () =>
      twilioPost(`${PUBLIC_URL}/api/v1/answers/text-kim`, { MessageSid: 'SM1', From: phone.to, Body: '4 3f2a9c' }),
  },
};

function posted(channel: string, body: string, type: string, headers: Record<string, string>): AnswerRequest {
  const url = `/api/v1/answers/${channel}`;
  return {
    method: 'POST',
    url,
    publicUrl: `${PUBLIC_URL}${url}`,
    headers: { 'content-type': type, ...headers },
    query: {},
    rawBody: Buffer.from(body),
  };
}

function deskFor({ settings }: Vendor, over: object = {}) {
  const clock = new VirtualClock(Date.parse('2026-11-23T03:10:00Z'));
  const done: [string, string, string, string][] = [];
  const act = (what: string) => async (id: string, who: { by: string; via: string }) => {
    done.push([what, id, who.by, who.via]);
    return incident;
  };
  const log: object[] = [];
  const desk = createAnswerDesk({
    channels: new Map([
      [settings.name, { settings: { ...settings, ...over }, answers: types.get(settings.type)!.answers! }],
    ]),
    people: {
      acknowledge: act('acknowledge'),
      resolve: act('resolve'),
      escalate: act('escalate'),
      note: async () => null,
      silenceIncident: async () => null,
    },
    findById: async (id) => (incident.id.startsWith(id) ? incident : null),
    findByDedupKey: async (key) => (key === incident.dedup_key ? incident : null),
    nameOf: () => null,
    pageOf: () => notification().page,
    written: async () => true,
    report: () => {},
    replays: new ReplayGuard(clock),
    clock,
    log: { info: (...words) => void log.push(words), warn: (...words) => void log.push(words) },
  });
  return { desk, clock, done, log };
}

test('every channel that answers is held to this', () => {
  const answering = [...types.values()].filter(({ answers }) => answers).map(({ type }) => type);
  expect(Object.keys(VENDORS).sort()).toEqual(answering.sort());
});

describe.each(Object.entries(VENDORS))('%s', (_type, vendor) => {
  const { name } = vendor.settings;
  const once = [['acknowledge', incident.id, vendor.by, name]];

  test('an acknowledgement reaches the desk once, however often it is sent', async () => {
    const { desk, clock, done } = deskFor(vendor);
    const request = vendor.acknowledge(clock.now());
    for (let times = 0; times < 3; times++) expect(await desk.answer(name, request)).toMatchObject({ status: 'taken' });
    const copy = {
      ...request,
      headers: { ...request.headers, 'x-webhook-id': 'another', 'i-twilio-idempotency-token': 'x' },
    };
    expect(await desk.answer(name, copy)).toMatchObject({ status: 'taken' });
    expect(done).toEqual(once);
  });

  test('what was signed for another channel, or changed on the way, does nothing', async () => {
    const { desk, clock, done } = deskFor(vendor);
    const request = vendor.acknowledge(clock.now());
    const changed = Buffer.from(request.rawBody.toString().replace(/ack|4/, (found) => (found === '4' ? '6' : 'xck')));
    expect(changed.equals(request.rawBody)).toBe(false);
    expect(await desk.answer(name, { ...request, rawBody: changed })).toMatchObject({ refused: 'unauthentic' });
    expect(await desk.answer(name, { ...request, headers: {} })).toMatchObject({ refused: 'unauthentic' });
    expect(await desk.answer('another', request)).toMatchObject({ refused: 'unauthentic' });
    expect(done).toEqual([]);
  });

  test('while a secret is changed both count, afterwards the new one alone', async () => {
    const during = deskFor(vendor, vendor.rotating);
    await during.desk.answer(name, vendor.acknowledge(during.clock.now()));
    expect(during.done).toEqual(once);
    const after = deskFor(vendor, vendor.rotated);
    expect(await after.desk.answer(name, vendor.acknowledge(after.clock.now()))).toMatchObject({
      refused: 'unauthentic',
    });
    expect(after.done).toEqual([]);
  });

  const { freshForMs } = vendor;
  if (freshForMs === null) {
    test('what was taken once is known again a year later: it bears no time that could run out', async () => {
      const { desk, clock, done } = deskFor(vendor);
      const request = vendor.acknowledge(clock.now());
      await desk.answer(name, request);
      await clock.advance(365 * 86_400_000);
      expect(await desk.answer(name, request)).toMatchObject({ status: 'taken' });
      expect(done).toEqual(once);
    });
  } else {
    test('what is stale is refused', async () => {
      const { desk, clock, done } = deskFor(vendor);
      const request = vendor.acknowledge(clock.now());
      await clock.advance(freshForMs + 1_000);
      expect(await desk.answer(name, request)).toMatchObject({ refused: 'unauthentic' });
      expect(done).toEqual([]);
    });
  }

  test('what is logged of a refusal holds no secret', async () => {
    const { desk, clock, log } = deskFor(vendor);
    const request = vendor.acknowledge(clock.now());
    await desk.answer(name, { ...request, rawBody: Buffer.concat([request.rawBody, Buffer.from('x')]) });
    expect(log).toHaveLength(1);
    expect(JSON.stringify(log)).not.toMatch(new RegExp(`"old"|${AUTH}|[0-9a-f]{40}`));
  });
});
