import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodePartialSuccess } from '../testing/otlp-schema.ts';
import { otlpHttpTransport, readPartialSuccess, readRetryAfter } from './transport.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function sendTo(listener: RequestListener, headers: Record<string, string> = {}) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const transport = otlpHttpTransport(new URL(`http://127.0.0.1:${port}/base/?tenant=1`), headers, 1);
  closers.push(() => {
    transport.close();
    server.closeAllConnections();
    server.close();
  });
  return transport.send('traces', [Buffer.from('ab'), Buffer.from('c')], 3, new AbortController().signal);
}

test('posts protobuf to the path of the signal and counts what was rejected', async () => {
  let seen: unknown;
  const sent = await sendTo(
    async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      seen = [request.method, request.url, request.headers['content-type'], request.headers['api-key'], body];
      response.end(encodePartialSuccess(2, 'too old'));
    },
    { 'api-key': 'k' },
  );
  expect(seen).toEqual(['POST', '/base/v1/traces?tenant=1', 'application/x-protobuf', 'k', 'abc']);
  expect(sent).toEqual({ status: 'accepted', rejected: 2, reason: 'too old' });
});

test.each([
  [429, 'retryable'],
  [502, 'retryable'],
  [503, 'retryable'],
  [504, 'retryable'],
  [400, 'failure'],
  [401, 'failure'],
  [500, 'failure'],
])('HTTP %i is %s', async (status, expected) => {
  const sent = await sendTo((_, response) => response.writeHead(status, { 'retry-after': '7' }).end());
  expect(sent.status).toBe(expected);
  if (sent.status === 'retryable') expect(sent.retryAfterMs).toBe(7000);
});

test('a connection that is cut is worth another try', async () => {
  const sent = await sendTo((request) => request.socket.destroy());
  expect(sent.status).toBe('retryable');
});

test('a header that cannot be sent is not', async () => {
  const sent = await sendTo((_, response) => response.end(), { 'api-key': 'line\nbreak' });
  expect(sent.status).toBe('failure');
});

test('Retry-After is seconds or a date', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  expect(readRetryAfter('Thu, 01 Jan 2026 00:00:30 GMT', now)).toBe(30_000);
  expect(readRetryAfter('Thu, 01 Jan 2015 00:00:30 GMT', now)).toBe(0);
  expect(readRetryAfter('soon', now)).toBeUndefined();
  expect(readRetryAfter(undefined, now)).toBeUndefined();
});

test('any answer of a receiver can be read', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(readPartialSuccess(bytes).rejected).toBeGreaterThanOrEqual(0);
    }),
  );
});
