import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { CERTIFICATE, PRIVATE_KEY } from '../testing/certificate.ts';
import { type Lookup, systemNames } from './connector.ts';
import type { HttpRequest } from './http-session.ts';
import { forever, get, listen, serve, serveRaw, session } from './testing/peers.ts';
import { TimeUp } from './time-up.ts';

async function errorOf(port: number, more: { bodyLimitBytes?: number; path?: string } & Partial<HttpRequest> = {}) {
  const origin = `http://127.0.0.1:${port}`;
  const { response, error } = await session([origin], more).exchange(get(origin + (more.path ?? '/'), more), forever);
  expect(response).toBeNull();
  return error!;
}

describe('an exchange', () => {
  test('shows connect and first byte on the first request and reuses the connection for the second', async () => {
    const port = await serve((request, response) => response.end(`${request.method} ${request.url}`));
    const origin = `http://localhost:${port}`;
    const http = session([origin]);
    const first = await http.exchange(get(`${origin}/a?b=1`), forever);
    expect(first.error).toBeNull();
    expect(first.response!.status).toBe(200);
    expect(first.response!.body.toString()).toBe('GET /a?b=1');
    expect(first.timings.connection_reused).toBe(false);
    expect(first.timings.dns_ms).toBeGreaterThan(0);
    expect(first.timings.connect_ms).toBeGreaterThan(0);
    expect(first.timings.tls_ms).toBeNull();
    expect(first.timings.first_byte_ms).toBeGreaterThan(0);
    const sum = (['dns_ms', 'connect_ms', 'first_byte_ms', 'download_ms'] as const).reduce(
      (ms, key) => ms + first.timings[key]!,
      0,
    );
    expect(sum).toBeLessThanOrEqual(first.timings.total_ms + 0.001);
    const second = await http.exchange(get(`${origin}/c`), forever);
    expect(second.timings).toMatchObject({ connection_reused: true, dns_ms: null, connect_ms: null });
  });

  test('sends body and headers and skips informational responses', async () => {
    const port = await serve((request, response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</x>; rel=preload' });
      request.pipe(response);
    });
    const origin = `http://127.0.0.1:${port}`;
    const { response } = await session([origin]).exchange(
      get(`${origin}/`, { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } }),
      forever,
    );
    expect(response!.body.toString()).toBe('{"a":1}');
  });

  test.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
  ])('decodes %s', async (coding, compress) => {
    const port = await serve((_request, response) => {
      response.setHeader('content-encoding', coding);
      response.end(compress(Buffer.from('hello '.repeat(100))));
    });
    const origin = `http://127.0.0.1:${port}`;
    const { response } = await session([origin]).exchange(get(origin), forever);
    expect(response!.body.toString()).toBe('hello '.repeat(100));
  });

  test('repeats a safe request once when the idle connection turns out to be closed', async () => {
    let connections = 0;
    const port = await listen(
      createTcpServer((socket) => {
        connections++;
        socket.once('data', () => {
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
          // Takes the second request of a connection and hangs up on it, as a server does whose idle timeout has passed.
          socket.once('data', () => socket.destroy());
        });
      }),
    );
    const origin = `http://127.0.0.1:${port}`;
    const http = session([origin]);
    await http.exchange(get(origin), forever);
    const second = await http.exchange(get(origin), forever);
    expect(second.response?.status).toBe(200);
    expect(connections).toBe(2);
    const unsafe = await http.exchange(get(origin, { method: 'POST', body: 'x' }), forever);
    expect(unsafe.error?.code).toBe('CONNECTION_RESET');
  });

  test('notices that the server closed after its answer before a request that cannot be repeated', async () => {
    let connections = 0;
    const port = await listen(
      createTcpServer((socket) => {
        connections++;
        socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'));
      }),
    );
    const origin = `http://127.0.0.1:${port}`;
    const http = session([origin]);
    const statuses: unknown[] = [];
    for (let times = 0; times < 20; times++) {
      const { response, error } = await http.exchange(get(origin, { method: 'POST', body: 'x' }), forever);
      statuses.push(response?.status ?? error);
    }
    expect(statuses).toEqual(new Array(20).fill(200));
    expect(connections).toBe(20);
  });
});

describe('what servers and networks do', () => {
  test('connection refused', async () => {
    const server = createTcpServer();
    const port = await listen(server);
    server.close();
    await once(server, 'close');
    expect(await errorOf(port)).toEqual({
      kind: 'network',
      code: 'CONNECTION_REFUSED',
      message: `connection refused by 127.0.0.1:${port}`,
      hint: 'is the service running?',
    });
  });

  test('a name that does not exist', async () => {
    const lookup: Lookup = (_name, done) =>
      done(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }), []);
    const { error } = await session([], { lookup }).exchange(get('http://no-such.example/'), forever);
    expect(error).toMatchObject({
      kind: 'network',
      code: 'DNS_NOT_FOUND',
      message: 'the name no-such.example does not exist',
    });
  });

  test('a name server that does not answer', async () => {
    const lookup: Lookup = (_name, done) => done(Object.assign(new Error('EAI_AGAIN'), { code: 'EAI_AGAIN' }), []);
    const { error } = await session([], { lookup }).exchange(get('http://api.example/'), forever);
    expect(error).toMatchObject({ code: 'DNS_FAILED' });
  });

  test('a time that is up says what took it: the name, the connection or TLS', async () => {
    const silent = await listen(createTcpServer(() => {}));
    const upTo = (base: string, lookup: Lookup) => {
      const limit = new AbortController();
      setTimeout(() => limit.abort(new TimeUp(50)), 50);
      return session([base], { lookup }).exchange(get(base), limit.signal);
    };
    const name = await upTo('http://slow.test', () => {});
    expect(name.error).toMatchObject({ code: 'TIMEOUT', message: 'the name slow.test was not looked up within 50 ms' });
    const tls = await upTo(`https://127.0.0.1:${silent}`, systemNames);
    expect(tls.error).toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('TLS handshake within 50 ms'),
    });
  });

  test('a reset before the answer', async () => {
    const port = await listen(createTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy())));
    expect(await errorOf(port)).toMatchObject({ code: 'CONNECTION_RESET' });
  });

  test('a body cut short', async () => {
    const port = await serveRaw('HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nonly this');
    expect(await errorOf(port)).toMatchObject({
      code: 'BODY_TRUNCATED',
      message: `127.0.0.1:${port} closed the connection in the middle of the body, after 9 of 500 bytes`,
    });
  });

  test('bad chunking', async () => {
    const port = await serveRaw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n');
    expect(await errorOf(port)).toMatchObject({ code: 'INVALID_RESPONSE' });
  });

  test('a chunked body without its end', async () => {
    const port = await serveRaw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n');
    expect(await errorOf(port)).toMatchObject({ code: 'BODY_TRUNCATED' });
  });

  test('something that is not HTTP', async () => {
    const port = await serveRaw('SSH-2.0-OpenSSH_9.6\r\n');
    expect(await errorOf(port)).toMatchObject({ code: 'INVALID_RESPONSE' });
  });

  test('an interim answer that nobody asked for', async () => {
    const switched = await serveRaw('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n');
    expect(await errorOf(switched)).toMatchObject({
      code: 'INVALID_RESPONSE',
      message: expect.stringContaining('101'),
    });
  });

  test('headers without end', async () => {
    const port = await serveRaw(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(200_000)}`, () => {});
    expect(await errorOf(port)).toMatchObject({ code: 'HEADERS_TOO_LARGE' });
  });

  test('a body of 100 MB ends at the limit, announced or not', async () => {
    const chunk = Buffer.alloc(2 ** 20, 'a');
    const port = await serve((request, response) => {
      if (request.url === '/announced') response.setHeader('content-length', 100 * chunk.length);
      let sent = 0;
      const more = () => {
        while (sent++ < 100 && !response.destroyed) if (!response.write(chunk)) return response.once('drain', more);
        return response.end();
      };
      more();
    });
    expect(await errorOf(port)).toMatchObject({ kind: 'response_limit', code: 'RESPONSE_TOO_LARGE' });
    expect(await errorOf(port, { path: '/announced' })).toMatchObject({
      kind: 'response_limit',
      code: 'RESPONSE_TOO_LARGE',
    });
  });

  test('a compressed bomb', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 2 ** 20), { level: 1 });
    const port = await serve((_request, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(bomb);
    });
    expect(await errorOf(port)).toMatchObject({
      kind: 'response_limit',
      message: expect.stringContaining('larger than 10 MiB when its gzip coding is undone'),
    });
  });

  test('a coding that is not what it says, and one that nobody knows', async () => {
    const port = await serve((request, response) => {
      response.setHeader('content-encoding', request.url!.slice(1));
      response.end('plain');
    });
    expect(await errorOf(port, { path: '/gzip' })).toMatchObject({ code: 'INVALID_ENCODING' });
    expect(await errorOf(port, { path: '/constructor' })).toMatchObject({ code: 'INVALID_ENCODING' });
  });

  test('an untrusted certificate, and TLS spoken to a plain port', async () => {
    const secure = await listen(
      createTlsServer({ key: PRIVATE_KEY, cert: CERTIFICATE }, (_request, response) => response.end()),
    );
    const origin = `https://localhost:${secure}`;
    const untrusted = await session([origin]).exchange(get(origin), forever);
    expect(untrusted.error).toMatchObject({
      code: 'TLS_CERTIFICATE_UNTRUSTED',
      hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
    const plain = await serve((_request, response) => response.end());
    const wrong = await session([`https://127.0.0.1:${plain}`]).exchange(get(`https://127.0.0.1:${plain}`), forever);
    expect(wrong.error).toMatchObject({ code: 'TLS_FAILED', hint: 'is base_url meant to start with http:// ?' });
  });

  test.each([
    ['connecting', 'connect'],
    ['waiting', 'wait'],
    ['downloading', 'download'],
  ])('time runs out while %s', async (_what, phase) => {
    const abort = new AbortController();
    const up = () => abort.abort(new TimeUp(1_500));
    const port = await serve((_request, response) => {
      if (phase === 'wait') return up();
      response.write('half');
      return setImmediate(() => setImmediate(() => setTimeout(up, 20)));
    });
    const origin = `http://api.local:${port}`;
    const lookup: Lookup = (_name, done) => {
      if (phase === 'connect') up();
      else done(null, [{ address: '127.0.0.1', family: 4 }]);
    };
    const { error } = await session([origin], { lookup }).exchange(get(origin), abort.signal);
    expect(error).toMatchObject({ kind: 'timeout', code: 'TIMEOUT' });
    const words = { connect: 'was not looked up', wait: 'did not answer', download: 'was not complete' }[phase]!;
    expect(error!.message).toContain(words);
    expect(error!.message).toContain('1.5 s');
  });

  test('a header that cannot be sent', async () => {
    const port = await serve((_request, response) => response.end());
    expect(await errorOf(port, { headers: { 'x-a': 'b\r\nc: d' } })).toMatchObject({ code: 'INVALID_REQUEST' });
  });
});

describe('redirects', () => {
  test('are the response unless asked for', async () => {
    const port = await serve((_request, response) => response.writeHead(302, { location: '/next' }).end());
    const origin = `http://127.0.0.1:${port}`;
    const { response } = await session([origin]).exchange(get(origin), forever);
    expect(response).toMatchObject({ status: 302, headers: { location: '/next' } });
  });

  test('an endless circle ends', async () => {
    const port = await serve((_request, response) => response.writeHead(307, { location: '/?token=abc' }).end());
    const error = await errorOf(port, { maxRedirects: 5 });
    expect(error.message).not.toContain('abc');
    expect(error).toMatchObject({
      kind: 'response_limit',
      code: 'TOO_MANY_REDIRECTS',
    });
  });

  test('each hop is checked, and credentials stay with their origin', async () => {
    const seen: (string | undefined)[] = [];
    const other = await serve((request, response) => {
      seen.push(request.headers.authorization, request.headers['x-api-key'] as string | undefined, request.method);
      response.end('there');
    });
    const port = await serve((request, response) => {
      const location =
        request.url === '/meta'
          ? 'http://169.254.169.254/latest'
          : request.url === '/file'
            ? 'file:///etc/passwd'
            : `http://127.0.0.1:${other}/`;
      response.writeHead(303, { location }).end();
    });
    const origin = `http://127.0.0.1:${port}`;
    const unlisted = session([origin]);
    for (const path of ['/', '/meta', '/file']) {
      const { error } = await unlisted.exchange(get(origin + path, { maxRedirects: 3 }), forever);
      expect(error).toMatchObject({ kind: 'refused_target', code: 'TARGET_REFUSED' });
    }
    const listed = session([origin, `http://127.0.0.1:${other}`]);
    const request = get(origin, {
      method: 'POST',
      body: 'x',
      headers: { Authorization: 'Bearer abc', 'X-API-Key': 'abc' },
      maxRedirects: 3,
    });
    const { response } = await listed.exchange(request, forever);
    expect(response!.body.toString()).toBe('there');
    expect(seen).toEqual([undefined, undefined, 'GET']);
  });
});

test.each([
  'http://127.1:1/',
  'http://0x7f000001:1/',
  'http://2130706433:1/',
  'http://[::ffff:169.254.169.254]/',
  'http://100.64.0.1/',
  'http://[fd00::1]/',
  'http://kim:pw@example.com/',
  'file:///etc/passwd',
  'gopher://example.com/',
  'http://rebind.example/',
  '//169.254.169.254/',
  'http:\\\\169.254.169.254',
])('a redirect to %s is refused at any hop', async (location) => {
  const port = await serve((request, response) => {
    response.writeHead(302, { location: request.url === '/first' ? '/second' : location }).end();
  });
  const origin = `http://127.0.0.1:${port}`;
  const lookup: Lookup = (_name, done) => done(null, [{ address: '169.254.169.254', family: 4 }]);
  const { error, redirects } = await session([origin], { lookup }).exchange(
    get(`${origin}/first`, { maxRedirects: 5 }),
    forever,
  );
  expect(error).toMatchObject({ kind: 'refused_target', code: 'TARGET_REFUSED' });
  expect(redirects.map(({ status }) => status)).toEqual([302, 302]);
});

describe('targets', () => {
  const answers =
    (address: string): Lookup =>
    (_name, done) =>
      done(null, [{ address, family: address.includes(':') ? 6 : 4 } satisfies LookupAddress]);

  test.each(['169.254.169.254', '127.0.0.1', '10.0.0.7', '::1', '::ffff:127.0.0.1', 'fd00:ec2::254'])(
    'a public name that resolves to %s is refused when connecting',
    async (address) => {
      const { error } = await session(['http://localhost'], { lookup: answers(address) }).exchange(
        get('http://rebind.example/'),
        forever,
      );
      expect(error).toMatchObject({ kind: 'refused_target', code: 'TARGET_REFUSED' });
    },
  );

  test('a listed origin that is rebound to the metadata address is refused too', async () => {
    const { error } = await session(['http://api.internal'], { lookup: answers('169.254.169.254') }).exchange(
      get('http://api.internal/'),
      forever,
    );
    expect(error).toMatchObject({ kind: 'refused_target' });
  });

  test('the address that was judged is the one connected to', async () => {
    const port = await serve((_request, response) => response.end('judged'));
    let asked = 0;
    const lookup: Lookup = (_name, done) =>
      done(null, [{ address: asked++ === 0 ? '127.0.0.1' : '169.254.169.254', family: 4 }]);
    const origin = `http://api.internal:${port}`;
    const { response } = await session([origin], { lookup }).exchange(get(origin), forever);
    expect(response!.body.toString()).toBe('judged');
    expect(asked).toBe(1);
  });
});
