import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { describe, expect, test } from '@jest/globals';
import { makeCertificate } from '../protocols/testing/certificates.ts';
import { type ConnectionSettings, connectionKey, DEFAULT_CONNECTION } from './connection.ts';
import type { Lookup } from './connector.ts';
import { forever, get, listen, serve, session, toLoopback } from './testing/peers.ts';

const authority = makeCertificate({ name: 'Test CA', authority: true });
const forApi = makeCertificate({ name: 'api', names: ['api.example', '127.0.0.1'], issuer: authority });

const settings = (more: Partial<ConnectionSettings>): ConnectionSettings => ({ ...DEFAULT_CONNECTION, ...more });

/** Answers with the server name asked for and the client's common name. */
async function serveTls(more: ServerOptions = {}): Promise<number> {
  const server = createTlsServer({ cert: forApi.cert, key: forApi.key, ...more }, (request, response) => {
    const socket = request.socket as TLSSocket & { servername?: string | false };
    response.end(`${socket.servername || 'no name'} ${socket.getPeerCertificate().subject?.CN ?? 'nobody'}`);
  });
  return listen(server);
}

describe('TLS', () => {
  test('trusts a custom CA, sends the server name and shows the certificate', async () => {
    const origin = `https://api.example:${await serveTls()}`;
    const http = session([origin], { lookup: toLoopback });
    const connection = settings({ ca: authority.cert });
    const { response, certificate, timings } = await http.exchange(get(origin, { connection }), forever);
    expect(response!.body.toString()).toBe('api.example nobody');
    expect(timings.tls_ms).toBeGreaterThan(0);
    expect(certificate).toMatchObject({
      subject: 'CN=api',
      issuer: 'CN=Test CA',
      names: ['api.example', '127.0.0.1'],
      valid_to: expect.stringMatching(/^\d{4}-.*Z$/),
      fingerprint_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      trusted: true,
      untrusted_reason: null,
    });
    expect(certificate!.chain.map(({ subject }) => subject)).toEqual(['CN=api', 'CN=Test CA']);
    const again = await http.exchange(get(origin, { connection }), forever);
    expect(again.timings.connection_reused).toBe(true);
    expect(again.certificate).toEqual(certificate);
  });

  test('bodies of many records arrive whole, each read in the place of the one before', async () => {
    const large = Buffer.alloc(3 * 2 ** 20, 'abcdefghijklmnopqrstuvwxyz');
    const server = createTlsServer({ cert: forApi.cert, key: forApi.key }, (request, response) => {
      if (request.url === '/sized') response.setHeader('content-length', large.length);
      request.resume().on('end', () => response.end(large));
    });
    const origin = `https://127.0.0.1:${await listen(server)}`;
    const http = session([origin]);
    const connection = settings({ ca: authority.cert });
    const ask = (path: string) =>
      http.exchange(get(origin + path, { method: 'PUT', body: large, connection }), forever);
    for (const { response } of await Promise.all(['/sized', '/chunked', '/sized', '/chunked'].map(ask))) {
      expect(response!.body.equals(large)).toBe(true);
    }
  });

  test('an untrusted certificate is accepted only where that is asked for, and shown as such', async () => {
    const origin = `https://127.0.0.1:${await serveTls()}`;
    const http = session([origin]);
    expect((await http.exchange(get(origin), forever)).error).toMatchObject({ code: 'TLS_CERTIFICATE_UNTRUSTED' });
    const { response, certificate } = await http.exchange(
      get(origin, { connection: settings({ verify: false }) }),
      forever,
    );
    expect(response!.status).toBe(200);
    expect(certificate).toMatchObject({ trusted: false, untrusted_reason: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  });

  test('the name of the certificate is that of the URL, unless servername says otherwise', async () => {
    const port = await serveTls();
    const origin = `https://other.example:${port}`;
    const http = session([origin], { lookup: toLoopback });
    const ca = authority.cert;
    const mismatch = await http.exchange(get(origin, { connection: settings({ ca }) }), forever);
    expect(mismatch.error).toMatchObject({ code: 'TLS_NAME_MISMATCH' });
    const named = await http.exchange(
      get(origin, { connection: settings({ ca, servername: 'api.example' }) }),
      forever,
    );
    expect(named.response!.body.toString()).toBe('api.example nobody');
  });

  test('a client certificate with a passphrase; a wrong passphrase says so', async () => {
    const port = await serveTls({ ca: authority.cert, requestCert: true, rejectUnauthorized: true });
    const origin = `https://127.0.0.1:${port}`;
    const client = makeCertificate({ name: 'kim', issuer: authority });
    const key = client.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open' });
    const ask = (passphrase: string | null) =>
      session([origin]).exchange(
        get(origin, {
          connection: settings({
            ca: authority.cert,
            clientCertificate: { cert: client.cert, key: String(key), passphrase },
          }),
        }),
        forever,
      );
    expect((await ask('open')).response!.body.toString()).toBe('no name kim');
    const wrong = await ask('shut');
    expect(wrong.error).toMatchObject({ code: 'CERTIFICATE_UNUSABLE' });
    expect(JSON.stringify(wrong.error)).not.toContain('shut');
    const without = await session([origin]).exchange(
      get(origin, { connection: settings({ ca: authority.cert }) }),
      forever,
    );
    expect(without.response).toBeNull();
  });
});

describe('where a connection goes', () => {
  const both: Lookup = (_name, done) =>
    done(null, [
      { address: '::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ]);

  test('resolve connects elsewhere, which is judged like any address', async () => {
    const port = await serve((request, response) => response.end(request.headers.host));
    const origin = `http://api.example:${port}`;
    const connection = settings({ resolve: '127.0.0.1' });
    const listed = [origin, `http://127.0.0.1:${port}`];
    const { response } = await session(listed).exchange(get(origin, { connection }), forever);
    expect(response!.body.toString()).toBe(`api.example:${port}`);
    // Whoever may reach the name may not, by that, reach every address of the private network.
    const unlisted = await session([origin]).exchange(get(origin, { connection }), forever);
    expect(unlisted.error).toMatchObject({
      code: 'TARGET_REFUSED',
      message: `127.0.0.1 is a loopback or private address, and http://127.0.0.1:${port} is not listed`,
    });
    const metadata = await session([origin]).exchange(
      get(origin, { connection: settings({ resolve: '169.254.169.254' }) }),
      forever,
    );
    expect(metadata.error).toMatchObject({ code: 'TARGET_REFUSED' });
    const rebound = await session([origin], {
      lookup: (_name, done) => done(null, [{ address: '10.0.0.1', family: 4 }]),
    }).exchange(get('http://public.example', { connection: settings({ resolve: 'inner.example' }) }), forever);
    expect(rebound.error).toMatchObject({ code: 'TARGET_REFUSED' });
  });

  test('ip takes the addresses of one version alone', async () => {
    const port = await serve((request, response) => response.end(request.socket.remoteFamily));
    const origin = `http://api.example:${port}`;
    const http = session([origin], { lookup: both });
    const four = await http.exchange(get(origin, { connection: settings({ ip: 4 }) }), forever);
    expect(four.response!.body.toString()).toBe('IPv4');
    const only4 = session([origin], { lookup: toLoopback });
    const six = await only4.exchange(get(origin, { connection: settings({ ip: 6 }) }), forever);
    expect(six.error).toMatchObject({ code: 'UNREACHABLE', message: 'api.example has no IPv6 address' });
  });

  test('settings belong to their host: a redirect elsewhere leaves names and client certificate behind', async () => {
    const there = await serve((request, response) => response.end(request.headers.host));
    const port = await serve((_request, response) =>
      response.writeHead(302, { location: `http://other.example:${there}/` }).end(),
    );
    const origins = [`http://api.example:${port}`, `http://other.example:${there}`];
    const http = session([...origins, `http://127.0.0.1:${port}`], { lookup: toLoopback });
    const connection = settings({ resolve: '127.0.0.1' });
    const { response } = await http.exchange(get(origins[0]!, { connection, maxRedirects: 1 }), forever);
    expect(response!.body.toString()).toBe(`other.example:${there}`);
  });

  test('equal settings share connections, different ones do not', () => {
    expect(connectionKey(settings({ ca: Buffer.from('a') }))).toBe(connectionKey(settings({ ca: 'a' })));
    expect(connectionKey(settings({ ca: 'a' }))).not.toBe(connectionKey(settings({ ca: 'b' })));
    expect(connectionKey(DEFAULT_CONNECTION)).toBe('');
  });

  test('several exchanges at a time have a connection each, later ones reuse them', async () => {
    let open = 0;
    const waiting: (() => void)[] = [];
    const port = await serve((_request, response) => {
      waiting.push(() => response.end());
      if (waiting.length === 3) for (const answer of waiting.splice(0)) answer();
    });
    const origin = `http://127.0.0.1:${port}`;
    const http = session([origin]);
    const three = () => Promise.all([1, 2, 3].map((n) => http.exchange(get(`${origin}/${n}`), forever)));
    for (const { timings } of await three()) if (!timings.connection_reused) open++;
    for (const { timings } of await three()) if (!timings.connection_reused) open++;
    expect(open).toBe(3);
  });
});
