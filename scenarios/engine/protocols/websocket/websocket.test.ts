import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type WebSocket, WebSocketServer } from 'ws';
import { makeCertificate } from '../testing/certificates.ts';
import { type Circumstances, judged, performStep } from '../testing/perform-step.ts';

const open: (() => void)[] = [];
afterAll(() => {
  for (const close of open) close();
});

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

let address: string;
let handshake: IncomingMessage;
let closedWith: Promise<number>;

/** Says hello, echoes, and follows a few orders. */
function chat(socket: WebSocket, request: IncomingMessage): void {
  handshake = request;
  closedWith = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => socket.terminate());
  socket.send(JSON.stringify({ type: 'hello', id: 'c-7' }));
  socket.on('message', (data, binary) => {
    const said = String(data);
    if (said === 'leave') socket.close(4001, 'as you wish');
    else if (said === 'crash') socket.terminate();
    else if (said === 'large') socket.send('x'.repeat(200_000));
    else if (said === 'flood') for (let count = 0; count < 100; count++) socket.send('x'.repeat(2_000));
    else socket.send(data, { binary });
  });
}

beforeAll(async () => {
  const server = createHttpServer((_request, response) => response.writeHead(404).end('no page'));
  const sockets = new WebSocketServer({
    server,
    path: '/ws',
    handleProtocols: (offered) => (offered.has('chat') ? 'chat' : false),
  });
  sockets.on('connection', chat);
  open.push(() => {
    for (const client of sockets.clients) client.terminate();
  });
  address = await listen(server);
});

const talk = (messages: unknown[], websocket: object = {}, more: Circumstances = {}) =>
  performStep(
    { websocket: { url: '/ws', messages, ...websocket } },
    { baseUrl: `http://${address}`, allowed: [`http://${address}`], ...more },
  );
const passed = (results: readonly { passed: boolean }[] | undefined) => results!.every((one) => one.passed);

test('a conversation: what is sent, waited for, captured and closed', async () => {
  const values = new Map<string, unknown>();
  const { exchange, error, assertions, request, timings } = await talk(
    [
      { receive: { jsonpath: { '$.type': 'hello' } }, within: '2s', capture: { id: '$.id' } },
      { send: { subscribe: '{{ id }}', count: 2 } },
      { receive: { body: { contains: 'c-7' } } },
      { send: 'plain {{ id }}' },
      { receive: { body: 'plain c-7' } },
      { binary: '/wA=' },
      { receive: 'any' },
      'close',
    ],
    {},
    { values },
  );
  expect(error).toBeNull();
  expect(values.get('id')).toBe('c-7');
  expect(passed(assertions)).toBe(true);
  expect(exchange!.response).toMatchObject({ status: 101 });
  expect(exchange!.response.json).toEqual({
    value: ['{"type":"hello","id":"c-7"}', '{"subscribe":"c-7","count":2}', 'plain c-7', { base64: '/wA=' }],
  });
  expect(passed(judged({ messages: { count: 4, contains: 'plain c-7' } }, exchange!))).toBe(true);
  expect(request).toMatchObject({ method: 'WS', url: `ws://${address}/ws` });
  expect(JSON.parse(String(request!.body))).toEqual(['{"subscribe":"c-7","count":2}', 'plain c-7', { base64: '/wA=' }]);
  expect(timings!.first_byte_ms).toBeGreaterThan(0);
  expect(await closedWith).toBe(1000);
});

test('handshake headers name ringdown and the trace; the subprotocol is agreed upon', async () => {
  const { exchange } = await talk([], { headers: { Authorization: 'Bearer x' }, subprotocol: 'chat' });
  expect(handshake.headers).toMatchObject({
    authorization: 'Bearer x',
    traceparent: '00-00000000000000000000000000000001-0000000000000001-01',
    'user-agent': 'ringdown/0',
  });
  expect(exchange!.response.headers.get('sec-websocket-protocol')).toBe('chat');
  expect((await talk([], { subprotocol: 'other' })).error).toMatchObject({ code: 'INVALID_RESPONSE' });
});

test('messages that do not fit are passed over, and named when none fits in time', async () => {
  const { assertions, error } = await talk([{ send: 'one' }, { receive: { body: 'two' }, within: '80ms' }]);
  expect(error).toBeNull();
  expect(assertions).toMatchObject([
    {
      passed: false,
      subject: 'message 2',
      message:
        'message 2: nothing that fits came within 80 ms; 2 other messages came, of the last one body is "one", expected "two"',
    },
  ]);
});

test('a connection that the server closes or breaks off says how', async () => {
  const closed = await talk([{ send: 'leave' }, { receive: { body: 'never' } }]);
  expect(closed.error).toBeNull();
  expect(closed.assertions![0]).toMatchObject({
    passed: false,
    actual: 'the connection was closed with 4001 "as you wish"',
  });
  const broken = await talk([{ send: 'crash' }, { receive: { body: 'never' } }]);
  expect(broken.error).toMatchObject({ kind: 'network', code: 'CONNECTION_RESET' });
  expect(broken.exchange!.response.text).toContain('hello');
});

test('what is larger than the limit is not taken, in one message or in many', async () => {
  const large = await talk([{ send: 'large' }, { receive: { body: 'never' } }], {}, { bodyLimitBytes: 100_000 });
  expect(large.error).toMatchObject({ kind: 'response_limit' });
  const flood = await talk([{ send: 'flood' }, { receive: { body: 'never' } }], {}, { bodyLimitBytes: 100_000 });
  expect(flood.error).toMatchObject({ kind: 'response_limit' });
});

test('a compressed message that grows past the limit is not taken', async () => {
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: { threshold: 0 } });
  await once(sockets, 'listening');
  open.push(() => sockets.close());
  sockets.on('connection', (socket) => {
    socket.on('error', () => socket.terminate());
    socket.send('x'.repeat(5_000_000));
  });
  const other = `127.0.0.1:${(sockets.address() as AddressInfo).port}`;
  const circumstances = { allowed: [`http://${other}`], bodyLimitBytes: 100_000 };
  const { error, exchange } = await talk([{ receive: 'any' }], { url: `ws://${other}/` }, circumstances);
  expect(exchange!.response.headers.get('sec-websocket-extensions')).toContain('permessage-deflate');
  expect(error).toMatchObject({ kind: 'response_limit', code: 'RESPONSE_TOO_LARGE' });
});

test('the time of the step ends a wait', async () => {
  const { error, exchange } = await talk([{ receive: { body: 'never' } }], {}, { timeoutMs: 100 });
  expect(error).toMatchObject({
    kind: 'timeout',
    message: `${address} did not send the message that was waited for within 100 ms`,
  });
  expect(exchange!.response.text).toContain('hello');
});

test('a template without a value ends the conversation', async () => {
  const { error } = await talk([{ send: '{{ nobody }}' }]);
  expect(error).toMatchObject({ kind: 'template', code: 'UNDEFINED_TEMPLATE' });
});

test('credentials in a URL are refused, as everywhere', async () => {
  for (const credentials of ['qa:hunter2', 'qa', ':hunter2']) {
    const { error, request } = await talk([], { url: `ws://${credentials}@${address}/ws` });
    expect(error).toMatchObject({ kind: 'refused_target' });
    expect(JSON.stringify([error, request])).not.toContain('hunter2');
  }
});

test('a refused handshake is an answer with its status', async () => {
  const { exchange, error } = await talk([{ send: 'x' }], { url: '/elsewhere' });
  expect(error).toBeNull();
  expect(exchange!.response).toMatchObject({ status: 400 });
});

test('TLS is judged by the settings of the connection', async () => {
  const authority = makeCertificate({ name: 'Test Authority', authority: true });
  const tls = makeCertificate({ name: 'x', names: ['127.0.0.1'], issuer: authority });
  const server = createHttpsServer(tls);
  new WebSocketServer({ server }).on('connection', chat);
  const at = await listen(server);
  const circumstances = { baseUrl: `https://${at}`, allowed: [`https://${at}`] };
  const trusted = await talk(
    [{ receive: 'any' }],
    { url: '/' },
    { ...circumstances, connection: { ca: authority.cert } },
  );
  expect(trusted.exchange).toMatchObject({ response: { status: 101 }, certificate: { trusted: true } });
  expect((await talk([], { url: '/' }, circumstances)).error).toMatchObject({ code: 'TLS_CERTIFICATE_UNTRUSTED' });
});

describe('what is no WebSocket server', () => {
  const at = async (speak: (socket: Socket) => void, timeoutMs = 5_000) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      open.push(() => socket.destroy());
      socket.once('data', () => speak(socket));
    });
    const other = await listen(server);
    return await talk([{ receive: 'any' }], { url: `ws://${other}/` }, { allowed: [`http://${other}`], timeoutMs });
  };

  test.each([
    ['garbage', 'hello you\r\n\r\n'],
    [
      'an accept key that is none',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: x\r\n\r\n',
    ],
    ['nothing, and the end', ''],
  ])('%s', async (_words, answer) => {
    const { error, exchange } = await at((socket) => socket.end(answer));
    expect(exchange).toBeNull();
    expect(error).toMatchObject({ kind: 'network' });
  });

  test('silence', async () => {
    const { error } = await at(() => {}, 80);
    expect(error).toMatchObject({
      kind: 'timeout',
      message: expect.stringContaining('did not answer the handshake within 80 ms'),
    });
  });
});

test('a server that never closes its half is left all the same', async () => {
  const server = createHttpServer();
  const left = new Promise((resolve) => {
    server.on('upgrade', (request, socket) => {
      const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
      const accept = createHash('sha1').update(key).digest('base64');
      const head = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n';
      socket.write(`${head}sec-websocket-accept: ${accept}\r\n\r\n`);
      socket.on('error', resolve).on('end', resolve).resume();
      open.push(() => socket.destroy());
    });
  });
  const other = await listen(server);
  const circumstances = { allowed: [`http://${other}`], timeoutMs: 100 };
  const { exchange, error } = await talk(['close'], { url: `ws://${other}/` }, circumstances);
  expect(error).toBeNull();
  expect(exchange!.response.status).toBe(101);
  await left;
});

test('frames that break the protocol end the conversation with an error', async () => {
  const server = createHttpServer();
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, () => {
      socket.on('error', () => socket.destroy());
      // Reserved bits are set, and a reserved opcode.
      socket.write(Buffer.from([0xff, 0x00]));
    });
  });
  const other = await listen(server);
  const { error } = await talk([{ receive: 'any' }], { url: `ws://${other}/` }, { allowed: [`http://${other}`] });
  expect(error).toMatchObject({ kind: 'network', code: 'INVALID_RESPONSE' });
});

describe('what is wrong in the file', () => {
  test.each([
    [{ url: 'ftp://x' }, 'is no path'],
    [{ headers: { Upgrade: 'x' } }, 'set by ringdown itself'],
    [{ messages: [{ send: 'x', receive: 'any' }] }, 'a message is one thing, found send and receive'],
    [{ messages: [{ send: 'x', within: '1s' }] }, '"within" belongs to "receive"'],
    [{ messages: [{ receive: { jsonpath: { 'no path': 1 } } }] }, 'not a JSONPath'],
    [{ messages: [{ receive: 'any', capture: { id: { body: true, status: true } } }] }, 'a capture reads one thing'],
    [{ messages: [{ close: 1006 }] }, 'a client cannot close with 1006'],
  ])('%j', async (websocket, message) => {
    await expect(talk([], websocket)).rejects.toThrow(message);
  });
});
