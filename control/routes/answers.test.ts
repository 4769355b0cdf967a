import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import type { AnswerReceipt } from '../../alerts/inbound/answers.ts';
import type { InboundRequest } from '../../alerts/inbound/inbound.ts';
import { controlWith } from '../testing/control-with.ts';

let app: FastifyInstance;
let asked: [string, InboundRequest][];
let receipt: AnswerReceipt;

beforeEach(() => {
  asked = [];
  receipt = { status: 'taken', reply: null };
});
beforeAll(async () => {
  const answer = async (channel: string, request: InboundRequest) => {
    asked.push([channel, request]);
    return receipt;
  };
  ({ app } = await controlWith({ answers: { answer } }));
});
afterAll(() => app.close());

const post = (payload: string | Buffer, contentType = 'application/x-www-form-urlencoded', query = '') =>
  app.inject({
    method: 'POST',
    url: `/api/v1/answers/call-kim${query}`,
    headers: { 'content-type': contentType, 'x-twilio-signature': 'abc=' },
    payload,
  });

test('a vendor’s request reaches the channel byte for byte, with the address that the vendor signed', async () => {
  const body = Buffer.from('Digits=4&Caller=%2B1\r\n\u0000ä');
  expect((await post(body, undefined, '?on=key&incident=inc-1&on=other')).statusCode).toBe(200);
  const [channel, request] = asked[0]!;
  expect(channel).toBe('call-kim');
  expect(request).toMatchObject({
    method: 'POST',
    url: '/api/v1/answers/call-kim?on=key&incident=inc-1&on=other',
    publicUrl: 'https://ringdown.example.com/api/v1/answers/call-kim?on=key&incident=inc-1&on=other',
    query: { on: 'key', incident: 'inc-1' },
    headers: { 'x-twilio-signature': 'abc=' },
  });
  expect(request.rawBody.equals(body)).toBe(true);
});

test('the vendor gets the reply in its own format', async () => {
  receipt = { status: 'taken', reply: { content_type: 'text/xml; charset=utf-8', body: '<Response/>' } };
  const answer = await post('Digits=4');
  expect(answer.headers['content-type']).toBe('text/xml; charset=utf-8');
  expect(answer.body).toBe('<Response/>');
});

test('what is not believed is 401 without detail, what is not understood 400', async () => {
  receipt = { status: 'refused', refused: 'unauthentic', reason: 'the signature does not match' };
  const refused = await post('Digits=4');
  expect(refused.statusCode).toBe(401);
  expect(refused.body).not.toContain('does not match');
  receipt = { status: 'refused', refused: 'malformed', reason: 'the body is no form' };
  expect((await post('x')).json()).toMatchObject({ status: 400, detail: 'the body is no form' });
});

test('what is not on disk, and nobody else would say so, is 503: vendors send it again or show an error', async () => {
  receipt = { status: 'unavailable', reason: 'send it again' };
  expect((await post('Digits=4')).json()).toMatchObject({ status: 503, code: 'NOT_WRITTEN' });
});

test('a body beyond 256 KiB is 413 and reaches nobody', async () => {
  expect((await post('x'.repeat(262_145))).statusCode).toBe(413);
  expect(asked).toEqual([]);
});
