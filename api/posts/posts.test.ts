import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ApiUnderTest, apiUnderTest, problemOf } from '../testing/api-under-test.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

let api: ApiUnderTest;
let token: string;
beforeEach(async () => {
  api = await apiUnderTest();
  ({ token } = await api.someone());
});
afterEach(() => api.close());

const write = (json: unknown) => api.call('POST', '/v1/posts', { token, json });
const read = (id: string) => api.call('GET', `/v1/posts/${id}`, { token });

test('a post is written, read, changed and deleted', async () => {
  const written = await write({ title: 'hello', body: 'hi' });
  expect(written.statusCode).toBe(201);
  const post = written.json();
  expect(written.headers.location).toBe(`/v1/posts/${post.id}`);
  expect(post).toEqual({
    id: expect.any(String),
    author_id: expect.any(String),
    title: 'hello',
    body: 'hi',
    created_at: '2026-01-01T00:00:00.000Z',
    updated_at: '2026-01-01T00:00:00.000Z',
  });
  expect((await read(post.id)).json()).toEqual(post);

  await api.clock.advance(60_000);
  const changed = await api.call('PATCH', `/v1/posts/${post.id}`, { token, json: { title: 'bye' } });
  expect(changed.json()).toEqual({ ...post, title: 'bye', updated_at: '2026-01-01T00:01:00.000Z' });
  expect((await read(post.id)).json()).toEqual(changed.json());

  expect((await api.call('DELETE', `/v1/posts/${post.id}`, { token })).statusCode).toBe(204);
  for (const method of ['GET', 'PATCH', 'DELETE'] as const) {
    const options = method === 'PATCH' ? { token, json: { title: 'x' } } : { token };
    expect(problemOf(await api.call(method, `/v1/posts/${post.id}`, options)).code).toBe('post_not_found');
  }
});

test('a clock set back never dates a change before the writing', async () => {
  const post = (await write({ title: 'a', body: '' })).json();
  api.clock.step(-300_000);
  const changed = (await api.call('PATCH', `/v1/posts/${post.id}`, { token, json: { body: 'b' } })).json();
  expect(changed.updated_at).toBe(post.created_at);
});

test('others may read a post, only its author may change or delete it', async () => {
  const post = (await write({ title: 'mine', body: '' })).json();
  const other = await api.someone();
  const url = `/v1/posts/${post.id}`;
  expect((await api.call('GET', url, { token: other.token })).statusCode).toBe(200);
  const changed = await api.call('PATCH', url, { token: other.token, json: { title: 'yours' } });
  expect(problemOf(changed)).toMatchObject({ status: 403, code: 'not_the_author' });
  expect(problemOf(await api.call('DELETE', url, { token: other.token })).code).toBe('not_the_author');
  expect((await read(post.id)).json()).toEqual(post);
});

describe('listing', () => {
  test('walks through all posts, newest first, each once, while others are written and deleted', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 7; i++) ids.unshift((await write({ title: `${i}`, body: '' })).json().id);
    await api.call('DELETE', `/v1/posts/${ids[4]}`, { token });

    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const url: string = `/v1/posts?limit=2${cursor ? `&cursor=${cursor}` : ''}`;
      const page = (await api.call('GET', url, { token })).json();
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map(({ id }: { id: string }) => id));
      await write({ title: 'meanwhile', body: '' });
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(ids.filter((_, i) => i !== 4));
  });

  test('is empty at first, and one full page has no next', async () => {
    const list = async (query = '') => (await api.call('GET', `/v1/posts${query}`, { token })).json();
    expect(await list()).toEqual({ items: [], next_cursor: null });
    await write({ title: 'a', body: '' });
    expect((await list('?limit=1')).next_cursor).toBeNull();
  });

  test.each([
    'cursor=garbage',
    'cursor=',
    'cursor=cDE6LTE',
    'cursor=%00',
    `cursor=${'A'.repeat(100)}`,
    'cursor=cDE6MQ==',
  ])('%s is not a cursor', async (query) => {
    expect(problemOf(await api.call('GET', `/v1/posts?${query}`, { token })).code).toBe('invalid_cursor');
  });

  test.each([
    'limit=0',
    'limit=101',
    'limit=ten',
    'limit=1&limit=2',
    'limit=-1',
    'page=2',
    `cursor=${'A'.repeat(101)}`,
  ])('%s is refused', async (query) => {
    expect(problemOf(await api.call('GET', `/v1/posts?${query}`, { token })).code).toBe('invalid_request');
  });

  test('cursors are what was given out, nothing else', () => {
    expect(decodeCursor(encodeCursor(42))).toBe(42);
    expect(decodeCursor(encodeCursor(2 ** 53))).toBeUndefined();
    expect(decodeCursor(Buffer.from('p2:42').toString('base64url'))).toBeUndefined();
  });
});

describe('texts', () => {
  test.each([
    ['한국어 🇰🇷 👩‍👩‍👧 e\u0301'],
    ['<script>alert(1)</script>'],
    ["'; drop table post; --"],
    ['{{constructor}} %{7*7} <!channel>'],
    ['\u202Ertl'],
    [' '],
  ])('%j comes back as it was', async (title) => {
    const post = (await write({ title, body: `${title}\r\n${title}` })).json();
    expect(post).toMatchObject({ title, body: `${title}\r\n${title}` });
    expect((await read(post.id)).json()).toEqual(post);
  });

  test.each([
    ['a line break in a title', { title: 'a\r\nSet-Cookie: x=1', body: '' }],
    ['an escape sequence in a title', { title: '\u001b[31mred', body: '' }],
    ['a line separator in a title', { title: 'a\u2028b', body: '' }],
    ['a NUL in a body', { title: 'a', body: 'a\u0000b' }],
    ['half a surrogate pair', { title: '\ud800', body: '' }],
    ['half a surrogate pair in a body', { title: 'a', body: 'x\udfff' }],
    ['an empty title', { title: '', body: '' }],
    ['a long title', { title: 'x'.repeat(201), body: '' }],
    ['a long body', { title: 'x', body: 'x'.repeat(10_001) }],
    ['a number', { title: 5, body: '' }],
    ['null', { title: 'a', body: null }],
    ['somebody else as the author', { title: 'a', body: '', author_id: 'x' }],
    ['nothing', {}],
  ])('%s is refused', async (_, json) => {
    expect(problemOf(await write(json))).toMatchObject({ status: 400, code: 'invalid_request' });
  });

  test('the longest post fits, every character escaped', async () => {
    const response = await api.call('POST', '/v1/posts', {
      token,
      payload: `{"title":"a","body":"${'\\u0001'.repeat(10_000)}"}`,
    });
    expect(response.statusCode).toBe(201);
  });
});

test.each([{}, { title: 5 }, { id: 'x' }, { created_at: '2020-01-01' }, []])(
  'the change %j is refused',
  async (json) => {
    const post = (await write({ title: 'a', body: '' })).json();
    expect(problemOf(await api.call('PATCH', `/v1/posts/${post.id}`, { token, json })).code).toBe('invalid_request');
  },
);

test('ids that were never given out are not found', async () => {
  for (const id of ['1', 'constructor', '__proto__', '%27%20or%201=1', '%00', '..%2f..']) {
    expect(problemOf(await read(id))).toMatchObject({ status: 404, code: 'post_not_found' });
  }
  expect([400, 414]).toContain(problemOf(await read('x'.repeat(150))).status);
});

test('nobody reads or writes without signing in', async () => {
  for (const [method, url] of [
    ['GET', '/v1/posts'],
    ['POST', '/v1/posts'],
    ['GET', '/v1/posts/x'],
    ['PATCH', '/v1/posts/x'],
    ['DELETE', '/v1/posts/x'],
  ] as const) {
    expect(problemOf(await api.call(method, url)).code).toBe('unauthenticated');
  }
});
