import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { systemClock } from '../../core/clock.ts';
import { createRunner } from './runner.ts';
import { toSpans } from './spans.ts';
import { sketchScenario } from './testing/sketch-scenario.ts';

const piece = fc.oneof(
  fc
    .constantFrom(
      'HTTP/1.1 200 OK\r\n',
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/1.0 200\r\n',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
      'HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n',
      'HTTP/1.1 302 Found\r\nlocation: http://[\r\n\r\n',
      'HTTP/1.1 999 ?\r\n',
      'content-length: 5\r\n',
      'content-length: -1\r\n',
      'content-length: 99999999999\r\n',
      'transfer-encoding: chunked\r\n',
      'content-encoding: gzip\r\n',
      'content-encoding: br, deflate\r\n',
      'content-type: application/json; charset=nonsense\r\n',
      'set-cookie: a\r\n',
      '\r\n',
      '5\r\nhello\r\n',
      '0\r\n\r\n',
      'ffffffffff\r\n',
      '{"id":1}',
      '{"id":',
      '\u0000',
    )
    .map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
);
const ending = fc.constantFrom('end', 'reset', 'linger');

test('whatever bytes a server sends, the runner gives a result that can be stored', async () => {
  let script: { pieces: Buffer[]; end: string } = { pieces: [], end: 'end' };
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => {
      for (const bytes of script.pieces) socket.write(bytes);
      if (script.end === 'end') socket.end();
      if (script.end === 'reset') setImmediate(() => socket.resetAndDestroy());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const runner = createRunner({
    clock: systemClock,
    userAgent: 'ringdown/0',
    allowedOrigins: [origin],
    bodyLimitBytes: 4_096,
  });
  const scenario = sketchScenario(
    [
      {
        maxRedirects: 3,
        capture: { id: '$.id' },
        expect: { jsonpath: { '$.id': 1 }, header: { 'set-cookie': 'a' } },
        warn: { body: { matches: '(a+)+$' } },
      },
      { request: 'POST /{{ id }}', text: 'x' },
    ],
    { timeoutMs: 40, always: [{ request: 'DELETE /{{ id }}' }] },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 8 }), ending, async (pieces, end) => {
      script = { pieces, end };
      const result = await runner.run({
        scenario,
        environment: { name: 'local', base_url: origin },
        secrets: {},
        scheduledAt: null,
        abort: new AbortController().signal,
      });
      expect(result.watcher_fault).toBeNull();
      expect(['passed', 'failed', 'error']).toContain(result.status);
      expect(result.status === 'passed').toBe(result.failure === null);
      expect(JSON.parse(JSON.stringify(result))).toEqual(result);
      toSpans(result);
    }),
    { seed: 5, numRuns: 150 },
  );
  server.close();
}, 30_000);
