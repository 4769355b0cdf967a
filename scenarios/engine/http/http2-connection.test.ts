import { createSecureServer, createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { describe, expect, test } from '@jest/globals';
import { makeCertificate } from '../protocols/testing/certificates.ts';
import { type ConnectionSettings, DEFAULT_CONNECTION } from './connection.ts';
import { forever, get, listen, serve, serveRaw, session } from './testing/peers.ts';
import { TimeUp } from './time-up.ts';

const HTTP2: ConnectionSettings = { ...DEFAULT_CONNECTION, http: '2' };

async function serve2(
  answer: (stream: ServerHttp2Stream, path: string) => void,
): Promise<{ origin: string; sessions: () => number }> {
  const server: Http2Server = createServer();
  let sessions = 0;
  server.on('session', () => sessions++);
  server.on('stream', (stream, headers) => {
    stream.on('error', () => stream.destroy());
    answer(stream, String(headers[':path']));
  });
  const port = await listen(server);
  return { origin: `http://127.0.0.1:${port}`, sessions: () => sessions };
}

describe('HTTP/2', () => {
  test('with prior knowledge: bodies, headers, timings, one connection for all', async () => {
    const { origin, sessions } = await serve2((stream, path) => {
      stream.additionalHeaders({ ':status': 103, link: '</x>' });
      stream.respond({ ':status': 201, 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] });
      stream.write(`${path}: `);
      stream.pipe(stream);
    });
    const http = session([origin]);
    const request = get(`${origin}/p?q=1`, { method: 'POST', body: 'grüß', connection: HTTP2, cookies: false });
    const [first, parallel] = await Promise.all([http.exchange(request, forever), http.exchange(request, forever)]);
    expect(first.response).toMatchObject({ status: 201, httpVersion: '2', headers: { 'set-cookie': ['a=1', 'b=2'] } });
    expect(first.response!.body.toString()).toBe('/p?q=1: grüß');
    expect(first.timings).toMatchObject({ connection_reused: false, connect_ms: expect.any(Number) });
    expect(first.timings.first_byte_ms).toBeGreaterThan(0);
    expect(parallel.response!.body.toString()).toBe('/p?q=1: grüß');
    const later = await http.exchange(get(`${origin}/x`, { connection: HTTP2 }), forever);
    expect(later.timings).toMatchObject({ connection_reused: true, connect_ms: null });
    expect(sessions()).toBe(1);
  });

  test('by ALPN over TLS, with the certificate', async () => {
    const { cert, key } = makeCertificate({ name: 'localhost', names: ['localhost'] });
    const server = createSecureServer({ cert, key });
    server.on('stream', (stream) => stream.respond({ ':status': 204 }, { endStream: true }));
    const origin = `https://localhost:${await listen(server as never)}`;
    const { response, certificate, error } = await session([origin]).exchange(
      get(origin, { connection: { ...HTTP2, ca: cert } }),
      forever,
    );
    expect(error).toBeNull();
    expect(response).toMatchObject({ status: 204, httpVersion: '2' });
    expect(certificate).toMatchObject({ subject: 'CN=localhost', trusted: true });
  });

  test('a server without it is named as such', async () => {
    const plain = `http://127.0.0.1:${await serve((_request, response) => response.end())}`;
    const { error } = await session([plain]).exchange(get(plain, { connection: HTTP2 }), forever);
    expect(error).toMatchObject({ code: expect.stringMatching(/^HTTP2_NOT_SPOKEN$|^CONNECTION_RESET$/) });
    const garbage = `http://127.0.0.1:${await serveRaw('HTTP/1.1 400 Bad Request\r\n\r\n')}`;
    const other = await session([garbage]).exchange(get(garbage, { connection: HTTP2 }), forever);
    expect(other.error).toMatchObject({ kind: 'network' });
  });

  test('a reset stream, a body without end, a body too large and a silent server', async () => {
    const { origin } = await serve2((stream, path) => {
      if (path === '/reset') stream.close(2);
      if (path === '/cut') {
        stream.respond({ ':status': 200, 'content-length': '10' });
        stream.write('half');
        setImmediate(() => stream.session?.destroy());
      }
      if (path === '/large') {
        stream.respond({ ':status': 200 });
        stream.end(Buffer.alloc(300_000));
      }
    });
    const http = session([origin], { bodyLimitBytes: 100_000 });
    const ask = async (path: string, abort: AbortSignal = forever) =>
      (await http.exchange(get(origin + path, { connection: HTTP2 }), abort)).error;
    expect(await ask('/reset')).toMatchObject({
      code: 'HTTP2_FAILED',
      message: expect.stringContaining('INTERNAL_ERROR'),
    });
    expect(await ask('/large')).toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
    expect(await ask('/cut')).toMatchObject({ kind: 'network' });
    const limit = new AbortController();
    setTimeout(() => limit.abort(new TimeUp(60)), 60);
    expect(await ask('/silent', limit.signal)).toMatchObject({
      kind: 'timeout',
      message: expect.stringContaining('did not answer'),
    });
  });
});
