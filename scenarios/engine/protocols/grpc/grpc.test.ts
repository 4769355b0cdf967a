import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FileRead, Files } from '../../files.ts';
import { RunResources } from '../../run-resources.ts';
import { makeCertificate } from '../testing/certificates.ts';
import { type GrpcServer, startGrpcServer } from '../testing/grpc-server.ts';
import { type Circumstances, judged, performStep } from '../testing/perform-step.ts';

const open: (() => void)[] = [];
let shop: GrpcServer;

beforeAll(async () => {
  shop = await start();
});
afterAll(() => {
  for (const close of open) close();
});

async function start(options?: Parameters<typeof startGrpcServer>[0]): Promise<GrpcServer> {
  const server = await startGrpcServer(options);
  open.push(server.close);
  return server;
}

async function listen(server: Pick<Server, 'listen' | 'address' | 'close' | 'once'>): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server as Server, 'listening');
  open.push(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const testData: Files = {
  text: (path) => read(path, (at) => readFileSync(at, 'utf8')),
  bytes: (path) => read(path, (at) => readFileSync(at)),
};

function read<T>(path: string, from: (at: string) => T): FileRead<T> {
  try {
    return { value: from(join(import.meta.dirname, 'test-data', path)) };
  } catch {
    return { error: `cannot read ${path}` };
  }
}

const METHOD = 'shop.v1.Shop/GetOrder';
const ask = (grpc: object, more: Circumstances = {}, address = shop.address) =>
  performStep(
    { grpc: { url: `grpc://${address}`, method: METHOD, ...grpc } },
    { allowed: [`grpc://${address}`], files: testData, ...more },
  );

const ORDER = {
  orderId: '9007199254740993',
  state: 'PAID',
  lines: [{ article: 'tea', count: 2 }, { article: 'cup' }],
  byShelf: { a1: { article: 'tea' } },
  orderedAt: '2023-11-14T22:13:20Z',
  note: 'a gift',
  price: { currency: 'EUR', units: '-5' },
  voucher: 'aGk=',
};

describe.each([
  ['server reflection', {}],
  ['a .proto file', { proto: './shop.proto' }],
])('with %s', (_words, schema) => {
  test('a unary call gives its message as JSON', async () => {
    const { exchange, error, timings, request } = await ask({ ...schema, message: { orderId: '9007199254740993' } });
    expect(error).toBeNull();
    expect(exchange!.response).toMatchObject({ status: 0, statusName: 'OK', json: { value: ORDER } });
    expect(timings!.first_byte_ms).toBeGreaterThan(0);
    expect(request).toMatchObject({ method: 'GRPC', url: `grpc://${shop.address}/${METHOD}` });
  });

  test('a streaming call gives the list of its messages', async () => {
    const { exchange } = await ask({ ...schema, method: 'shop.v1.Shop/ListOrders', message: { count: 3, text: 'x' } });
    expect(exchange!.response.json).toMatchObject({
      value: [{ orderId: '1', card: 'x' }, { orderId: '2' }, { orderId: '3' }],
    });
    expect(judged({ messages: { count: 3 }, status: 'OK' }, exchange!).every(({ passed }) => passed)).toBe(true);
  });
});

test('an error has its code, name and words', async () => {
  const { exchange, error } = await ask({ message: { order_id: 404 } });
  expect(error).toBeNull();
  expect(exchange!.response).toMatchObject({
    status: 5,
    statusName: 'NOT_FOUND',
    json: { value: { code: 5, status: 'NOT_FOUND', message: 'no order 404 – schade' } },
  });
  expect(judged({ status: 'NOT_FOUND' }, exchange!)[0]).toMatchObject({ passed: true });
});

test('a stream that breaks off keeps what came and says how it ended', async () => {
  const { exchange } = await ask({ method: 'shop.v1.Shop/ListOrders', message: { count: 2, text: 'break' } });
  expect(exchange!.response).toMatchObject({ status: 8, statusName: 'RESOURCE_EXHAUSTED' });
  expect(exchange!.response.json).toMatchObject({ value: [{ orderId: '1' }, { orderId: '2' }] });
});

test('metadata, user agent and trace context arrive', async () => {
  const values = new Map([['token', 'a b']]);
  await ask({ metadata: { Authorization: 'Bearer {{ token }}', 'key-bin': '/wA=' } }, { values });
  const metadata = shop.calls.at(-1)!;
  expect(metadata.get('authorization')).toEqual(['Bearer a b']);
  expect(metadata.get('key-bin')).toEqual([Buffer.from([255, 0])]);
  expect(metadata.get('traceparent')).toEqual(['00-00000000000000000000000000000001-0000000000000001-01']);
  expect(metadata.get('user-agent')[0]).toContain('ringdown/0');
});

test('the steps of a run share a connection and what the server said about itself', async () => {
  const resources = new RunResources();
  const first = await ask({}, { resources });
  const [second, third] = await Promise.all([ask({}, { resources }), ask({}, { resources })]);
  expect(first.timings).toMatchObject({ connection_reused: false, connect_ms: expect.any(Number) });
  for (const { timings, exchange } of [second, third]) {
    expect(exchange!.response.status).toBe(0);
    expect(timings).toMatchObject({ connection_reused: true, connect_ms: null });
  }
  // One that is given up takes no other with it.
  const slow = { proto: 'shop.proto', message: { order_id: 500 } };
  const [stopped, other] = await Promise.all([ask(slow, { resources, timeoutMs: 50 }), ask({}, { resources })]);
  expect(stopped.error).toMatchObject({ kind: 'timeout' });
  expect(other.exchange!.response.status).toBe(0);
  // A connection that somebody had to give up is not handed on.
  expect((await ask({}, { resources })).timings).toMatchObject({ connection_reused: false });
  resources.close();
});

test('a call that is given up is cancelled on its own, others over the same connection go on', async () => {
  const server = await start();
  const resources = new RunResources();
  const slow = { proto: 'shop.proto', message: { order_id: 500 } };
  await ask({ proto: 'shop.proto' }, { resources }, server.address);
  const stop = new AbortController();
  const waiting = ask(slow, { resources, abort: stop.signal }, server.address);
  expect((await ask(slow, { resources, timeoutMs: 50 }, server.address)).error).toMatchObject({ kind: 'timeout' });
  await server.cancelled;
  stop.abort();
  expect((await waiting).error).toMatchObject({ code: 'ABORTED' });
  resources.close();
});

test('an older server is asked by the older reflection', async () => {
  const old = await start({ reflection: 'v1alpha' });
  expect((await ask({}, {}, old.address)).exchange!.response.status).toBe(0);
});

test('a server without reflection is told apart', async () => {
  const silent = await start({ reflection: false });
  const { error } = await ask({}, {}, silent.address);
  expect(error).toMatchObject({ code: 'NO_REFLECTION', hint: 'give the step a .proto file: proto: ./service.proto' });
  expect((await ask({ proto: 'shop.proto' }, {}, silent.address)).error).toBeNull();
});

test('unknown services and methods come with a suggestion', async () => {
  expect((await ask({ method: 'shop.v1.Shap/GetOrder' })).error).toMatchObject({
    code: 'UNKNOWN_METHOD',
    message: `${shop.address} has no service "shop.v1.Shap"`,
    hint: 'did you mean "shop.v1.Shop"?',
  });
  expect((await ask({ method: 'shop.v1.Shop/GetOder' })).error).toMatchObject({ hint: 'did you mean "GetOrder"?' });
});

test('credentials in a URL are refused and not repeated', async () => {
  const { error } = await ask({ url: '{{ url }}' }, { values: new Map([['url', 'grpc://qa:hunter2@x:1']]) });
  expect(error).toMatchObject({ kind: 'template', message: '"grpc://…@x:1" is no gRPC server' });
});

test('a message that does not fit says why', async () => {
  expect((await ask({ message: { oder_id: 1 } })).error).toMatchObject({
    kind: 'template',
    message: expect.stringContaining('oder_id'),
  });
});

test('TLS is judged by the settings of the connection, and its certificate is shown', async () => {
  const authority = makeCertificate({ name: 'Test Authority', authority: true });
  const tls = makeCertificate({ name: 'x', names: ['127.0.0.1'], issuer: authority });
  const { address } = await start({ tls });
  const url = `grpcs://${address}`;
  const allowed = [url];
  const { exchange, timings } = await ask({ url }, { allowed, connection: { ca: authority.cert } }, address);
  expect(exchange).toMatchObject({ response: { status: 0 }, certificate: { trusted: true } });
  expect(timings!.tls_ms).toBeGreaterThan(0);
  expect((await ask({ url }, { allowed }, address)).error).toMatchObject({ code: 'TLS_CERTIFICATE_UNTRUSTED' });
  const lenient = await ask({ url }, { allowed, connection: { verify: false } }, address);
  expect(lenient.exchange!.certificate).toMatchObject({ trusted: false });
});

test('a call that takes too long is cancelled on the server too', async () => {
  const { error } = await ask({ proto: 'shop.proto', message: { order_id: 500 } }, { timeoutMs: 100 });
  expect(error).toMatchObject({ kind: 'timeout', message: `${shop.address} did not answer within 100 ms` });
  await shop.cancelled;
});

test('an answer that is too large is not taken', async () => {
  const { error } = await ask({ message: { order_id: 8 } }, { bodyLimitBytes: 2 ** 20 });
  expect(error).toMatchObject({
    kind: 'response_limit',
    message: `the answer of ${shop.address} is larger than 1 MiB`,
  });
  const many = await ask({ method: 'shop.v1.Shop/ListOrders', message: { count: 10_001 } });
  expect(many.error).toMatchObject({ code: 'TOO_MANY_MESSAGES' });
});

describe('what is no gRPC server', () => {
  const proto = { proto: 'shop.proto' };

  test('nobody there', async () => {
    const server = createServer();
    const address = await listen(server);
    server.close();
    expect((await ask(proto, {}, address)).error).toMatchObject({ code: 'CONNECTION_REFUSED' });
  });

  test('an HTTP/1.1 server', async () => {
    const address = await listen(createHttpServer((_request, response) => response.end('hello')));
    expect((await ask(proto, {}, address)).error).toMatchObject({ code: 'NOT_GRPC' });
  });

  test('a proxy of HTTP/2 that answers itself', async () => {
    const server = createHttp2Server((_request, response) => {
      response.writeHead(503, { 'content-type': 'text/html' });
      response.end('<h1>no upstream</h1>');
    });
    const { exchange } = await ask(proto, {}, await listen(server as unknown as Server));
    expect(exchange!.response).toMatchObject({
      status: 14,
      json: { value: { message: 'HTTP status 503 with text/html, which is not gRPC' } },
    });
  });

  test.each([
    ['a flag that nobody knows', Buffer.from([9, 0, 0, 0, 0]), 'INVALID_RESPONSE'],
    ['a length that never comes', Buffer.from([0, 0, 0, 1, 0, 1]), 'BODY_TRUNCATED'],
    ['a length past the limit', Buffer.from([0, 255, 255, 255, 255]), 'RESPONSE_TOO_LARGE'],
    ['a message of another type', Buffer.from([0, 0, 0, 0, 2, 255, 255]), 'INVALID_RESPONSE'],
    ['gzip that is none', Buffer.from([1, 0, 0, 0, 1, 7]), 'INVALID_RESPONSE'],
  ])('a server that sends %s', async (_words, bytes, code) => {
    const server = createHttp2Server();
    server.on('stream', (stream) => {
      stream.on('error', () => stream.destroy());
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'grpc-encoding': 'gzip' },
        { waitForTrailers: true },
      );
      stream.on('wantTrailers', () => stream.sendTrailers(code === 'BODY_TRUNCATED' ? {} : { 'grpc-status': '0' }));
      stream.end(bytes);
    });
    expect((await ask(proto, {}, await listen(server as unknown as Server))).error).toMatchObject({ code });
  });

  test('a server that hangs up in the middle', async () => {
    const server = createHttp2Server();
    server.on('stream', (stream) => {
      stream.on('error', () => stream.destroy());
      stream.session!.destroy();
    });
    const { error, exchange } = await ask(proto, {}, await listen(server as unknown as Server));
    expect(exchange).toBeNull();
    expect(error).toMatchObject({ kind: 'network' });
  });
});

describe('what is wrong in the file', () => {
  const problem = async (grpc: object): Promise<string> =>
    ask(grpc).then(
      () => 'nothing',
      (error: Error) => error.message,
    );
  const broken = (text: string): Files => ({ ...testData, text: () => ({ value: text }) });

  test('the server, the method, the message and the metadata', async () => {
    expect(await problem({ url: 'http://x:1' })).toContain('is no gRPC server');
    expect(await problem({ proto: 'shop.proto', method: 'shop.v1.Shop/GetOder' })).toBe(
      'service shop.v1.Shop has no method "GetOder"',
    );
    expect(await problem({ proto: 'shop.proto', method: 'shop.v1.Shop/Upload' })).toContain('streams from the client');
    expect(await problem({ proto: 'shop.proto', message: { order_id: 'x' } })).toContain('order_id');
    expect(await problem({ metadata: { 'x-bin': 'no!' } })).toBe('x-bin is not written in base64');
    expect(await problem({ metadata: { 'grpc-timeout': '1S' } })).toContain('set by ringdown itself');
    expect(await problem({ proto_paths: ['x'] })).toContain('means nothing without "proto"');
  });

  test('a .proto file that is missing, broken or incomplete', async () => {
    expect(await problem({ proto: 'nowhere.proto' })).toBe('cannot read nowhere.proto');
    await expect(
      ask({ proto: 'a.proto' }, { files: broken('syntax = "proto3";\nmessage A {\n  string x = 1\n}') }),
    ).rejects.toThrow("a.proto:4: illegal token '}', ';' expected");
    await expect(
      ask({ proto: 'a.proto' }, { files: broken('syntax = "proto3"; message A { Nope x = 1; }') }),
    ).rejects.toThrow('a.proto: "Nope" is not defined; is an import missing?');
    await expect(ask({ proto: 'a.proto' }, { files: broken('edition = "2023"; message A {}') })).rejects.toThrow(
      'server reflection',
    );
  });
});
