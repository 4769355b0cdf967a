import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DOMParser } from '@xmldom/xmldom';
import type { Delivery } from '../../../core/delivery.ts';
import { context, describeNotifier } from '../../testing/describe-notifier.ts';
import { HOSTILE_TEXT, notification } from '../../testing/notification.ts';
import { type VendorCall, type VendorServer, vendorServer } from '../../testing/peers/vendor-server.ts';
import { channel } from './index.ts';

const SID = 'AC00000000000000000000000000000001';
const AUTH = 'auth-token-canary';
const E164 = /^\+[1-9]\d{1,14}$/;

let made: { sid: string; to: string; from: string; date_created: string; twiml: string }[] = [];

/** Stand-in for Twilio's Calls resource: basic auth, form encoding, E.164 numbers, well-formed TwiML of at most 4,000 characters. */
function twilio(call: VendorCall) {
  const error = (status: number, code: number, message: string) => ({
    status,
    body: JSON.stringify({ code, message, status }),
  });
  const credentials = Buffer.from(`${SID}:${AUTH}`).toString('base64');
  if (call.headers.authorization !== `Basic ${credentials}`) return error(401, 20003, 'Authenticate');
  if (call.path !== `/2010-04-01/Accounts/${SID}/Calls.json`) return error(404, 20404, 'Not found');
  if (call.method === 'GET') {
    const calls = made.filter(({ to, from }) => to === call.query.get('To') && from === call.query.get('From'));
    return { status: 200, body: JSON.stringify({ calls: calls.toReversed() }) };
  }
  if (call.headers['content-type'] !== 'application/x-www-form-urlencoded') return error(400, 21201, 'No To number');
  const form = new URLSearchParams(call.body);
  const [to, from, twiml] = [form.get('To') ?? '', form.get('From') ?? '', form.get('Twiml') ?? ''];
  if (!E164.test(to) || !E164.test(from)) return error(400, 21211, 'invalid number');
  if (twiml.length > 4_000 || !wellFormed(twiml)) return error(400, 12100, 'Document parse failure');
  const sid = `CA${String(made.length).padStart(32, '0')}`;
  made.push({ sid, to, from, twiml, date_created: new Date().toUTCString() });
  return { status: 201, body: JSON.stringify({ sid, status: 'queued' }) };
}

/** Only what the channel may say: Response of Say and Pause, with escaped text. */
function wellFormed(twiml: string): boolean {
  const text = '(?:[^<>&]|&(?:amp|lt|gt|quot);)*';
  const verb = `(?:<Say language="[a-z]{2,3}-[A-Z]{2}">${text}</Say>|<Pause length="2"/>)`;
  return (
    new RegExp(`^<Response>${verb}+</Response>$`).test(twiml) && !/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(twiml)
  );
}

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
  made = [];
  server = await vendorServer(twilio);
});
afterEach(() => server.close());

const soon = () => AbortSignal.timeout(5_000);
const lookupOf = (delivery: Delivery) => {
  if (delivery.status !== 'ambiguous') throw new Error(`expected ambiguous, got ${delivery.status}`);
  return delivery.lookup();
};

test('speaks the page three times in the voice of the language that was asked for', async () => {
  const notifier = channel.create(settings(server.url, { language: 'ko-KR' }), context);
  expect(await notifier.notify(notification(), soon())).toEqual({ status: 'accepted', providerRef: made[0]!.sid });
  expect(made[0]!.twiml.match(/<Say language="ko-KR">Priority one\. Reference API/g)).toHaveLength(3);
});

test('an unclear answer is looked up: a call that was made is not made again', async () => {
  const notifier = channel.create(settings(server.url), context);
  made.push({
    sid: 'CAmade',
    to: '+12025550101',
    from: '+12025550100',
    twiml: '',
    date_created: new Date().toUTCString(),
  });
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
  const call = (sid: string, date: string) => ({
    sid,
    to: '+12025550101',
    from: '+12025550100',
    twiml: '',
    date_created: new Date(date).toUTCString(),
  });
  made.push(call('CAbefore', '2026-11-23T03:05:00Z'), call('CAother', '2026-11-23T03:07:01Z'));
  const attempt = { since, others: new Set(['CAother']) };
  expect(await notifier.lookup!(notification(), attempt, soon())).toMatchObject({ status: 'retryable' });
  made.push(call('CAours', '2026-11-23T03:07:02Z'));
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
  expect(tags).toEqual(['Say', 'Pause', 'Say', 'Pause', 'Say']);
});
