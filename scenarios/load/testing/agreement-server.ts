import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { WebSocketServer } from 'ws';
import { sign } from '../../engine/auth/aws/index.ts';
import { digestAnswer as digestAnswerOf } from '../../engine/auth/digest/answer.ts';
import { digestChallenge } from '../../engine/auth/digest/challenge.ts';

/** A service that answers in every way that the agreement of the two engines is judged by. */
export async function agreementServer(tls?: {
  cert: string;
  key: string;
}): Promise<{ origin: string; close(): Promise<void> }> {
  let asked = 0;
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => answer(request, response, Buffer.concat(chunks).toString(), () => ++asked));
  };
  const server = tls
    ? createSecureServer({ ...tls, requestCert: true, rejectUnauthorized: false }, listener)
    : createServer(listener);
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (!request.url!.startsWith('/ws'))
      return socket.end('HTTP/1.1 401 Unauthorized\r\ncontent-length: 4\r\n\r\nnope');
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.send(JSON.stringify({ type: 'ready', headers: request.headers, url: request.url }));
      client.on('message', (data, binary) => {
        const text = String(data);
        if (text === 'leave') client.close(4001, 'as you wish');
        else if (text === 'break') client.terminate();
        else client.send(data as Buffer, { binary });
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, body: string, count: () => number): unknown {
  const url = new URL(request.url!, 'http://service');
  const [, first, second] = url.pathname.split('/');
  const json = (value: unknown, status = 200) => {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'x-limit': '60', 'x-empty': '' });
    response.end(JSON.stringify(value));
  };
  switch (first) {
    case 'client':
      return json({ name: (request.socket as TLSSocket).getPeerCertificate().subject?.CN ?? null });
    case 'status':
      response.writeHead(Number(second));
      return response.end();
    case 'post':
      return json(POST);
    case 'echo':
      return json({ method: request.method, url: request.url, headers: request.headers, body }, 201);
    case 'text':
      response.writeHead(200, { 'content-type': 'text/plain' });
      return response.end('order no. 17 of 한국어 customers\r\nsecond line');
    case 'empty':
      return response.end();
    case 'slow':
      return setTimeout(() => json(POST), 1_500);
    case 'drip':
      response.writeHead(200, { 'content-type': 'application/json' });
      return response.write('{"half":');
    case 'cut':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"half":');
      return setTimeout(() => response.destroy(), 50);
    case 'gone':
      return request.socket.destroy();
    case 'gzip':
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      return response.end(gzipSync(JSON.stringify(POST)));
    case 'not-gzip':
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      return response.end('{}');
    case 'coded': {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': second });
      return response.end(gzipSync(JSON.stringify(POST)));
    }
    case 'bytes':
      return response.end(Buffer.from('ff00e282f09f9841', 'hex'));
    case 'large':
      return response.end(Buffer.alloc(11 * 2 ** 20, 'a'));
    case 'upgrade':
      request.socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: other\r\nconnection: upgrade\r\n\r\n');
      return request.socket.end();
    case 'odd-status':
      request.socket.write('HTTP/1.1 777 Odd\r\ncontent-length: 2\r\n\r\n{}');
      return request.socket.end();
    case 'quoted-cookie':
      response.writeHead(200, { 'set-cookie': 'note="x y"; Path=/' });
      return response.end('{}');
    case 'together':
      return together(Number(second), response);
    case 'redirect': {
      const left = Number(second);
      response.writeHead(302, { location: left > 1 ? `/redirect/${left - 1}` : '/post' });
      return response.end();
    }
    case 'sign-in':
      response.writeHead(204, {
        'set-cookie': ['session=abc; Path=/; HttpOnly; SameSite=Lax', 'theme=dark; Max-Age=60'],
      });
      return response.end();
    case 'with-cookie':
      return json(
        { cookie: request.headers.cookie ?? null },
        request.headers.cookie?.includes('session=abc') ? 200 : 401,
      );
    case 'job': {
      const done = count() % 3 === 0;
      return json({ state: done ? 'done' : 'working' });
    }
    case 'token': {
      const form = new URLSearchParams(body);
      const basic = Buffer.from(request.headers.authorization?.split(' ')[1] ?? '', 'base64').toString();
      if (basic !== 'a+client:s%26cret' && form.get('client_secret') !== 's&cret')
        return json({ error: 'invalid_client' }, 401);
      return json({ access_token: `token-for-${form.get('scope')}`, token_type: 'Bearer', expires_in: 60 });
    }
    case 'digest':
      return second === 'never'
        ? askDigest(response, { 'www-authenticate': 'Digest realm="r", nonce="x", qop=auth' })
        : digestAnswer(request, response, json);
    case 'aws': {
      const {
        host,
        'content-type': type,
        'x-amz-date': date = '',
        'x-amz-security-token': token,
      } = request.headers as Record<string, string>;
      const credentials = { ...AWS, service: second!, ...(token ? { session_token: token } : {}) };
      const asked = {
        method: request.method!,
        url: new URL(`http://${host}${request.url}`),
        headers: (type ? { 'content-type': type } : {}) as Record<string, string>,
        body: body === '' ? null : body,
        maxRedirects: 0,
      };
      const at = new Date(date.replace(/(....)(..)(..T..)(..)/, '$1-$2-$3:$4:'));
      return sign(credentials, asked, at).then(({ authorization }) =>
        json({ authorization }, authorization === request.headers.authorization ? 200 : 403),
      );
    }
    case 'graphql': {
      const { query, variables, operationName } = JSON.parse(body);
      const errors = variables.fail ? [{ message: 'not for everybody', path: ['me'] }] : undefined;
      return json({ data: { query, variables, operationName, accept: request.headers.accept }, errors });
    }
    case 'user':
      return json({ name: second, active: second !== 'mallory' });
    default:
      return json({ error: 'no such thing' }, 404);
  }
}

const waiting: ServerResponse[] = [];

/** Answers when so many are asked at the same time, and refuses after a while where they are not. */
function together(many: number, response: ServerResponse): void {
  const refuse = () => {
    waiting.splice(waiting.indexOf(response), 1);
    response.writeHead(503).end();
  };
  const patience = setTimeout(refuse, 1_500);
  response.on('finish', () => clearTimeout(patience));
  waiting.push(response);
  if (waiting.length < many) return;
  for (const one of waiting.splice(0)) one.end('{}');
}

const AWS = { region: 'eu-west-1', access_key_id: 'AKIDEXAMPLE', secret_access_key: 'wJalrXUtnFEMI/K7MDENG' };

function askDigest(response: ServerResponse, headers: Record<string, string | string[]>): void {
  response.writeHead(401, headers).end();
}

/** Every second time the nonce is an old one. */
function digestAnswer(request: IncomingMessage, response: ServerResponse, json: (value: unknown) => void): void {
  const challenge = digestChallenge([CHALLENGE])!;
  const given = new Map(
    [...(request.headers.authorization ?? '').matchAll(/(\w+)="?([^",]*)"?/g)].map(([, name, value]) => [name, value!]),
  );
  const expected = digestAnswerOf(challenge, {
    username: 'qa',
    password: 'correct horse',
    method: request.method!,
    uri: request.url!,
    cnonce: given.get('cnonce') ?? '',
    count: Number.parseInt(given.get('nc') ?? '0', 16),
  });
  if (request.headers.authorization === expected) json({ count: given.get('nc') });
  else askDigest(response, { 'www-authenticate': ['Basic realm="a"', CHALLENGE] });
}

const CHALLENGE = 'Digest realm="qa \\"api\\"", nonce="n0nce", opaque="", qop="auth, auth-int", algorithm=SHA-256';

const POST = {
  id: 17,
  title: 'hello',
  views: 1234.5,
  draft: false,
  author: null,
  tags: ['new', 'popular'],
  items: [
    { id: 1, price: 8.95, name: 'tea' },
    { id: 2, price: 22.99, name: 'coffee' },
    { id: '3', price: 1, name: '김치' },
  ],
  nested: { a: { b: [{ c: 1 }, { c: 2 }] } },
  __proto__: { odd: true },
};
