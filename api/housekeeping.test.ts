import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { keepHouse } from './housekeeping.ts';
import { type ApiUnderTest, apiUnderTest, problemOf } from './testing/api-under-test.ts';

const HOUR_MS = 3_600_000;

let api: ApiUnderTest;
let abort: AbortController;
let done: Promise<void>;
beforeEach(async () => {
  api = await apiUnderTest();
  abort = new AbortController();
});
afterEach(async () => {
  abort.abort();
  await done;
  await api.close();
});

const begin = async () => {
  done = keepHouse({ ...api.deps, log: api.app.log }, abort.signal);
  await waiting();
};
/** Until a round is over and the next is waited for. */
const waiting = async () => {
  while (api.clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
};
const pass = async (hours: number) => {
  for (let hour = 0; hour < hours; hour++) {
    await api.clock.advance(HOUR_MS);
    await waiting();
  }
};
const purged = () => api.logs.filter(({ purged }) => purged).map(({ purged }) => purged);

test('a deleted post is forgotten after a week, a revoked session after a day, what lives stays', async () => {
  const { token } = await api.someone();
  const gone = await api.someone();
  const write = async () => (await api.call('POST', '/v1/posts', { token, json: { title: 'a', body: '' } })).json().id;
  const kept = await write();
  await api.call('DELETE', `/v1/posts/${await write()}`, { token });
  await api.call('DELETE', '/v1/sessions', { token: gone.token });

  await begin();
  await pass(24);
  expect(purged()).toEqual([]);
  await pass(1);
  expect(purged()).toEqual([{ sessions: 1, posts: 0 }]);
  await pass(6 * 24);
  expect(purged()).toEqual([
    { sessions: 1, posts: 0 },
    { sessions: 0, posts: 1 },
  ]);
  const again = await api.someone();
  expect((await api.call('GET', `/v1/posts/${kept}`, { token: again.token })).statusCode).toBe(200);
});

test('expired sessions are forgotten', async () => {
  const { refreshToken } = await api.someone();
  await api.clock.advance(32 * 24 * HOUR_MS);
  await begin();
  expect(purged()).toEqual([{ sessions: 1, posts: 0 }]);
  const refreshed = await api.call('POST', '/v1/sessions/refresh', { json: { refresh_token: refreshToken } });
  expect(problemOf(refreshed).code).toBe('invalid_refresh_token');
});

test('a store that fails is logged and tried again', async () => {
  const { purge } = api.deps.posts;
  api.deps.posts.purge = async () => {
    throw new Error('database is locked');
  };
  await begin();
  expect(api.logs.at(-1)).toMatchObject({ level: 50, err: { message: 'database is locked' } });
  api.deps.posts.purge = purge;
  const before = api.logs.length;
  await pass(1);
  expect(api.logs.slice(before)).toEqual([]);
});
