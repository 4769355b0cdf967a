import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { inbound as alertmanager } from '../../alerts/inbound/alertmanager/index.ts';
import { type TestReceiver, TOKEN, testReceiver } from '../../alerts/inbound/testing/desk.ts';
import { controlWith } from '../testing/control-with.ts';
import { LARGEST_ALERT_BODY } from './inbound.ts';

let app: FastifyInstance;
let log: string[];
let it: TestReceiver;

beforeAll(async () => {
  ({ app, log } = await controlWith({ inbound: { receive: (...sent) => it.receiver.receive(...sent) } }));
});
afterAll(() => app.close());

beforeEach(async () => {
  log.length = 0;
  it = await testReceiver(alertmanager, { name: 'source', type: 'alertmanager', token: TOKEN });
});
afterEach(() => it.receiver.shutdown(AbortSignal.abort()));

const ALERT = { status: 'firing', labels: { alertname: 'Down' }, startsAt: '2026-11-23T03:04:05Z', fingerprint: 'f1' };
const BODY = JSON.stringify({ version: '4', alerts: [ALERT] });
const post = (payload: string | Buffer, headers: Record<string, string> = {}, url = '/api/v1/inbound/source') =>
  app.inject({ method: 'POST', url, payload, headers: { authorization: `Bearer ${TOKEN}`, ...headers } });

test('an alert is taken, whatever media type its sender names', async () => {
  for (const type of ['application/json', 'text/plain; charset=UTF-8', 'application/x-www-form-urlencoded', 'x/y']) {
    const answer = await post(BODY, { 'content-type': type });
    expect([type, answer.statusCode]).toEqual([type, 200]);
  }
  expect(it.observed).toHaveLength(1);
  expect((await post(BODY)).json()).toEqual({ status: 'taken', alerts: 1, changed: 0, skipped: [] });
});

test('a token in the address opens, and never stands in the log', async () => {
  const url = `/api/v1/inbound/source?token=${TOKEN}`;
  const headers = { authorization: '' };
  expect((await post(BODY, headers, url)).statusCode).toBe(200);
  expect((await post('{', headers, url)).statusCode).toBe(400);
  expect((await post(BODY, headers, `${url}x`)).statusCode).toBe(401);
  it.deskError = new Error('a bug');
  const other = JSON.stringify({ alerts: [{ ...ALERT, fingerprint: 'f2' }] });
  expect((await post(other, headers, url)).statusCode).toBe(500);
  expect(log.join('')).toContain('a bug');
  expect(log.join('')).not.toContain(TOKEN);
  expect(
    (await app.inject({ url: `/api/v1/inbound?token=${TOKEN}`, headers: { authorization: `Bearer x` } })).body,
  ).not.toContain(TOKEN);
});

test('a wrong token and an unknown source look the same, and not even a cookie helps', async () => {
  const wrong = await post(BODY, { authorization: 'Bearer wrong' });
  const unknown = await post(BODY, {}, '/api/v1/inbound/nobody');
  expect([wrong.statusCode, wrong.body]).toEqual([unknown.statusCode, unknown.body]);
  expect(wrong.json()).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
  expect(wrong.headers['content-type']).toContain('application/problem+json');
  expect(it.observed).toEqual([]);
});

test('malformed JSON is a problem that says where', async () => {
  const answer = await post('{\n  "alerts": [,]\n}');
  expect(answer.json()).toMatchObject({
    status: 400,
    code: 'MALFORMED',
    detail: 'the body is not JSON: it goes wrong at line 2, column 14',
  });
  expect((await post('')).json()).toMatchObject({ status: 400, detail: expect.stringContaining('empty') });
  expect((await post(Buffer.from([0x7b, 0xff, 0x7d]))).json()).toMatchObject({ detail: 'the body is not UTF-8' });
});

test('a body of one MiB is read, a longer one is 413', async () => {
  const padded = (length: number) => BODY.padEnd(length, ' ');
  expect((await post(padded(LARGEST_ALERT_BODY))).statusCode).toBe(200);
  expect((await post(padded(LARGEST_ALERT_BODY + 1))).statusCode).toBe(413);
});

test('what may not be carried out says so: 429 when a source has too many alerts, 503 when it cannot now', async () => {
  const receipts = [{ status: 'too_many' as const }, { status: 'unavailable' as const, reason: 'later' }];
  const other = await controlWith({ inbound: { receive: async () => receipts.shift()! } });
  const ask = async () =>
    (await other.app.inject({ method: 'POST', url: '/api/v1/inbound/x', payload: BODY })).statusCode;
  expect([await ask(), await ask()]).toEqual([429, 503]);
  await other.app.close();
});
