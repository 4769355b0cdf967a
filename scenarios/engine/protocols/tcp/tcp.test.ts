import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, expect, test } from '@jest/globals';
import { makeCertificate } from '../testing/certificates.ts';
import { judged, performStep } from '../testing/perform-step.ts';

const open: (() => void)[] = [];
afterAll(() => {
  for (const close of open) close();
});

async function serve(talk: (socket: Socket) => void, tls?: { cert: string; key: string }): Promise<string> {
  const taken = (socket: Socket) => {
    socket.on('error', () => socket.destroy());
    open.push(() => socket.destroy());
    talk(socket);
  };
  const server = tls ? createTlsServer(tls, taken) : createServer(taken);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers PING as Redis does, one byte at a time, and goes on talking. */
const redis = (socket: Socket) =>
  socket.on('data', (asked) => {
    const answer = String(asked) === 'PING\r\n' ? '+PONG\r\nmore' : '-ERR\r\n';
    for (const letter of answer) socket.write(letter);
  });

const talk = (address: string, tcp: object = {}, more: object = {}) =>
  performStep({ tcp: { address, ...tcp } }, { allowed: [`tcp://${address}`], ...more });

test('what is sent is answered, up to the text that is waited for', async () => {
  const address = await serve(redis);
  const { exchange, error, timings, request } = await talk(address, { send: 'PING\r\n', receive: { until: '\r\n' } });
  expect(error).toBeNull();
  expect(exchange!.response).toMatchObject({ status: null, text: '+PONG\r\n' });
  expect(request).toMatchObject({ method: 'TCP', url: `tcp://${address}` });
  expect(timings!.connect_ms).not.toBeNull();
  expect(timings!.first_byte_ms).not.toBeNull();
  expect(judged({ body: { contains: 'PONG' }, bytes: 7 }, exchange!).every(({ passed }) => passed)).toBe(true);
});

test('so many bytes, and everything until the end', async () => {
  const address = await serve((socket) => socket.end('abcdef'));
  expect((await talk(address, { receive: { bytes: 4 } })).exchange!.response.text).toBe('abcd');
  expect((await talk(address, { receive: { close: true } })).exchange!.response.text).toBe('abcdef');
});

test('without a wish for an answer, being taken is enough', async () => {
  const address = await serve(() => {});
  const { exchange, error } = await talk(address);
  expect(error).toBeNull();
  expect(exchange!.response.text).toBe('');
});

test('bytes are sent as they are', async () => {
  const address = await serve((socket) => socket.pipe(socket));
  const { exchange } = await talk(address, { send: { base64: '/wD+' }, receive: { bytes: 3 } });
  expect(Buffer.from(exchange!.response.bytes).toString('hex')).toBe('ff00fe');
});

test('TLS is spoken on demand, and its certificate is there to be judged', async () => {
  const authority = makeCertificate({ name: 'Test Authority', authority: true });
  const address = await serve(redis, makeCertificate({ name: 'x', names: ['127.0.0.1'], issuer: authority }));
  const step = { tls: true, send: 'PING\r\n', receive: { until: '\r\n' } };
  const { exchange } = await talk(address, step, { connection: { ca: authority.cert } });
  expect(exchange!.certificate).toMatchObject({ trusted: true });
  expect((await talk(address, step)).error).toMatchObject({ code: 'TLS_CERTIFICATE_UNTRUSTED' });
});

test('a connection that closes too early shows what came', async () => {
  const address = await serve((socket) => socket.end('220 hel'));
  const { exchange, error } = await talk(address, { receive: { until: '\r\n' } });
  expect(exchange!.response.text).toBe('220 hel');
  expect(error).toMatchObject({
    code: 'CONNECTION_CLOSED',
    message: `${address} closed the connection before "\\r\\n" came: 7 bytes came`,
  });
});

test('a connection that is reset, that is silent, and that talks too much', async () => {
  const reset = await serve((socket) => socket.once('data', () => socket.resetAndDestroy()));
  expect((await talk(reset, { send: 'x', receive: { bytes: 1 } })).error).toMatchObject({ code: 'CONNECTION_RESET' });
  const silent = await serve((socket) => socket.write('half'));
  expect((await talk(silent, { receive: { bytes: 10 } }, { timeoutMs: 80 })).error).toMatchObject({
    kind: 'timeout',
    message: `${silent} did not send 10 bytes within 80 ms`,
    hint: '4 bytes came until then',
  });
  const endless = await serve((socket) => {
    const write = (): void => {
      while (!socket.destroyed && socket.write(Buffer.alloc(4_096, 'x')));
      socket.once('drain', write);
    };
    write();
  });
  const flooded = await talk(endless, { receive: { close: true } }, { bodyLimitBytes: 10_000 });
  expect(flooded.error).toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
  expect(flooded.exchange!.response.bytes.length).toBe(10_000);
});
