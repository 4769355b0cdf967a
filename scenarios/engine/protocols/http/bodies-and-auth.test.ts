import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Files } from '../../files.ts';
import type { WrittenFields } from '../protocol.ts';
import { performStep } from '../testing/perform-step.ts';
import { check } from './check.ts';

const received: { headers: IncomingHttpHeaders; body: Buffer }[] = [];
const nonce = 'the-nonce';
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  received.push({ headers: request.headers, body: Buffer.concat(chunks) });
  const { authorization = '' } = request.headers;
  if (request.url!.startsWith('/digest') && !isRight(authorization, request.method!, request.url!)) {
    response.setHeader('www-authenticate', [
      'Basic realm="r"',
      `Digest realm="r", qop="auth", algorithm=SHA-256, nonce="${nonce}"`,
    ]);
    response.setHeader('set-cookie', 'asked=yes-it-was');
    response.statusCode = 401;
  }
  response.end('ok');
});
let origin: string;

/** Checks an answer by hand, apart from the code that makes it. */
function isRight(authorization: string, method: string, url: string): boolean {
  const part = (name: string) => new RegExp(`\\b${name}="?([^",]+)"?`).exec(authorization)?.[1] ?? '';
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const expected = hash(
    `${hash('kim:r:p:w')}:${nonce}:${part('nc')}:${part('cnonce')}:auth:${hash(`${method}:${url}`)}`,
  );
  return part('response') === expected && part('uri') === url;
}

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  received.length = 0;
});
afterAll(() => {
  server.close();
});

const picture = Buffer.from([0x89, 0x50, 0x0d, 0x0a, 0x00, 0xff, 0xfe]);
const files: Files = {
  text: () => ({ error: 'there is no such file' }),
  bytes: (path) => (path.startsWith('./p') ? { value: picture } : { error: 'there is no such file' }),
};
const send = (step: WrittenFields, values: Record<string, unknown> = {}) =>
  performStep(
    { request: 'POST /', ...step },
    { baseUrl: origin, allowed: [origin], files, values: new Map(Object.entries(values)) },
  );

describe('bodies', () => {
  test('a file is sent byte for byte, as its ending says or as a header does', async () => {
    await send({ file: './pictures/p.png' });
    expect(received[0]!.body).toEqual(picture);
    expect(received[0]!.headers).toMatchObject({ 'content-type': 'image/png', 'content-length': '7' });
    await send({ request: { method: 'PUT', url: '/', headers: { 'Content-Type': 'image/x' } }, file: './p.unknown' });
    expect(received[1]!.headers['content-type']).toBe('image/x');
  });

  test('multipart has texts, lists and files, and nothing breaks out of it', async () => {
    await send(
      {
        multipart: {
          title: '{{ title }}',
          tags: ['a', 'b'],
          'odd"name\r\nx: y': 'v',
          picture: { file: './p.png' },
          other: { file: './p', filename: 'née "x".bin', content_type: 'image/x' },
        },
      },
      { title: { deep: 'läßt' } },
    );
    const [{ headers, body }] = received as [(typeof received)[number]];
    const form = await new Response(new Uint8Array(body), {
      headers: { 'content-type': headers['content-type']! },
    }).formData();
    expect(form.get('title')).toBe('{"deep":"läßt"}');
    expect(form.getAll('tags')).toEqual(['a', 'b']);
    expect(form.get('odd"name\r\nx: y')).toBe('v');
    const file = form.get('picture') as File;
    expect([file.name, file.type, Buffer.from(await file.arrayBuffer())]).toEqual(['p.png', 'image/png', picture]);
    const other = form.get('other') as File;
    expect([other.name, other.type]).toEqual(['née "x".bin', 'image/x']);
  });

  test('a file that is not there, and two bodies, are found while the scenario is parsed', () => {
    expect(check({ request: 'POST /', file: './no', json: 1 }, files)).toEqual([
      { path: ['file'], part: 'key', message: 'a request has one body: "json" and "file" exclude each other' },
      { path: ['file'], part: 'value', message: './no cannot be read: there is no such file' },
    ]);
    expect(check({ request: 'POST /', multipart: { a: { file: './no' }, b: 'x' } }, files)).toEqual([
      { path: ['multipart', 'a', 'file'], part: 'value', message: './no cannot be read: there is no such file' },
    ]);
  });
});

describe('auth', () => {
  test('bearer and basic go along with the request', async () => {
    await send({ auth: { bearer: '{{ token }}' } }, { token: 'abc' });
    await send({ auth: { basic: { username: 'kim', password: 'p:ä' } } });
    expect(received.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer abc',
      `Basic ${Buffer.from('kim:p:ä').toString('base64')}`,
    ]);
    expect(check({ request: 'GET /', auth: { basic: { username: 'a:b', password: 'x' } } }, files)).toMatchObject([
      { path: ['auth', 'basic', 'username'] },
    ]);
  });

  test('digest answers what the server asks, in a second request that is shown', async () => {
    const step = { request: 'POST /digest?a=b', body: 'hello', auth: { digest: { username: 'kim', password: 'p:w' } } };
    const { exchange, assertions, request, hiddenHeaders } = await send(step);
    expect(exchange!.response.status).toBe(200);
    expect(assertions).toMatchObject([
      {
        kind: 'auth',
        passed: true,
        message: 'digest: the server asked first (status 401), the request was sent a second time',
      },
    ]);
    expect(received.map(({ body }) => body.toString())).toEqual(['hello', 'hello']);
    expect(received.map(({ headers }) => headers.authorization?.slice(0, 6))).toEqual([undefined, 'Digest']);
    expect(request!.headers.authorization).toMatch(/^Digest /);
    expect(hiddenHeaders).toEqual({ 'set-cookie': ['asked=yes-it-was'] });
  });

  test('a wrong password ends with the 401, after one try', async () => {
    const { exchange } = await send({ request: 'GET /digest', auth: { digest: { username: 'kim', password: 'no' } } });
    expect(exchange!.response.status).toBe(401);
    expect(received).toHaveLength(2);
  });

  test('a template without a value sends nothing, a token endpoint that refuses neither', async () => {
    expect((await send({ auth: { digest: { username: '{{ who }}', password: 'x' } } })).error).toMatchObject({
      kind: 'template',
      code: 'UNDEFINED_TEMPLATE',
    });
    expect(received).toHaveLength(0);
    const { error, request } = await send({
      auth: { oauth2: { grant: 'client_credentials', token_url: '/token', client_id: 'c', client_secret: 's' } },
    });
    expect(error).toMatchObject({
      code: 'OAUTH2_NO_TOKEN',
      message: expect.stringContaining('without an access_token'),
    });
    expect(request!.headers).not.toHaveProperty('authorization');
    expect(received).toHaveLength(1);
  });

  test('an AWS signature covers the host and the time', async () => {
    const { request } = await send({
      auth: {
        aws: {
          service: 'execute-api',
          region: 'eu-west-1',
          access_key_id: 'AK',
          secret_access_key: 'sk',
          session_token: 'tok',
        },
      },
    });
    expect(received[0]!.headers).toMatchObject({
      authorization: expect.stringContaining('SignedHeaders=host;x-amz-date;x-amz-security-token, '),
      'x-amz-date': expect.stringMatching(/^\d{8}T\d{6}Z$/),
      'x-amz-security-token': 'tok',
    });
    expect(request!.headers.host).toBeUndefined();
  });
});
