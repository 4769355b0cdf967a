import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ApiUnderTest, apiUnderTest, FAULTS_TOKEN, problemOf } from '../testing/api-under-test.ts';
import { concerns, parseTarget } from './fault.ts';

let api: ApiUnderTest;
let draw = 0;
let token: string;
beforeEach(async () => {
  draw = 0;
  api = await apiUnderTest({ faults: { token: FAULTS_TOKEN, random: () => draw } });
  ({ token } = await api.someone());
  api.logs.length = 0;
});
afterEach(() => api.close());

const set = (json: unknown) => api.call('PUT', '/__faults', { token: FAULTS_TOKEN, json });
const list = async () => (await api.call('GET', '/__faults', { token: FAULTS_TOKEN })).json();
const clear = (query = '') => api.call('DELETE', `/__faults${query}`, { token: FAULTS_TOKEN });
const posts = () => api.call('GET', '/v1/posts', { token });

test('a broken route fails as a real one does, in the log and not in the answer, until it is mended', async () => {
  const response = await set({ route: 'posts', status: 500 });
  expect(response.statusCode).toBe(200);
  expect(response.json()).toEqual({ route: 'posts', status: 500, latency_ms: 0, rate: 1 });

  const broken = await posts();
  expect(problemOf(broken)).toMatchObject({ status: 500, code: 'internal_error' });
  expect(broken.body).not.toContain('injected');
  const errors = api.logs.filter(({ level }) => level === 50);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatchObject({
    msg: 'injected fault: the posts store is unavailable',
    err: {
      type: 'StoreUnavailable',
      message: 'injected fault: the posts store is unavailable',
      stack: expect.stringContaining('fault-injector'),
    },
  });

  expect((await clear()).statusCode).toBe(204);
  expect((await posts()).statusCode).toBe(200);
});

test('authentication and validation come before the failure', async () => {
  await set({ route: 'posts' });
  expect((await api.call('GET', '/v1/posts')).statusCode).toBe(401);
  expect((await api.call('POST', '/v1/posts', { token, json: {} })).statusCode).toBe(400);
});

test.each([[501], [502], [503], [504], [599]])('status %i is answered as such', async (status) => {
  await set({ route: 'posts', status });
  expect(problemOf(await posts()).status).toBe(status);
});

test('a status below 500 blames the request and is no error of the server', async () => {
  await set({ route: 'posts', status: 429 });
  expect(problemOf(await posts())).toMatchObject({ status: 429, code: 'injected_fault' });
  expect(api.logs.filter(({ level }) => level === 50)).toEqual([]);
});

test('latency alone delays', async () => {
  expect((await set({ route: 'posts', latency_ms: 3_000 })).json()).toMatchObject({ status: null, latency_ms: 3_000 });
  let answered = false;
  const response = posts().then((answer) => {
    answered = true;
    return answer;
  });
  while (api.clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  await api.clock.advance(2_999);
  expect(answered).toBe(false);
  await api.clock.advance(1);
  expect((await response).statusCode).toBe(200);
});

test('closing the server does not wait for a delay', async () => {
  await set({ route: 'posts', latency_ms: 60_000 });
  const response = posts();
  while (api.clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  await api.app.close();
  expect((await response).statusCode).toBe(200);
});

test('the rate is the share of requests that fail', async () => {
  await set({ route: 'posts', rate: 0.3 });
  draw = 0.29;
  expect((await posts()).statusCode).toBe(500);
  draw = 0.3;
  expect((await posts()).statusCode).toBe(200);
});

test('the HEAD that comes with each GET is struck once', async () => {
  let draws = 0;
  await api.close();
  api = await apiUnderTest({ faults: { token: FAULTS_TOKEN, random: () => ++draws } });
  ({ token } = await api.someone());
  await set({ route: 'posts', rate: 0.5 });
  expect((await api.call('HEAD', '/v1/posts', { token })).statusCode).toBe(200);
  expect(draws).toBe(1);
});

test('a fault of one method leaves the others alone', async () => {
  await set({ route: 'post /v1/posts' });
  expect((await api.call('POST', '/v1/posts', { token, json: { title: 'a', body: '' } })).statusCode).toBe(500);
  expect((await posts()).statusCode).toBe(200);
});

test('several faults stand side by side; the same route is replaced; one can be mended alone', async () => {
  await set({ route: 'posts', status: 500 });
  await set({ route: '/v1/users', status: 502 });
  await set({ route: 'posts', status: 503 });
  expect(await list()).toEqual({
    items: [
      { route: 'posts', status: 503, latency_ms: 0, rate: 1 },
      { route: '/v1/users', status: 502, latency_ms: 0, rate: 1 },
    ],
    next_cursor: null,
  });
  expect((await clear('?route=posts')).statusCode).toBe(204);
  expect(problemOf(await clear('?route=posts'))).toMatchObject({ status: 404, code: 'fault_not_found' });
  expect((await posts()).statusCode).toBe(200);
  expect((await api.call('GET', '/v1/users/me', { token })).statusCode).toBe(502);
});

test('breaking everything leaves health and the way back alone', async () => {
  expect((await set({ route: '/' })).statusCode).toBe(200);
  expect((await posts()).statusCode).toBe(500);
  expect((await api.call('GET', '/healthz')).statusCode).toBe(200);
  expect((await clear()).statusCode).toBe(204);
});

test('health breaks when it is named', async () => {
  await set({ route: 'healthz', status: 503 });
  expect(problemOf(await api.call('GET', '/healthz'))).toMatchObject({ status: 503 });
});

test.each([['nope'], ['/v2'], ['/__faults'], ['__faults'], ['PUT /v1/posts'], ['/v1/post']])(
  'the route %j, which nothing matches, is refused',
  async (route) => {
    const { code, detail } = problemOf(await set({ route }));
    expect(code).toBe('unknown_route');
    expect(detail).toContain('/v1/posts');
  },
);

test.each([
  [{}],
  [{ route: '' }],
  [{ route: 'a b c' }],
  [{ route: 'posts', status: 200 }],
  [{ route: 'posts', status: 600 }],
  [{ route: 'posts', status: '500' }],
  [{ route: 'posts', latency_ms: -1 }],
  [{ route: 'posts', latency_ms: 60_001 }],
  [{ route: 'posts', rate: 0 }],
  [{ route: 'posts', rate: 1.1 }],
  [{ route: 'posts', once: true }],
])('%j is refused', async (json) => {
  expect(problemOf(await set(json)).status).toBe(400);
  expect((await list()).items).toEqual([]);
});

test('only the token opens it', async () => {
  for (const method of ['GET', 'PUT', 'DELETE'] as const) {
    expect(problemOf(await api.call(method, '/__faults')).code).toBe('unauthenticated');
    expect(problemOf(await api.call(method, '/__faults', { token })).code).toBe('invalid_token');
    expect(problemOf(await api.call(method, '/__faults', { token: `${FAULTS_TOKEN}x` })).code).toBe('invalid_token');
  }
});

test('without the plug-in there is nothing there', async () => {
  const { faults: _, ...deps } = api.deps;
  const plain = await apiUnderTest({ ...deps, faults: undefined as never });
  expect(problemOf(await plain.call('PUT', '/__faults', { token: FAULTS_TOKEN, json: {} })).code).toBe('not_found');
  await plain.close();
});

describe('what a route means', () => {
  test.each([
    ['posts', 'GET', '/v1/posts/:id', true],
    ['posts', 'DELETE', '/v1/posts', true],
    ['refresh', 'POST', '/v1/sessions/refresh', true],
    ['sessions', 'POST', '/v1/sessions/refresh', true],
    ['post', 'GET', '/v1/posts', false],
    ['/v1/posts', 'GET', '/v1/posts/:id', true],
    ['/v1/posts/', 'GET', '/v1/posts', true],
    ['/v1/posts/42', 'GET', '/v1/posts/:id', true],
    ['/v1/posts/42', 'GET', '/v1/posts', false],
    ['/v1/pos', 'GET', '/v1/posts', false],
    ['/v1', 'GET', '/v1/posts', true],
    ['GET /v1/posts', 'GET', '/v1/posts', true],
    ['GET posts', 'POST', '/v1/posts', false],
    ['/', 'GET', '/healthz', false],
    ['/healthz', 'GET', '/healthz', true],
    ['__faults', 'PUT', '/__faults', false],
  ])('%s and %s %s: %p', (route, method, pattern, expected) => {
    expect(concerns(parseTarget(route)!, method, pattern)).toBe(expected);
  });
});
