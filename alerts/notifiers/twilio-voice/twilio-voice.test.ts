import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DOMParser } from '@xmldom/xmldom';
import type { Delivery } from '../../../core/delivery.ts';
import { spoken } from '../../page/spoken.ts';
import { context, describeNotifier } from '../../testing/describe-notifier.ts';
import { HOSTILE_TEXT, notification } from '../../testing/notification.ts';
import { AUTH, actionOf, type MadeCall, PUBLIC_URL, SID, twilioPeer } from '../../testing/peers/twilio.ts';
import { type VendorServer, vendorServer } from '../../testing/peers/vendor-server.ts';
import { channel } from './index.ts';

const ANSWERS = `${PUBLIC_URL}/api/v1/answers/call-kim`;
const reachable = { ...context, answerUrl: ANSWERS };

const made: MadeCall[] = [];
const twilio = twilioPeer(made);
const call = (sid: string, date: Date): MadeCall => ({
  sid,
  to: '+12025550101',
  from: '+12025550100',
  twiml: '',
  body: '',
  status_callback: null,
  date_created: date.toUTCString(),
});

const settings = (url: string, over: object = {}) => ({
  name: 'call-kim',
  type: 'twilio-voice',
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
const lookupOf = (delivery: Delivery) => {
  if (delivery.status !== 'ambiguous') throw new Error(`expected ambiguous, got ${delivery.status}`);
  return delivery.lookup();
};

const texts = (twiml: string) =>
  Array.from(new DOMParser().parseFromString(twiml, 'text/xml').getElementsByTagName('Say'), (say) => [
    say.getAttribute('language'),
    say.textContent,
  ]);

test('speaks the page three times; without an address for keys it offers none', async () => {
  const notifier = channel.create(settings(server.url), context);
  expect(await notifier.notify(notification(), soon())).toEqual({ status: 'accepted', providerRef: made[0]!.sid });
  expect(texts(made[0]!.twiml).map(([, text]) => text)).toEqual(Array(3).fill(notification().page.speech));
  expect(actionOf(made[0]!.twiml)).toBeNull();
  expect(made[0]!.status_callback).toBeNull();
});

test('takes a key at any word, and says whom 5 goes to', async () => {
  const notifier = channel.create(settings(server.url), reachable);
  const page = { ...notification().page, escalates_to: 'user:minsu' };
  await notifier.notify(notification({ page }), soon());
  const { id } = notification().incident;
  expect(actionOf(made[0]!.twiml)).toContain(`${ANSWERS}?on=key&incident=${id}&placed=`);
  expect(made[0]!.status_callback).toContain(`${ANSWERS}?on=status&incident=${id}&placed=`);
  expect(made[0]!.twiml).toMatch(/^<Response><Gather [^>]*><Say/);
  expect(texts(made[0]!.twiml).slice(0, 2)).toEqual([
    ['en-US', page.speech],
    ['en-US', 'Press 4 to acknowledge, 5 to escalate to minsu, 6 to resolve, star to hear it again.'],
  ]);
  expect(texts(made[0]!.twiml).at(-1)![1]).toContain('nobody has taken it yet');
});

test('a test takes no keys: there is nothing to acknowledge', async () => {
  await channel.create(settings(server.url), reachable).notify(notification({ event: 'test' }), soon());
  expect(actionOf(made[0]!.twiml)).toBeNull();
});

test('a public address that Twilio cannot reach costs the keys, not the call', async () => {
  const local = { ...context, answerUrl: 'http://localhost:4000/api/v1/answers/call-kim' };
  const delivery = await channel.create(settings(server.url), local).notify(notification(), soon());
  expect(delivery.status).toBe('accepted');
  expect(actionOf(made[0]!.twiml)).toBeNull();
});

test('an address that Twilio refuses costs the keys, not the call', async () => {
  const insecure = { ...context, answerUrl: 'http://ringdown.example.com/api/v1/answers/call-kim' };
  const delivery = await channel.create(settings(server.url), insecure).notify(notification(), soon());
  expect(delivery).toEqual({ status: 'accepted', providerRef: made[0]!.sid });
  expect(server.calls).toHaveLength(2);
  expect(actionOf(made[0]!.twiml)).toBeNull();
});

test('each stretch is read in its own language: the menu in that of the channel, names and errors as they are written', async () => {
  const korean = settings(server.url, { language: 'ko-KR', voice: 'Polly.Seoyeon' });
  const page = {
    ...notification().page,
    speech: 'Priority one. Reference API, production. 글쓰기 실패 fails: status 500.',
  };
  await channel.create(korean, reachable).notify(notification({ page }), soon());
  expect(texts(made[0]!.twiml).slice(0, 5)).toEqual([
    ['ko-KR', '우선순위 일.'],
    ['en-US', 'Reference API, production. '],
    ['ko-KR', '글쓰기 실패 '],
    ['en-US', 'fails: status 500.'],
    ['ko-KR', '확인하시려면 4번, 종료하시려면 6번, 다시 들으시려면 별표를 눌러 주세요.'],
  ]);
  expect(made[0]!.twiml).toContain('<Say language="ko-KR" voice="Polly.Seoyeon">우선순위');
  expect(made[0]!.twiml).not.toContain('<Say language="en-US" voice');
});

test.each([
  ['ko-KR', 'ko-KR'],
  ['ko', 'ko-KR'],
  ['en', 'en-US'],
  ['de', 'de-DE'],
  ['tlh', 'en-US'],
  [null, 'en-US'],
])('a person of language %s hears the menu in %s, unless the channel names another', async (language, heard) => {
  const person = { ...reachable, language };
  await channel.create(settings(server.url), person).notify(notification(), soon());
  expect(texts(made[0]!.twiml)[heard === 'en-US' ? 0 : 2]![0]).toBe(heard);
  expect(new URL(actionOf(made[0]!.twiml)!).searchParams.get('language')).toBe(language);
  await channel.create(settings(server.url, { language: 'fr-FR' }), person).notify(notification(), soon());
  expect(texts(made[1]!.twiml)[2]![0]).toBe('fr-FR');
});

test('a language without phrases of its own is read in English by an English voice', async () => {
  await channel.create(settings(server.url, { language: 'it-IT' }), reachable).notify(notification(), soon());
  expect(new Set(texts(made[0]!.twiml).map(([language]) => language))).toEqual(new Set(['en-US']));
});

test('what the service answered is not read out, unless that is allowed', async () => {
  const message = '$.email is "kim@example.com", expected "a"';
  const { incident, page } = notification();
  const cause = { ...incident.cause, message, expected: '"a"', actual: '"kim@example.com"' };
  const speech = `Reading fails: ${spoken(message)}.`;
  for (const include_bodies of [false, true]) {
    const told = notification({ page: { ...page, speech } }, { cause });
    await channel.create(settings(server.url, { include_bodies }), context).notify(told, soon());
    expect(made.at(-1)!.twiml.includes('kim@')).toBe(include_bodies);
  }
});

test('an unclear answer is looked up: a call that was made is not made again', async () => {
  const notifier = channel.create(settings(server.url), context);
  made.push(call('CAmade', new Date()));
  server.mood = 'resetting';
  const delivery = await notifier.notify(notification(), soon());
  server.mood = 'normal';
  expect(await lookupOf(delivery)).toEqual({ status: 'accepted', providerRef: 'CAmade' });
});

test('a call that was never made is retryable, and calls of other notifications do not count', async () => {
  const notifier = channel.create(settings(server.url), context);
  await notifier.notify(notification(), soon());
  server.mood = 'hanging';
  const delivery = await notifier.notify(notification({ delivery_id: 'another' }), AbortSignal.timeout(200));
  server.mood = 'normal';
  expect(await lookupOf(delivery)).toMatchObject({ status: 'retryable' });
});

test('after a restart it looks for the call of that very attempt, not for one before or of another incident', async () => {
  const notifier = channel.create(settings(server.url), context);
  const since = Date.parse('2026-11-23T03:07:00Z');
  made.push(call('CAbefore', new Date('2026-11-23T03:05:00Z')), call('CAother', new Date('2026-11-23T03:07:01Z')));
  const attempt = { since, others: new Set(['CAother']) };
  expect(await notifier.lookup!(notification(), attempt, soon())).toMatchObject({ status: 'retryable' });
  made.push(call('CAours', new Date('2026-11-23T03:07:02Z')));
  expect(await notifier.lookup!(notification(), attempt, soon())).toEqual({
    status: 'accepted',
    providerRef: 'CAours',
  });
});

test('while Twilio does not answer the lookup, the answer stays unclear', async () => {
  const notifier = channel.create(settings(server.url), context);
  server.mood = 'failing';
  const delivery = await notifier.notify(notification(), soon());
  expect(await lookupOf(delivery)).toMatchObject({ status: 'ambiguous' });
});

test('hostile text stays text, by the judgement of a real XML parser', async () => {
  const notifier = channel.create(settings(server.url), context);
  const page = { ...notification().page, speech: HOSTILE_TEXT };
  await notifier.notify(notification({ page }), soon());
  const { documentElement } = new DOMParser().parseFromString(made[0]!.twiml, 'text/xml');
  const tags = Array.from(documentElement!.childNodes, (node) => node.nodeName);
  expect(new Set(tags)).toEqual(new Set(['Say', 'Pause']));
  expect(documentElement!.textContent).toContain('</Say><Dial>+1900</Dial>');
});

test('the contact card is one that a phone takes', () => {
  const card = channel.contactCard!(settings(server.url));
  const lines = card.split('\r\n');
  expect(lines.slice(0, 2)).toEqual(['BEGIN:VCARD', 'VERSION:3.0']);
  expect(card.endsWith('END:VCARD\r\n')).toBe(true);
  expect(lines).toContain('TEL;TYPE=VOICE,CELL,PREF:+12025550100');
  expect(lines).toContain('FN:Ringdown');
  for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
  expect(card.replaceAll('\r\n ', '')).toContain('Emergency Bypass for ringtone and texts\\, so that');
});

test('calls are counted by account, one a second', () => {
  const limit = channel.rateLimit!(settings('http://x'));
  expect(limit).toEqual({ key: expect.stringMatching(/^twilio-voice:[0-9a-f]+$/), per_minute: 60 });
  expect(channel.rateLimit!(settings('http://y', { to: '+12025550199' }))).toEqual(limit);
});
