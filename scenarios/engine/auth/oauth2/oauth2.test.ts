import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../../core/clock.ts';
import { VirtualClock } from '../../../../core/testing/virtual-clock.ts';
import { DEFAULT_CONNECTION } from '../../http/connection.ts';
import { systemNames } from '../../http/connector.ts';
import { HttpSession } from '../../http/http-session.ts';
import { createUrlPolicy } from '../../http/url-policy.ts';
import { auth } from './index.ts';
import type { TokenRequest } from './token.ts';

const asked: { headers: IncomingHttpHeaders; form: Record<string, string> }[] = [];
let reply: { status?: number; body: unknown };
const server = createServer(async (request, response) => {
  let text = '';
  for await (const chunk of request) text += chunk;
  asked.push({ headers: request.headers, form: Object.fromEntries(new URLSearchParams(text)) });
  response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', 'set-cookie': 'login=1' });
  response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body));
});
let origin: string;
let http: HttpSession;
let clock: VirtualClock;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  asked.length = 0;
  reply = { body: { access_token: 'the-token', token_type: 'Bearer', expires_in: 60 } };
  clock = new VirtualClock();
  http = new HttpSession({
    clock: systemClock,
    policy: createUrlPolicy([origin]),
    lookup: systemNames,
    bodyLimitBytes: 1e6,
  });
});
afterEach(() => http.close());
afterAll(() => {
  server.close();
});

const client: TokenRequest = {
  grant: 'client_credentials',
  send: 'basic',
  token_url: '/token',
  client_id: 'a client',
  client_secret: 's:ecret%',
  scope: 'a b',
};
const step = { method: 'GET', url: new URL('http://127.0.0.1/'), headers: {}, body: null, maxRedirects: 0 };
const authorize = async (request: TokenRequest, baseUrl = origin) =>
  auth.authorize(request, step, {
    http,
    clock,
    baseUrl,
    abort: new AbortController().signal,
    userAgent: 'ringdown/0',
    traceparent: '00-00000000000000000000000000000001-0000000000000001-01',
    connection: DEFAULT_CONNECTION,
  });

test('client credentials in a header, form-encoded as the RFC has it', async () => {
  expect(await authorize(client)).toEqual({
    headers: { authorization: 'Bearer the-token' },
    secrets: ['the-token'],
  });
  const [{ headers, form }] = asked as [(typeof asked)[number]];
  expect(form).toEqual({ grant_type: 'client_credentials', scope: 'a b' });
  expect(headers.authorization).toBe(`Basic ${Buffer.from('a+client:s%3Aecret%25').toString('base64')}`);
  expect(headers.traceparent).toBeDefined();
});

test('client credentials in the body, with an audience', async () => {
  await authorize({ ...client, send: 'body', audience: 'https://api.example.com' });
  expect(asked[0]!.headers.authorization).toBeUndefined();
  expect(asked[0]!.form).toMatchObject({
    client_id: 'a client',
    client_secret: 's:ecret%',
    audience: 'https://api.example.com',
  });
});

test('a password of a public client', async () => {
  const { client_secret: _, ...open } = client;
  await authorize({ ...open, grant: 'password', username: 'kim', password: 'pw' });
  expect(asked[0]!.form).toMatchObject({
    grant_type: 'password',
    username: 'kim',
    password: 'pw',
    client_id: 'a client',
  });
});

test('a token is asked for once, by many steps at the same time too, and again when it has ended', async () => {
  await Promise.all([authorize(client), authorize(client), authorize(client)]);
  expect(asked).toHaveLength(1);
  await clock.advance(54_000);
  await authorize(client);
  expect(asked).toHaveLength(1);
  await clock.advance(2_000);
  reply = { body: { access_token: 'a-new-one', expires_in: '60' } };
  expect(await authorize(client)).toMatchObject({ headers: { authorization: 'Bearer a-new-one' } });
  expect(asked).toHaveLength(2);
  await authorize({ ...client, scope: 'other' });
  expect(asked).toHaveLength(3);
});

describe('no token', () => {
  test.each<[typeof reply, string]>([
    [
      { status: 401, body: { error: 'invalid_client', error_description: 'who?' } },
      'answered 401, invalid_client: who?',
    ],
    [{ status: 500, body: '<h1>no</h1>' }, 'answered 500'],
    [{ body: '[]' }, 'answered 200 without an access_token'],
    [{ body: { access_token: 'a\nb' } }, 'answered 200 without an access_token'],
    [{ body: { access_token: 'x', token_type: 'mac' } }, 'gave a token of the type "mac"'],
    [{ status: 302, body: '' }, 'answered 302'],
  ])('%j', async (answer, words) => {
    reply = answer;
    expect(await authorize(client)).toEqual({
      error: {
        kind: 'network',
        code: 'OAUTH2_NO_TOKEN',
        message: expect.stringContaining(`the token endpoint ${origin}/token ${words}`),
        hint: expect.any(String),
      },
    });
    // The next step tries again.
    reply = { body: { access_token: 'the-token' } };
    expect(await authorize(client)).toHaveProperty('headers');
  });

  test('from an address that is not allowed, or that nobody listens at', async () => {
    expect(await authorize({ ...client, token_url: 'http://169.254.169.254/token' })).toMatchObject({
      error: {
        kind: 'refused_target',
        message: expect.stringContaining('the token endpoint http://169.254.169.254/token'),
      },
    });
    expect(asked).toEqual([]);
  });
});

test('what belongs to the other grant is refused while the scenario is parsed', () => {
  expect(auth.check({ grant: 'password', token_url: '/t', client_id: 'c', username: 'u' })).toMatchObject([
    { message: 'the grant "password" needs a password' },
  ]);
  expect(auth.check({ grant: 'client_credentials', token_url: '/t', client_id: 'c', username: 'u' })).toMatchObject([
    { path: ['username'], message: '"username" belongs to the grant "password"' },
  ]);
});
