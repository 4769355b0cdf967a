import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import * as grpc from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import protobuf from 'protobufjs';
import type { Signal } from '../../exporter.ts';
import { encodeJson } from '../../otlp/index.ts';
import { samplePayload } from '../../otlp/testing/foreign-payloads.ts';
import { SpoolUnavailable } from '../spool/group-queue.ts';
import { OtlpGrpc } from './otlp-grpc.ts';
import { type IntakeAtHand, intakeForTests, until } from './testing/intake.ts';

const { NGHTTP2_CANCEL } = constants;
const SIGNALS: Signal[] = ['traces', 'metrics', 'logs'];
const SERVICES = { traces: 'trace.v1.TraceService', metrics: 'metrics.v1.MetricsService', logs: 'logs.v1.LogsService' };
const path = (signal: Signal) => `/opentelemetry.proto.collector.${SERVICES[signal]}/Export`;

/** google.rpc.Status and what it holds here, read by code that is not ours. */
const { root } = protobuf.parse(`
syntax = "proto3";
message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
message Any { string type_url = 1; bytes value = 2; }
message RetryInfo { Duration retry_delay = 1; }
message Duration { int64 seconds = 1; int32 nanos = 2; }
`);

let receiver: OtlpGrpc;
let at: IntakeAtHand;
let port: number;
const clients: grpc.Client[] = [];

async function listen(options: { token?: string; maxConnections?: number } = {}): Promise<void> {
  at = intakeForTests(options.token);
  receiver = new OtlpGrpc({ host: '127.0.0.1', port: 0, intake: at.intake, ...options });
  port = await receiver.listen();
}

beforeEach(() => listen());
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await receiver.close(AbortSignal.abort());
});

function client(options: grpc.ClientOptions = {}): grpc.Client {
  const made = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    ...options,
  });
  clients.push(made);
  return made;
}

interface Answer {
  code: number;
  details: string;
  message: Buffer | undefined;
  metadata: grpc.Metadata;
}

/** Calls as any generated client does, with bytes for messages. */
function call(by: grpc.Client, method: string, message: Uint8Array, metadata = new grpc.Metadata()): Promise<Answer> {
  return new Promise((resolve) => {
    const plain = (bytes: Buffer) => bytes;
    by.makeUnaryRequest(method, plain, plain, Buffer.from(message), metadata, (error, answer) => {
      if (error) resolve({ code: error.code, details: error.details, message: undefined, metadata: error.metadata });
      else resolve({ code: 0, details: '', message: answer, metadata: new grpc.Metadata() });
    });
  });
}

describe('a call of grpc-js', () => {
  test.each(SIGNALS)('with %s is taken, plain and gzip; the spool gets the same bytes', async (signal) => {
    const { protobuf: bytes } = samplePayload(signal, 5);
    const gzip = client({ 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip });
    for (const by of [client(), gzip]) {
      expect(await call(by, path(signal), bytes)).toMatchObject({ code: 0, message: Buffer.alloc(0) });
    }
    expect(at.taken).toHaveLength(2);
    for (const record of at.taken) {
      expect(record).toMatchObject({ signal, encoding: 'otlp', items: 5, receivedAt: 1234 });
      expect(Buffer.from(record.bytes).equals(Buffer.from(bytes))).toBe(true);
    }
    expect([at.intake.requests, at.intake.refused]).toEqual([2, 0]);
  });

  test('of nearly a megabyte, and fifty at a time, go through', async () => {
    const by = client();
    const { protobuf: large } = samplePayload('traces', 4_000);
    expect(large.length).toBeGreaterThan(800_000);
    expect((await call(by, path('traces'), large)).code).toBe(0);
    const { protobuf: small } = samplePayload('logs', 1);
    const answers = await Promise.all(Array.from({ length: 50 }, () => call(by, path('logs'), small)));
    expect(new Set(answers.map(({ code }) => code))).toEqual(new Set([0]));
    expect(at.taken.map(({ items }) => items)).toEqual([4_000, ...Array(50).fill(1)]);
  });

  test('is not answered before it is durable', async () => {
    let durable: () => void = () => undefined;
    at.append = (record) => {
      at.taken.push(record);
      return new Promise((resolve) => {
        durable = resolve;
      });
    };
    let answered = false;
    const answer = call(client(), path('logs'), samplePayload('logs', 1).protobuf).then((got) => {
      answered = true;
      return got;
    });
    await until(() => at.taken.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(answered).toBe(false);
    durable();
    expect((await answer).code).toBe(0);
  });

  test('with some invalid spans is a partial success, and the rest is kept', async () => {
    const good = { traceId: '01'.repeat(16), spanId: '02'.repeat(8), name: 'good' };
    const bytes = encodeJson('traces', { resourceSpans: [{ scopeSpans: [{ spans: [good, { name: 'no ids' }] }] }] });
    const { message } = await call(client(), path('traces'), bytes);
    expect([message![0], message![2], message![3], message![4]]).toEqual([0x0a, 0x08, 1, 0x12]);
    expect(at.taken.map(({ items }) => items)).toEqual([1]);
  });

  test('to a method that is not there is UNIMPLEMENTED', async () => {
    const by = client();
    for (const method of ['/opentelemetry.proto.collector.profiles.v1.ProfilesService/Export', '/a/b']) {
      expect(await call(by, method, Buffer.alloc(0))).toMatchObject({ code: grpc.status.UNIMPLEMENTED });
    }
  });

  test('without the token is UNAUTHENTICATED', async () => {
    await receiver.close(AbortSignal.abort());
    await listen({ token: 'secret' });
    const by = client();
    const { protobuf: bytes } = samplePayload('traces', 1);
    const withToken = (token: string) => {
      const metadata = new grpc.Metadata();
      metadata.set('authorization', `Bearer ${token}`);
      return metadata;
    };
    expect((await call(by, path('traces'), bytes)).code).toBe(grpc.status.UNAUTHENTICATED);
    expect((await call(by, path('traces'), bytes, withToken('wrong'))).code).toBe(grpc.status.UNAUTHENTICATED);
    expect((await call(by, path('traces'), bytes, withToken('secret'))).code).toBe(0);
    expect(at.taken).toHaveLength(1);
  });

  test('with garbage is INVALID_ARGUMENT with words that may hold anything', async () => {
    const answer = await call(client(), path('traces'), Buffer.from([0xff, 0xff, 0xff]));
    expect(answer).toMatchObject({ code: grpc.status.INVALID_ARGUMENT, details: expect.stringContaining('not OTLP') });
  });

  test('that is too large, or inflates to it, is RESOURCE_EXHAUSTED for good, and the next one is served', async () => {
    const by = client({ 'grpc.max_send_message_length': -1 });
    const answer = await call(by, path('traces'), Buffer.alloc(20 << 20));
    expect(answer).toMatchObject({ code: grpc.status.RESOURCE_EXHAUSTED, details: expect.stringContaining('larger') });
    expect(answer.metadata.get('grpc-status-details-bin')).toEqual([]);
    const gzip = client({ 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip });
    expect((await call(gzip, path('traces'), Buffer.alloc(20 << 20))).code).toBe(grpc.status.RESOURCE_EXHAUSTED);
    expect((await call(by, path('traces'), samplePayload('traces', 1).protobuf)).code).toBe(0);
  });

  test.each([
    ['failed', new SpoolUnavailable('failed', new Error('ENOSPC')), 5],
    ['busy', new SpoolUnavailable('busy'), 1],
  ])('while the spool is %s is UNAVAILABLE with a pause to keep', async (_, error, seconds) => {
    at.append = () => Promise.reject(error);
    const answer = await call(client(), path('logs'), samplePayload('logs', 1).protobuf);
    expect(answer.code).toBe(grpc.status.UNAVAILABLE);
    expect(answer.metadata.get('grpc-retry-pushback-ms')).toEqual([String(seconds * 1_000)]);
    const [details] = answer.metadata.get('grpc-status-details-bin') as Buffer[];
    const status = root.lookupType('Status').toObject(root.lookupType('Status').decode(details!));
    expect(status).toMatchObject({
      code: grpc.status.UNAVAILABLE,
      message: answer.details,
      details: [{ typeUrl: 'type.googleapis.com/google.rpc.RetryInfo' }],
    });
    const retryInfo = root.lookupType('RetryInfo').decode(status.details[0].value);
    expect(root.lookupType('RetryInfo').toObject(retryInfo, { longs: Number })).toEqual({ retryDelay: { seconds } });
  });

  test('under way is answered while the receiver closes, and none comes after', async () => {
    let durable: () => void = () => undefined;
    at.append = (record) => {
      at.taken.push(record);
      return new Promise((resolve) => {
        durable = resolve;
      });
    };
    const by = client();
    const { protobuf: bytes } = samplePayload('logs', 1);
    const answer = call(by, path('logs'), bytes);
    await until(() => at.taken.length === 1);
    const closed = receiver.close(new AbortController().signal);
    durable();
    expect((await answer).code).toBe(0);
    await closed;
    expect((await call(by, path('logs'), bytes)).code).toBe(grpc.status.UNAVAILABLE);
  });
});

describe('a call frame by frame', () => {
  let session: ClientHttp2Session;
  beforeEach(() => {
    session = connectHttp2(`http://127.0.0.1:${port}`);
    session.on('error', () => undefined);
  });
  afterEach(() => session.destroy());

  const CALL = { ':method': 'POST', ':path': path('logs'), 'content-type': 'application/grpc', te: 'trailers' };
  function start(headers: OutgoingHttpHeaders = {}): ClientHttp2Stream {
    const stream = session.request({ ...CALL, ...headers });
    stream.on('error', () => undefined);
    return stream;
  }
  function frame(message: Uint8Array, flag = 0): Buffer {
    const prefix = Buffer.alloc(5);
    prefix[0] = flag;
    prefix.writeUInt32BE(message.length, 1);
    return Buffer.concat([prefix, message]);
  }
  /** HTTP status and gRPC status, the latter from trailers, or from headers where there are no others. */
  async function outcome(stream: ClientHttp2Stream): Promise<[number, string | undefined]> {
    let status: unknown;
    let code: unknown;
    stream.on('response', (headers) => {
      status = headers[':status'];
      code = headers['grpc-status'];
    });
    stream.on('trailers', (trailers) => {
      code = trailers['grpc-status'];
    });
    stream.resume();
    if (!stream.closed) await once(stream, 'close');
    return [status as number, code as string | undefined];
  }

  test('may be cut anywhere', async () => {
    const { protobuf: bytes } = samplePayload('logs', 2);
    const whole = frame(bytes);
    for (const size of [1, 2, 3, 4, 5, 6, 100]) {
      const stream = start();
      const done = outcome(stream);
      for (let from = 0; from < whole.length; from += size) {
        await new Promise((resolve) => stream.write(whole.subarray(from, from + size), resolve));
      }
      stream.end();
      expect(await done).toEqual([200, '0']);
    }
    expect(at.taken.map(({ bytes: got }) => Buffer.from(got).equals(Buffer.from(bytes)))).toEqual(Array(7).fill(true));
  });

  test.each([
    ['no message', Buffer.alloc(0), {}, '3'],
    ['part of a prefix', Buffer.from([0, 0]), {}, '3'],
    ['part of a message', frame(Buffer.alloc(10)).subarray(0, 9), {}, '3'],
    ['two messages', Buffer.concat([frame(Buffer.alloc(0)), frame(Buffer.alloc(0))]), {}, '3'],
    ['a flag that does not exist', frame(Buffer.alloc(0), 7), {}, '3'],
    ['a message of 4 GB', Buffer.from([0, 0xff, 0xff, 0xff, 0xff]), {}, '8'],
    ['another compression', frame(Buffer.from('x'), 1), { 'grpc-encoding': 'snappy' }, '12'],
    ['compression that has no name', frame(gzipSync('x'), 1), {}, '12'],
    ['gzip that is none', frame(Buffer.from('not gzip'), 1), { 'grpc-encoding': 'gzip' }, '3'],
    ['the name of a web page', frame(Buffer.alloc(0)), { origin: 'https://evil.example' }, '7'],
  ])('with %s is refused', async (_, bytes, headers, code) => {
    const stream = start(headers);
    const done = outcome(stream);
    stream.end(bytes);
    expect(await done).toEqual([200, code]);
    expect(at.taken).toEqual([]);
  });

  test('that is an empty request is taken, and nothing is kept of it', async () => {
    const stream = start();
    const done = outcome(stream);
    stream.end(frame(Buffer.alloc(0)));
    expect(await done).toEqual([200, '0']);
    expect(at.taken).toEqual([]);
  });

  test('of another content type or method is no gRPC', async () => {
    const other = start({ 'content-type': 'application/json' });
    other.end();
    expect(await outcome(other)).toEqual([415, undefined]);
    const get = session.request({ ...CALL, ':method': 'GET' });
    expect(await outcome(get)).toEqual([405, undefined]);
  });

  test('that is reset in mid-message, or whose connection is, leaves nothing behind', async () => {
    const bytes = frame(samplePayload('logs', 1).protobuf);
    const stream = start();
    await new Promise((resolve) => stream.write(bytes.subarray(0, 20), resolve));
    await until(() => at.intake.requests === 1);
    stream.close(8);
    await until(() => at.intake.refused === 1);
    const cut = start();
    await new Promise((resolve) => cut.write(bytes.subarray(0, 20), resolve));
    await until(() => at.intake.requests === 2);
    session.destroy();
    await until(() => at.intake.refused === 2);
    expect((await call(client(), path('logs'), samplePayload('logs', 1).protobuf)).code).toBe(0);
    expect(at.taken).toHaveLength(1);
  });

  test('bodies that wait for the spool count against what all may hold', async () => {
    const waiting: (() => void)[] = [];
    at.append = () => new Promise((resolve) => waiting.push(resolve));
    const { protobuf: log } = samplePayload('logs', 1);
    // An unknown field is passed over, so this is a message of nearly the limit.
    const filler = Buffer.alloc((1 << 20) - 5_000);
    const length = Buffer.from([(filler.length & 127) | 128, ((filler.length >> 7) & 127) | 128, filler.length >> 14]);
    const message = frame(Buffer.concat([log, Buffer.from([0xa2, 0x06]), length, filler]));
    const answers: Promise<[number, string | undefined]>[] = [];
    while (answers.length < 8) {
      const stream = start();
      answers.push(outcome(stream));
      stream.end(message);
      await until(() => waiting.length === answers.length);
    }
    const ninth = start();
    const refused = outcome(ninth);
    ninth.end(message);
    expect(await refused).toEqual([200, '14']);
    for (const durable of waiting) durable();
    expect(await Promise.all(answers)).toEqual(Array(8).fill([200, '0']));
  });
});

test('bytes that are not HTTP/2 end their connection and nothing else', async () => {
  for (const bytes of [
    'GET / HTTP/1.1\r\nhost: x\r\n\r\n',
    '\0'.repeat(100),
    `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${'\xff'.repeat(20)}`,
  ]) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    const closed = once(socket, 'close');
    socket.write(bytes, 'latin1');
    await closed;
  }
  expect((await call(client(), path('logs'), samplePayload('logs', 1).protobuf)).code).toBe(0);
});

test('a flood of calls that are reset at once ends its connection, and the next sender is served', async () => {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  const closed = new Promise((resolve) => session.on('close', resolve));
  const flood = () => {
    for (let count = 0; count < 100 && !session.destroyed && !session.closed; count++) {
      const stream = session.request({ ':method': 'POST', ':path': path('logs'), 'content-type': 'application/grpc' });
      stream.on('error', () => undefined);
      stream.close(NGHTTP2_CANCEL);
    }
    if (!session.destroyed) setImmediate(flood);
  };
  flood();
  await closed;
  await until(() => at.intake.requests === at.intake.refused);
  expect(at.intake.requests).toBeLessThan(20_000);
  expect((await call(client(), path('logs'), samplePayload('logs', 1).protobuf)).code).toBe(0);
});

test('connections past the limit are closed, and those that are open go on', async () => {
  await receiver.close(AbortSignal.abort());
  await listen({ maxConnections: 1 });
  const by = client();
  const { protobuf: bytes } = samplePayload('logs', 1);
  expect((await call(by, path('logs'), bytes)).code).toBe(0);
  const second = connect(port, '127.0.0.1');
  second.on('error', () => undefined);
  await once(second, 'close');
  expect((await call(by, path('logs'), bytes)).code).toBe(0);
});
