import { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Signal } from '../../exporter.ts';
import { encodeJson } from '../../otlp/index.ts';
import { samplePayload } from '../../otlp/testing/foreign-payloads.ts';
import { SpoolUnavailable } from '../spool/group-queue.ts';
import { OtlpHttp } from './otlp-http.ts';
import { type IntakeAtHand, intakeForTests, until } from './testing/intake.ts';

const SIGNALS: Signal[] = ['traces', 'metrics', 'logs'];
const PROTOBUF = { 'content-type': 'application/x-protobuf' };
const JSON_TYPE = { 'content-type': 'application/json' };
let receiver: OtlpHttp;
let url: string;
let at: IntakeAtHand;

async function listen(options: { token?: string; maxConnections?: number } = {}): Promise<void> {
  at = intakeForTests(options.token);
  receiver = new OtlpHttp({ host: '127.0.0.1', port: 0, intake: at.intake, ...options });
  url = `http://127.0.0.1:${await receiver.listen()}`;
}

beforeEach(() => listen());
afterEach(() => receiver.close(AbortSignal.abort()));

function post(path: string, body: Uint8Array | string, headers: Record<string, string>): Promise<Response> {
  return fetch(`${url}${path}`, { method: 'POST', headers, body: body as Uint8Array<ArrayBuffer> });
}

describe('an OTLP request', () => {
  test.each(SIGNALS)(
    'of %s is taken as protobuf and as JSON, plain, gzip and deflate; the spool gets the same bytes',
    async (signal) => {
      const { protobuf, json } = samplePayload(signal, 5);
      for (const [headers, body] of [
        [PROTOBUF, protobuf],
        [JSON_TYPE, Buffer.from(JSON.stringify(json))],
      ] as const) {
        for (const [encoding, encoded] of [
          ['identity', body],
          ['gzip', gzipSync(body)],
          ['deflate', deflateSync(body)],
        ] as const) {
          const response = await post(`/v1/${signal}`, encoded, { ...headers, 'content-encoding': encoding });
          expect([response.status, response.headers.get('content-type')]).toEqual([200, headers['content-type']]);
          expect(await response.text()).toBe(headers === JSON_TYPE ? '{}' : '');
        }
      }
      expect(at.taken.length).toBe(6);
      for (const record of at.taken)
        expect(record).toMatchObject({ signal, encoding: 'otlp', items: 5, receivedAt: 1234 });
      expect(Buffer.from(at.taken[0]!.bytes)).toEqual(Buffer.from(protobuf));
      expect(at.intake.requests).toBe(6);
      expect(at.intake.refused).toBe(0);
    },
  );

  test('is not answered before it is durable', async () => {
    const taken = Promise.withResolvers<() => void>();
    at.append = () => new Promise((resolve) => taken.resolve(resolve as () => void));
    let answered = false;
    const response = post('/v1/logs', samplePayload('logs', 1).protobuf, PROTOBUF).then((answer) => {
      answered = true;
      return answer;
    });
    const durable = await taken.promise;
    // An answer that does not wait would come now.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(answered).toBe(false);
    durable();
    expect((await response).status).toBe(200);
  });

  test('with some invalid spans is a partial success in its own encoding, and the rest is kept', async () => {
    const good = { traceId: '01'.repeat(16), spanId: '02'.repeat(8), name: 'good' };
    const json = { resourceSpans: [{ scopeSpans: [{ spans: [good, { name: 'no ids' }] }] }] };
    const answer = await post('/v1/traces', JSON.stringify(json), JSON_TYPE);
    expect(await answer.json()).toMatchObject({
      partialSuccess: { rejectedSpans: '1', errorMessage: expect.stringContaining('trace id') },
    });
    const binary = Buffer.from(await (await post('/v1/traces', encodeJson('traces', json), PROTOBUF)).arrayBuffer());
    // partial_success (1) with rejected_spans (1) = 1 and error_message (2).
    expect([binary[0], binary[2], binary[3], binary[4]]).toEqual([0x0a, 0x08, 1, 0x12]);
    expect(at.taken.map(({ items }) => items)).toEqual([1, 1]);
  });
});

describe('what is not taken', () => {
  test.each([
    ['GET', '/v1/traces', 405],
    ['PUT', '/v1/logs', 405],
    ['POST', '/v1/profiles', 404],
    ['GET', '/', 404],
  ])('%s %s is %i', async (method, path, status) => {
    expect((await fetch(url + path, { method, headers: PROTOBUF })).status).toBe(status);
  });

  test('another content type or encoding is 415, garbage is 400 with a google.rpc.Status in the request encoding', async () => {
    expect((await post('/v1/traces', 'x', { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post('/v1/traces', 'x', { ...PROTOBUF, 'content-encoding': 'br' })).status).toBe(415);
    expect((await post('/v1/traces', 'not gzip', { ...PROTOBUF, 'content-encoding': 'gzip' })).status).toBe(400);
    const json = await post('/v1/traces', '{"resourceSpans": [', JSON_TYPE);
    expect(json.status).toBe(400);
    expect(await json.json()).toMatchObject({ code: 3, message: expect.stringContaining('not JSON') });
    expect((await post('/v1/traces', '{"resourceSpans": {}}', JSON_TYPE)).status).toBe(400);
    const binary = await post('/v1/traces', Buffer.from([0xff, 0xff, 0xff]), PROTOBUF);
    expect([binary.status, binary.headers.get('content-type')]).toEqual([400, 'application/x-protobuf']);
    expect(Buffer.from(await binary.arrayBuffer()).subarray(0, 3)).toEqual(Buffer.from([0x08, 3, 0x12]));
    expect(at.taken).toEqual([]);
  });

  test('nothing but nesting is 400, and no parser sees it', async () => {
    const parse = jest.spyOn(JSON, 'parse');
    for (const deep of ['[', '{"a":', '[{"a":']) {
      const body = deep.repeat(Math.floor(1e6 / deep.length));
      const answer = await post('/v1/traces', body, JSON_TYPE);
      expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('nested too deep')]);
    }
    expect(parse).not.toHaveBeenCalled();
    parse.mockRestore();
    const wide = JSON.stringify({ resourceSpans: [], text: '[{"\\"'.repeat(10_000), list: Array(10_000).fill([{}]) });
    expect((await post('/v1/traces', wide, JSON_TYPE)).status).toBe(200);
  });

  test('more than 200,000 items are 400, however small', async () => {
    const list = (count: number) => `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${Array(count).fill('{}')}]}]}]}`;
    const answer = await post('/v1/logs', list(200_001), JSON_TYPE);
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('at most 200000 items')]);
    const binary = encodeJson('logs', JSON.parse(list(200_001)));
    const refused = await post('/v1/logs', binary, PROTOBUF);
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('more than 200000 items')]);
    expect((await post('/v1/logs', list(200_000), JSON_TYPE)).status).toBe(200);
    expect(at.taken.map(({ items }) => items)).toEqual([200_000]);
  });

  test('50 MB are 413, declared or streamed, and the next request is served', async () => {
    const big = Buffer.alloc(50 << 20);
    expect((await post('/v1/traces', big, PROTOBUF)).status).toBe(413);
    const streamed = new ReadableStream({
      start(controller) {
        for (let part = 0; part < 50; part++) controller.enqueue(big.subarray(0, 1 << 20));
        controller.close();
      },
    });
    const init = { method: 'POST', headers: PROTOBUF, body: streamed, duplex: 'half' } as RequestInit;
    expect((await fetch(`${url}/v1/traces`, init)).status).toBe(413);
    expect((await post('/v1/traces', samplePayload('traces', 1).protobuf, PROTOBUF)).status).toBe(200);
  });

  test('a gzip bomb is 413 and costs no more than the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(64 << 20));
    const before = process.memoryUsage().arrayBuffers;
    expect((await post('/v1/traces', bomb, { ...PROTOBUF, 'content-encoding': 'gzip' })).status).toBe(413);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 << 20);
  });

  test('a spool that cannot write is 503, a busy one 429, both with Retry-After', async () => {
    const { protobuf } = samplePayload('logs', 1);
    at.append = () => Promise.reject(new SpoolUnavailable('failed', new Error('ENOSPC')));
    const full = await post('/v1/logs', protobuf, PROTOBUF);
    expect([full.status, Number(full.headers.get('retry-after')) > 0]).toEqual([503, true]);
    at.append = () => Promise.reject(new SpoolUnavailable('busy'));
    const busy = await post('/v1/logs', protobuf, PROTOBUF);
    expect([busy.status, Number(busy.headers.get('retry-after')) > 0]).toEqual([429, true]);
  });

  test('without the token everything is 401', async () => {
    await receiver.close(AbortSignal.abort());
    await listen({ token: 'secret' });
    const { protobuf } = samplePayload('traces', 1);
    expect((await post('/v1/traces', protobuf, PROTOBUF)).status).toBe(401);
    expect((await post('/v1/traces', protobuf, { ...PROTOBUF, authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await post('/v1/traces', protobuf, { ...PROTOBUF, authorization: 'Bearer secret' })).status).toBe(200);
  });

  test('a web page is refused, whatever host name it reached the relay by', async () => {
    const { json } = samplePayload('logs', 1);
    for (const origin of ['https://evil.example', 'null']) {
      expect((await post('/v1/logs', JSON.stringify(json), { ...JSON_TYPE, origin })).status).toBe(403);
    }
    const preflight = await fetch(`${url}/v1/logs`, { method: 'OPTIONS', headers: { origin: 'https://evil.example' } });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
    expect(at.taken).toEqual([]);
  });

  test('bodies that wait for the spool count against what all requests may hold', async () => {
    const waiting: (() => void)[] = [];
    at.append = () => new Promise((resolve) => waiting.push(resolve));
    const json = samplePayload('logs', 1).json as object;
    // Unknown keys are passed over, so this is a body of nearly the limit.
    const body = JSON.stringify({ ...json, filler: 'x'.repeat((1 << 20) - 10_000) });
    const answers: Promise<number>[] = [];
    while (answers.length < 8) {
      answers.push(post('/v1/logs', body, JSON_TYPE).then(({ status }) => status));
      while (waiting.length < answers.length) await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await post('/v1/logs', body, JSON_TYPE)).status).toBe(429);
    for (const durable of waiting) durable();
    expect(await Promise.all(answers)).toEqual(Array(8).fill(200));
    at.append = async () => undefined;
    expect((await post('/v1/logs', body, JSON_TYPE)).status).toBe(200);
  });

  test('what compressed bodies become counts as well: many small bombs hold no more than a few bodies', async () => {
    const waiting: (() => void)[] = [];
    at.append = () => new Promise((resolve) => waiting.push(resolve));
    const json = samplePayload('logs', 1).json as object;
    const bomb = gzipSync(JSON.stringify({ ...json, filler: 'x'.repeat((1 << 20) - 20_000) }));
    expect(bomb.length).toBeLessThan(4_000);
    const gzip = { ...JSON_TYPE, 'content-encoding': 'gzip' };
    const answers = Array.from({ length: 40 }, () => post('/v1/logs', bomb, gzip).then(({ status }) => status));
    await until(() => at.intake.refused + waiting.length === 40);
    expect(waiting).toHaveLength(8);
    for (const durable of waiting) durable();
    expect((await Promise.all(answers)).sort()).toEqual([...Array(8).fill(200), ...Array(32).fill(429)]);
    at.append = async () => undefined;
    expect((await post('/v1/logs', bomb, gzip)).status).toBe(200);
  });

  test('connections past the limit are closed, and those that are open go on', async () => {
    await receiver.close(AbortSignal.abort());
    await listen({ maxConnections: 3 });
    const sockets = Array.from({ length: 10 }, () => connect(Number(new URL(url).port), '127.0.0.1'));
    const closed = sockets.map(
      (socket) => new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve)),
    );
    await Promise.all(closed.slice(3));
    expect(sockets.slice(0, 3).every(({ destroyed }) => !destroyed)).toBe(true);
    for (const socket of sockets) socket.destroy();
    await Promise.all(closed);
    expect((await post('/v1/traces', samplePayload('traces', 1).protobuf, PROTOBUF)).status).toBe(200);
  });

  test('a sender that goes away in mid-body leaves nothing behind', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    socket.write(
      'POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: 1000\r\n\r\nabc',
    );
    await new Promise<void>((resolve) => setImmediate(resolve));
    socket.destroy();
    await new Promise<void>((resolve) => socket.once('close', () => resolve()));
    expect((await post('/v1/traces', samplePayload('traces', 1).protobuf, PROTOBUF)).status).toBe(200);
    expect(at.taken.length).toBe(1);
  });
});
