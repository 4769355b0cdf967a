import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Delivery } from '../../../core/delivery.ts';
import type { AnswerOutcome } from '../../notifier.ts';
import { context, describeNotifier } from '../../testing/describe-notifier.ts';
import { notification } from '../../testing/notification.ts';
import { AUTH, isTwiml, type MadeCall, PUBLIC_URL, SID, twilioPeer, twilioPost } from '../../testing/peers/twilio.ts';
import { type VendorServer, vendorServer } from '../../testing/peers/vendor-server.ts';
import { answers } from './answers.ts';
import { channel } from './index.ts';
import { cutToSegments, plain, segments } from './segments.ts';
import { textOf } from './text.ts';

const ANSWERS = `${PUBLIC_URL}/api/v1/answers/sms-kim`;
const reachable = { ...context, answerUrl: ANSWERS };
const made: MadeCall[] = [];
const twilio = twilioPeer(made);

const settings = (url: string, over: object = {}) => ({
  name: 'sms-kim',
  type: 'twilio-sms',
  account_sid: SID,
  auth_token: AUTH,
  from: '+12025550100',
  to: '+12025550101',
  url,
  ...over,
});

describeNotifier({
  channel,
  secrets: [AUTH, Buffer.from(`${SID}:${AUTH}`).toString('base64')],
  idempotent: false,
  start: () => vendorServer(twilio),
  settings,
  wrongKey: (url) => settings(url, { auth_token: 'wrong' }),
});

let server: VendorServer;
beforeEach(async () => {
  made.length = 0;
  server = await vendorServer(twilio);
});
afterEach(() => server.close());

const soon = () => AbortSignal.timeout(5_000);
const incident = { ...notification().incident, id: 'inc-3f2a9c0123456789abcd' };
const told = (over: object = {}) => notification({ incident, ...over });

describe('what it says', () => {
  test('the cause first, the link and the keys last', async () => {
    const page = { ...notification().page, answer_url: 'https://ringdown.example.com/a/x.y' };
    await channel.create(settings(server.url, { replies: true }), reachable).notify(told({ page }), soon());
    const { body, status_callback } = made[0]!;
    expect(body.split('\n')[0]).toBe(
      'P1 - Reference API - production - writing a post fails: status 500, expected 201',
    );
    expect(body).toContain('Server: no such column: author_id');
    expect(body.split('\n').slice(-2)).toEqual([
      'https://ringdown.example.com/a/x.y',
      'Reply 4 3f2a9c to acknowledge, 5 3f2a9c escalate, 6 3f2a9c resolve',
    ]);
    expect(status_callback).toBe(`${ANSWERS}?on=status&incident=${incident.id}`);
  });

  test('keys are offered only where replies come back, and while there is something to answer', async () => {
    const resolved = { ...incident, state: 'resolved' as const };
    await channel.create(settings(server.url), reachable).notify(told(), soon());
    await channel.create(settings(server.url, { replies: true }), context).notify(told(), soon());
    await channel
      .create(settings(server.url, { replies: true }), reachable)
      .notify(told({ event: 'incident.resolved', incident: resolved }), soon());
    for (const { body } of made) expect(body).not.toContain('Reply');
  });

  test('never more than three messages, and the link is whole, whatever the page says', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 900 }),
        fc.option(fc.string({ unit: 'grapheme', maxLength: 600 }), { nil: null }),
        (headline, server_error) => {
          const answer_url = 'https://ringdown.example.com/a/token.signature';
          const page = { ...notification().page, headline: `P1 ${headline}`, server_error, answer_url };
          const text = textOf(told(), page, true);
          expect(segments(text)).toBeLessThanOrEqual(3);
          expect(text).toContain(answer_url);
          expect(text).toContain('6 3f2a9c resolve');
          expect(text.isWellFormed() || !`${headline}${server_error}`.isWellFormed()).toBe(true);
        },
      ),
      { numRuns: 200, seed: 6 },
    );
  });

  test('what the service answered is not texted, unless that is allowed', async () => {
    const message = '$.email is "kim@example.com", expected "a"';
    const cause = { ...incident.cause, message, expected: '"a"', actual: '"kim@example.com"' };
    const page = { ...notification().page, headline: `P1 read: ${message}` };
    for (const include_bodies of [false, true]) {
      const notifier = channel.create(settings(server.url, { include_bodies }), context);
      await notifier.notify(told({ page, incident: { ...incident, cause } }), soon());
      expect(made.at(-1)!.body.includes('kim@')).toBe(include_bodies);
    }
  });
});

describe('segments', () => {
  test.each([
    ['a'.repeat(160), 1],
    ['a'.repeat(161), 2],
    ['a'.repeat(153 * 3), 3],
    ['a'.repeat(153 * 3 + 1), 4],
    [`${'a'.repeat(159)}€`, 2],
    ['가'.repeat(70), 1],
    ['가'.repeat(71), 2],
    [`${'a'.repeat(70)}·`, 2],
    [plain(`${'a'.repeat(70)}·`), 1],
    ['🔥'.repeat(35), 1],
    ['🔥'.repeat(36), 2],
    // A sign of two places is not torn: it begins the next message.
    [`${'a'.repeat(152)}€${'a'.repeat(152)}`, 3],
    [`${'한'.repeat(66)}🔥${'한'.repeat(66)}`, 3],
  ])('case %#', (text, count) => expect(segments(text)).toBe(count));

  test('cutting tears no letter', () => {
    const cut = cutToSegments('🔥'.repeat(200), 2);
    expect(segments(cut)).toBe(2);
    expect(cut.isWellFormed()).toBe(true);
  });
});

test('an unclear answer is looked up by the text itself: another message to the same phone is not taken for it', async () => {
  const notifier = channel.create(settings(server.url), context);
  const sent = (sid: string, body: string): MadeCall => ({
    sid,
    to: '+12025550101',
    from: '+12025550100',
    date_created: new Date().toUTCString(),
    twiml: '',
    body,
    status_callback: null,
  });
  server.mood = 'resetting';
  const delivery = await notifier.notify(told(), soon());
  server.mood = 'normal';
  made.push(sent('SMother', 'of another incident'));
  expect(await lookupOf(delivery)).toMatchObject({ status: 'retryable' });
  made.push(sent('SMours', `Sent from your Twilio trial account - ${textOf(told(), told().page, false)}`));
  expect(await lookupOf(delivery)).toEqual({ status: 'accepted', providerRef: 'SMours' });
});

describe('replies', () => {
  const own = settings('https://api.twilio.com', { replies: true, replies_from: ['+12025550102'] });
  const text = (Body: string, From = '+12025550101') =>
    twilioPost(ANSWERS, { MessageSid: 'SM1', From, To: '+12025550100', Body });

  test.each([
    ['4 3f2a9c', 'acknowledge'],
    [' ACK 3F2A9C. ', 'acknowledge'],
    ['5-3f2a9c', 'escalate'],
    ['6 3f2a9c', 'resolve_unless_failing'],
    ['66 3f2a9c', 'silence'],
  ])('"%s" means %s', (body, action) => {
    expect(answers.verify(own, text(body), 0)).toMatchObject({ verified: true });
    expect(answers.read(own, text(body))).toEqual([
      { incident_id: 'inc-3f2a9c', dedup_key: null, action, by: null, contact: null, text: null, provider_ref: 'SM1' },
    ]);
  });

  test('another phone that may answer is named; a stranger is not heard, nor answered', () => {
    expect(answers.read(own, text('4 3f2a9c', '+12025550102'))).toMatchObject([
      { by: '+12025550102', contact: { vendor: 'phone', id: '+12025550102' } },
    ]);
    const stranger = text('4 3f2a9c', '+12025550199');
    expect(answers.read(own, stranger)).toEqual([]);
    expect(answers.reply(own, stranger, [])).toBeNull();
  });

  test.each(['4', 'ack', '7 3f2a9c', '4 xyz', '4 3f2a', '4 3f2a9c 5 3f2a9c'])(
    '"%s" means nothing, and says so',
    (body) => {
      expect(answers.read(own, text(body))).toEqual([]);
      expect(answers.reply(own, text(body), [])!.body).toContain('Not understood. Reply 4, 5 or 6');
    },
  );

  test.each(['thanks', "I'm driving, will call back", '', '🔥'])(
    '"%s" is answered with nothing: two machines would go on for ever',
    (body) => {
      expect(answers.read(own, text(body))).toEqual([]);
      expect(answers.reply(own, text(body), [])).toBeNull();
    },
  );

  test('what came of it is texted back', () => {
    const answer = {
      incident_id: 'inc-3f2a9c',
      dedup_key: null,
      by: null,
      contact: null,
      text: null,
      provider_ref: 'SM1',
    };
    const said = (action: AnswerOutcome['answer']['action'], over: Partial<AnswerOutcome> = {}) => {
      const hostile = { ...incident, title: 'a <b> & "c"' };
      const outcome = {
        answer: { ...answer, action },
        incident: hostile,
        still_failing: 0,
        page: null,
        written: true,
        ...over,
      };
      const { body } = answers.reply(own, text('4 3f2a9c'), [outcome])!;
      expect(isTwiml(body)).toBe(true);
      return body;
    };
    expect(said('acknowledge')).toContain('Acknowledged: a &lt;b&gt; &amp; &quot;c&quot;');
    expect(said('resolve_unless_failing')).toContain('Resolved: ');
    expect(said('resolve_unless_failing', { still_failing: 2 })).toContain(
      '2 monitors still fail. Reply 66 3f2a9c to be quiet',
    );
    expect(said('acknowledge', { written: false })).toContain('. Not written down: a restart');
    expect(said('acknowledge', { incident: null })).toContain('No open incident has this code');
  });

  test('a report of Twilio says whether the message arrived', () => {
    const report = (MessageStatus: string) =>
      answers.read(
        own,
        twilioPost(`${ANSWERS}?on=status&incident=${incident.id}`, { MessageSid: 'SM1', MessageStatus }),
      );
    expect(report('delivered')).toMatchObject([{ action: 'delivered', incident_id: incident.id, provider_ref: 'SM1' }]);
    expect(report('undelivered')).toMatchObject([{ action: 'unanswered' }]);
    expect(report('sent')).toEqual([]);
    expect(answers.read(own, twilioPost(ANSWERS, { nothing: '' }))).toMatchObject({ refused: 'malformed' });
  });
});

function lookupOf(delivery: Delivery): Promise<Delivery> {
  if (delivery.status !== 'ambiguous') throw new Error(`expected ambiguous, got ${delivery.status}`);
  return delivery.lookup();
}
