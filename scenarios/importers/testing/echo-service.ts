import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';

export interface EchoService {
  readonly url: string;
  close(): Promise<void>;
}

/** A stand-in for the public service that Postman's own collection asks: it answers with what it was sent. */
export async function startEchoService(): Promise<EchoService> {
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url!, 'http://echo');
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  const json = (value: unknown, status = 200, headers: Record<string, string | string[]> = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
  };
  const cookies = Object.fromEntries(
    (request.headers.cookie ?? '')
      .split('; ')
      .filter(Boolean)
      .map((pair) => pair.split('=')),
  );
  const query = Object.fromEntries(url.searchParams);
  const headers = request.headers;
  const { authorization = '' } = headers;
  switch (url.pathname) {
    case '/digest-auth':
      if (!authorization.startsWith('Digest ')) {
        response
          .writeHead(401, { 'www-authenticate': 'Digest realm="Users", nonce="abcdef", qop="auth", algorithm=MD5' })
          .end('Unauthorized');
        return;
      }
      return json({ authenticated: true });
    case '/basic-auth':
      return authorization.startsWith('Basic ') ? json({ authenticated: true }) : json({}, 401);
    case '/oauth1':
      return authorization === '' ? json({ status: 'fail' }, 401) : json({ status: 'pass' });
    case '/auth/hawk':
      return json({ status: 'pass' });
    case '/cookies/set':
      response
        .writeHead(302, {
          location: '/cookies',
          'set-cookie': Object.entries(query).map(([key, value]) => `${key}=${value}; Path=/`),
        })
        .end();
      return;
    // The collection expects the named cookie to be left and the others to be gone.
    case '/cookies/delete':
      response
        .writeHead(302, {
          location: '/cookies',
          'set-cookie': Object.keys(cookies)
            .filter((key) => !(key in query))
            .map((key) => `${key}=; Path=/; Max-Age=0`),
        })
        .end();
      return;
    case '/cookies':
      return json({ cookies });
    case '/response-headers':
      response.writeHead(200, query).end(JSON.stringify(query));
      return;
    case '/status/200':
      return json({ status: 200 });
    case '/stream/10':
      response.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
      for (let line = 0; line < 10; line++) response.write('{"args":{}}\n');
      response.end();
      return;
    case '/delay/3':
      return json({ delay: '3' });
    case '/encoding/utf8':
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<h1>ünïcödé</h1>');
      return;
    case '/gzip':
    case '/deflate': {
      const squeezed = Buffer.from(JSON.stringify({ gzipped: true, deflated: true, headers, method: request.method }));
      const gzip = url.pathname === '/gzip';
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-encoding': gzip ? 'gzip' : 'deflate' })
        .end(gzip ? gzipSync(squeezed) : deflateSync(squeezed));
      return;
    }
    case '/ip':
      return json({ ip: '127.0.0.1' });
    default: {
      const isForm = headers['content-type'] === 'application/x-www-form-urlencoded';
      return json({
        args: query,
        data: isForm ? '' : text,
        files: {},
        form: isForm ? Object.fromEntries(new URLSearchParams(text)) : {},
        headers,
        url: request.url,
      });
    }
  }
}
