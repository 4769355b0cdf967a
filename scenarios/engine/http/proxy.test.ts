import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import { makeCertificate } from '../protocols/testing/certificates.ts';
import { type ConnectionSettings, DEFAULT_CONNECTION } from './connection.ts';
import { dial, type Lookup, systemNames } from './connector.ts';
import { parseTarget } from './target.ts';
import { forever, get, listen, serve, session, toLoopback } from './testing/peers.ts';
import { TimeUp } from './time-up.ts';
import { createUrlPolicy } from './url-policy.ts';

interface ProxyLog {
  origin: string;
  requests: string[];
  authorizations: (string | undefined)[];
}

/** A proxy that forwards and tunnels to this machine, whatever the name. */
async function startProxy(refuse = 0, tls?: { cert: string; key: string }): Promise<ProxyLog> {
  const log: ProxyLog = { origin: '', requests: [], authorizations: [] };
  const forward: RequestListener = (request, response) => {
    log.requests.push(`${request.method} ${request.url}`);
    log.authorizations.push(request.headers['proxy-authorization']);
    response.end(`forwarded ${request.headers.host}`);
  };
  const server = tls ? createTlsServer(tls, forward) : createServer(forward);
  server.on('connect', (request, client: Socket) => {
    log.requests.push(`CONNECT ${request.url}`);
    log.authorizations.push(request.headers['proxy-authorization']);
    if (refuse > 0) {
      client.end(`HTTP/1.1 ${refuse} No\r\ncontent-length: 2\r\n\r\nno`);
      return;
    }
    const upstream = connect(Number(request.url!.split(':').at(-1)), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\nvia: test\r\n\r\n');
      client.pipe(upstream).pipe(client);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  log.origin = `${tls ? 'https' : 'http'}://127.0.0.1:${await listen(server)}`;
  return log;
}

const through = (proxy: string, more: Partial<ConnectionSettings> = {}): ConnectionSettings => ({
  ...DEFAULT_CONNECTION,
  proxy,
  ...more,
});

const unknown: Lookup = (name, done) => done(Object.assign(new Error(name), { code: 'ENOTFOUND' }), []);

describe('a proxy', () => {
  test('is handed http requests whole, with credentials, over one connection', async () => {
    const proxy = await startProxy();
    const http = session([proxy.origin], { lookup: unknown });
    const withUser = proxy.origin.replace('http://', 'http://kim:p%40ss@');
    for (const path of ['/a?b=1', '/c']) {
      const { response, timings } = await http.exchange(
        get(`http://only-the-proxy-knows.example${path}`, { connection: through(withUser) }),
        forever,
      );
      expect(response!.body.toString()).toBe('forwarded only-the-proxy-knows.example');
      expect(timings.connection_reused).toBe(path === '/c');
    }
    expect(proxy.requests).toEqual([
      'GET http://only-the-proxy-knows.example/a?b=1',
      'GET http://only-the-proxy-knows.example/c',
    ]);
    expect(proxy.authorizations).toEqual(new Array(2).fill(`Basic ${Buffer.from('kim:p@ss').toString('base64')}`));
  });

  test('tunnels https, whose certificate is that of the target', async () => {
    const proxy = await startProxy();
    const { cert, key } = makeCertificate({ name: 'api', names: ['api.example'] });
    const port = await listen(createTlsServer({ cert, key }, (_request, response) => response.end('inside')));
    const origin = `https://api.example:${port}`;
    const http = session([proxy.origin, origin], { lookup: toLoopback });
    for (const reused of [false, true]) {
      const outcome = await http.exchange(get(origin, { connection: through(proxy.origin, { ca: cert }) }), forever);
      expect(outcome.error).toBeNull();
      expect(outcome.response!.body.toString()).toBe('inside');
      expect(outcome.certificate).toMatchObject({ names: ['api.example'], trusted: true });
      expect(outcome.timings.connection_reused).toBe(reused);
      if (!reused) expect(outcome.timings.tls_ms).toBeGreaterThan(0);
    }
    expect(proxy.requests).toEqual([`CONNECT api.example:${port}`]);
  });

  test('may speak TLS itself, for what it forwards and for TLS inside of it', async () => {
    const both = makeCertificate({ name: 'both', names: ['127.0.0.1', 'api.example'] });
    const proxy = await startProxy(0, both);
    const port = await listen(createTlsServer(both, (_request, response) => response.end('inside')));
    const origin = `https://api.example:${port}`;
    const http = session([proxy.origin, origin], { lookup: toLoopback });
    const connection = through(proxy.origin, { ca: both.cert });
    const inside = await http.exchange(get(origin, { connection }), forever);
    expect(inside.error).toBeNull();
    expect(inside.response!.body.toString()).toBe('inside');
    const unknownName = session([proxy.origin], { lookup: unknown });
    const forwarded = await unknownName.exchange(get('http://plain.example/', { connection }), forever);
    expect(forwarded.response!.body.toString()).toBe('forwarded plain.example');
    expect(forwarded.certificate).toBeNull();
    expect(proxy.requests).toEqual([`CONNECT api.example:${port}`, 'GET http://plain.example/']);
  });

  test('tunnels http where the connection resolves elsewhere', async () => {
    const proxy = await startProxy();
    const port = await serve((request, response) => response.end(request.headers.host));
    const origin = `http://api.example:${port}`;
    const http = session([proxy.origin, origin, `http://127.0.0.1:${port}`]);
    const connection = through(proxy.origin, { resolve: '127.0.0.1' });
    const { response } = await http.exchange(get(origin, { connection }), forever);
    expect(response!.body.toString()).toBe(`api.example:${port}`);
    expect(proxy.requests).toEqual([`CONNECT 127.0.0.1:${port}`]);
  });

  test.each([
    [407, /answered with status 407/],
    [403, /answered with status 403/],
  ])('that answers %i says so', async (status, words) => {
    const proxy = await startProxy(status);
    const { error } = await session([proxy.origin], { lookup: unknown }).exchange(
      get('https://api.example', { connection: through(proxy.origin) }),
      forever,
    );
    expect(error).toMatchObject({ code: 'PROXY_REFUSED', message: expect.stringMatching(words) });
  });

  test('that is not there is told apart from a target that is not there', async () => {
    const port = await listen(createTcpServer(() => {}));
    const gone = await session(['http://127.0.0.1:9']).exchange(
      get('http://8.8.8.8/', { connection: through('http://127.0.0.1:9') }),
      forever,
    );
    expect(gone.error).toMatchObject({
      code: 'PROXY_FAILED',
      message: expect.stringContaining('refused by 127.0.0.1:9'),
    });
    const silent = new AbortController();
    setTimeout(() => silent.abort(new TimeUp(50)), 50);
    const origin = `http://127.0.0.1:${port}`;
    const late = await session([origin]).exchange(
      get('https://8.8.8.8/', { connection: through(origin) }),
      silent.signal,
    );
    expect(late.error).toMatchObject({ kind: 'timeout' });
  });

  test('does not open what the URL policy closes: the target is judged where it can be, the proxy always', async () => {
    const proxy = await startProxy();
    const lookup: Lookup = (name, done) =>
      done(null, [{ address: name === 'rebind.example' ? '169.254.169.254' : '10.1.1.1', family: 4 }]);
    const http = session([proxy.origin], { lookup });
    for (const url of [
      'http://169.254.169.254/latest',
      'https://[::ffff:169.254.169.254]/',
      'http://127.0.0.1:1/',
      'http://rebind.example/',
      'https://inner.example/',
    ]) {
      const { error } = await http.exchange(get(url, { connection: through(proxy.origin) }), forever);
      expect(error).toMatchObject({ kind: 'refused_target', code: 'TARGET_REFUSED' });
    }
    for (const unlisted of ['http://127.0.0.1:3128', 'http://169.254.169.254', 'http://inner.example:3128']) {
      const { error } = await http.exchange(get('http://8.8.8.8/', { connection: through(unlisted) }), forever);
      expect(error).toMatchObject({ kind: 'refused_target', code: 'PROXY_FAILED' });
    }
    expect(proxy.requests).toEqual([]);
  });

  test('carries other protocols too, a server that speaks first included', async () => {
    const proxy = await startProxy();
    const port = await listen(createTcpServer((socket) => socket.write('220 ready\r\n')));
    const allowed = [proxy.origin, `tcp://127.0.0.1:${port}`];
    const socket = await new Promise<Socket>((resolve, reject) => {
      dial(
        { clock: systemClock, policy: createUrlPolicy(allowed), lookup: systemNames },
        { target: parseTarget(`tcp://127.0.0.1:${port}`)!, settings: through(proxy.origin), alpn: null },
        (error, made) => (made ? resolve(made) : reject(error)),
      );
    });
    const greeting = await new Promise((resolve) => socket.once('data', resolve));
    expect(String(greeting)).toBe('220 ready\r\n');
    socket.destroy();
  });
});
