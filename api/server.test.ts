import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PROBLEMS } from './problems/catalogue.ts';
import { type ApiUnderTest, apiUnderTest, PASSWORD, problemOf } from './testing/api-under-test.ts';

let api: ApiUnderTest;
beforeEach(async () => {
  api = await apiUnderTest();
});
afterEach(() => api.close());

const signUp = (payload: string, headers: Record<string, string> = {}) =>
  api.call('POST', '/v1/users', { payload, headers });

describe('bodies', () => {
  test.each(['{', '{"email": }', 'nonsense', '{"a":1}{"b":2}', '\u0000', '[1,', '"'])(
    '%j is malformed',
    async (payload) => {
      expect(problemOf(await signUp(payload))).toMatchObject({ status: 400, code: 'malformed_request' });
    },
  );

  test('an empty body that claims to be JSON is malformed', async () => {
    expect(problemOf(await signUp('')).status).toBe(400);
  });

  test.each([
    `{"email":"a@example.com","password":"${PASSWORD}","__proto__":{"admin":true}}`,
    `{"email":"a@example.com","password":"${PASSWORD}","constructor":{"prototype":{"admin":true}}}`,
    '{"__proto__":{"email":"a@example.com","password":"12345678"}}',
  ])('a key that would poison a prototype is refused: %s', async (payload) => {
    expect(problemOf(await signUp(payload)).status).toBe(400);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test('one that is too large is refused with 413', async () => {
    const payload = JSON.stringify({ email: 'a@example.com', password: 'x'.repeat(300_000) });
    expect(problemOf(await signUp(payload))).toMatchObject({ status: 413, code: 'payload_too_large' });
  });

  test('another media type is refused with 415', async () => {
    const response = await signUp('<a/>', { 'content-type': 'application/xml' });
    expect(problemOf(response)).toMatchObject({ status: 415, code: 'unsupported_media_type' });
  });

  test('every mistake is named with its place', async () => {
    const response = await api.call('POST', '/v1/users', { json: { email: 'no', password: 5 } });
    expect(response.json().errors).toEqual(
      expect.arrayContaining([
        { in: 'body', pointer: '/email', detail: expect.any(String) },
        { in: 'body', pointer: '/password', detail: expect.stringContaining('string') },
      ]),
    );
  });
});

describe('paths and methods', () => {
  test('a path that does not exist is a problem too', async () => {
    expect(problemOf(await api.call('GET', '/v1/nothing?x=1'))).toMatchObject({ status: 404, code: 'not_found' });
    expect(problemOf(await api.call('GET', '/')).code).toBe('not_found');
  });

  test.each([
    ['PUT', '/v1/posts', 'GET, HEAD, POST'],
    ['POST', '/v1/users/me', 'DELETE, GET, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['GET', '/v1/sessions/refresh', 'POST'],
    ['PUT', '/v1/posts/42', 'DELETE, GET, HEAD, PATCH'],
    ['OPTIONS', '/v1/posts', 'GET, HEAD, POST'],
  ] as const)('%s %s answers 405 and what is allowed', async (method, url, allow) => {
    const response = await api.call(method, url);
    expect(problemOf(response)).toMatchObject({ status: 405, code: 'method_not_allowed' });
    expect(response.headers.allow).toBe(allow);
  });

  test('a path that is not a URL is malformed', async () => {
    expect(problemOf(await api.call('GET', '/v1/%zz')).code).toBe('malformed_request');
  });

  test('bytes that are not HTTP get a problem document and a closed connection', async () => {
    await api.app.listen({ port: 0, host: '127.0.0.1' });
    const socket = connect((api.app.server.address() as { port: number }).port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk));
    socket.write('certainly not http\r\n\r\n');
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toMatchObject({ code: 'malformed_request', status: 400 });
  });
});

describe('failures of the store', () => {
  test('are logged with their cause and not shown', async () => {
    const { token } = await api.someone();
    api.deps.posts.byId = async () => {
      throw new Error('no such column: author_id');
    };
    const response = await api.call('GET', '/v1/posts/1', { token });
    expect(problemOf(response)).toMatchObject({ status: 500, code: 'internal_error' });
    expect(response.body).not.toContain('author_id');
    expect(api.logs.find(({ level }) => level === 50)).toMatchObject({
      msg: 'no such column: author_id',
      err: { stack: expect.stringContaining('server.test') },
    });
  });

  test('make the service unhealthy', async () => {
    expect((await api.call('GET', '/healthz')).json()).toEqual({ status: 'ok', version: '1.2.3', uptime_s: 0 });
    await api.close();
    api = await apiUnderTest({
      checkStore: async () => {
        throw new Error('database is locked');
      },
    });
    const response = await api.call('GET', '/healthz');
    expect(problemOf(response)).toMatchObject({ status: 503, code: 'unavailable' });
    expect(response.body).not.toContain('locked');
  });
});

test('no secret reaches a log', async () => {
  const { token, refreshToken } = await api.someone();
  await api.call('POST', '/v1/users', { json: { email: 'bad', password: 'canary-password' } });
  await api.call('POST', '/v1/users', { payload: '{"password":"canary-password"' });
  await api.call('GET', '/v1/posts/1', { token });
  await api.call('POST', '/v1/users', { payload: 'canary-password' });
  await api.call('POST', '/v1/users', { payload: '{"canary-password' });
  const text = JSON.stringify(api.logs);
  for (const secret of [token, refreshToken, PASSWORD, 'canary-password']) expect(text).not.toContain(secret);
});

describe('the OpenAPI document', () => {
  interface Operation {
    operationId: string;
    summary: string;
    security?: Record<string, string[]>[];
    requestBody?: unknown;
    responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
  }
  const operations = async () => {
    const document = (await api.call('GET', '/openapi.json')).json() as {
      openapi: string;
      components: { schemas: object };
      paths: Record<string, Record<string, Operation>>;
    };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.components.schemas)).toEqual(['Problem']);
    return Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, ...operation })),
    );
  };

  test('describes every route with its answers', async () => {
    const all = await operations();
    expect(all.map(({ name }) => name).sort()).toEqual([
      'DELETE /__faults',
      'DELETE /v1/posts/{id}',
      'DELETE /v1/sessions',
      'DELETE /v1/users/me',
      'GET /__faults',
      'GET /healthz',
      'GET /openapi.json',
      'GET /v1/posts',
      'GET /v1/posts/{id}',
      'GET /v1/sessions/current',
      'GET /v1/users/me',
      'PATCH /v1/posts/{id}',
      'POST /v1/posts',
      'POST /v1/sessions',
      'POST /v1/sessions/refresh',
      'POST /v1/users',
      'PUT /__faults',
    ]);
    expect(new Set(all.map(({ operationId }) => operationId)).size).toBe(all.length);
    for (const { summary, responses } of all) {
      expect(summary).toBeTruthy();
      for (const [status, { description, content }] of Object.entries(responses)) {
        expect(description).not.toBe('Default Response');
        if (Number(status) >= 400) expect(Object.keys(content!)).toEqual(['application/problem+json']);
        if (Number(status) >= 400)
          expect(Object.values(content!)[0]!.schema).toEqual({ $ref: '#/components/schemas/Problem' });
      }
    }
  });

  test('says of each route whether a token is needed, and that is how it is', async () => {
    for (const { name, security } of await operations()) {
      const [method, path] = name.split(' ') as ['GET', string];
      const { statusCode } = await api.call(method, path.replace('{id}', 'x'));
      expect([name, statusCode === 401]).toEqual([name, security !== undefined]);
    }
  });
});

test('each problem has a status that HTTP knows and a title of its own', () => {
  const titles = Object.values(PROBLEMS).map(({ title }) => title);
  expect(new Set(titles).size).toBe(titles.length);
  for (const { status } of Object.values(PROBLEMS)) expect(status).toBeGreaterThanOrEqual(400);
});
