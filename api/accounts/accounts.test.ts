import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ApiUnderTest, apiUnderTest, CHEAP, PASSWORD, problemOf } from '../testing/api-under-test.ts';
import { scryptPasswords } from './passwords.ts';
import { seedAccount } from './seed.ts';

let api: ApiUnderTest;
beforeEach(async () => {
  api = await apiUnderTest();
});
afterEach(() => api.close());

const signUp = (json: unknown) => api.call('POST', '/v1/users', { json });

describe('signing up', () => {
  test('makes an account and never shows the password', async () => {
    const response = await signUp({ email: 'Kim@Example.com', password: PASSWORD });
    expect(response.statusCode).toBe(201);
    expect(response.headers.location).toBe('/v1/users/me');
    expect(response.json()).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      email: 'kim@example.com',
      created_at: '2026-01-01T00:00:00.000Z',
    });
  });

  test('an e-mail is taken whatever its case', async () => {
    await signUp({ email: 'kim@example.com', password: PASSWORD });
    expect(problemOf(await signUp({ email: 'KIM@example.com', password: 'another password' }))).toMatchObject({
      status: 409,
      code: 'email_taken',
    });
  });

  test('of two at the same moment one wins', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => signUp({ email: 'kim@example.com', password: PASSWORD })));
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, 409, 409]);
  });

  test.each([
    ['no body', undefined],
    ['an array', []],
    ['null', null],
    ['a missing password', { email: 'a@example.com' }],
    ['a number for an e-mail', { email: 5, password: PASSWORD }],
    ['an e-mail that is none', { email: 'kim', password: PASSWORD }],
    ['an e-mail with a line break', { email: 'a@example.com\r\nBcc: b@example.com', password: PASSWORD }],
    ['a short password', { email: 'a@example.com', password: 'short' }],
    ['a password that would take long to hash', { email: 'a@example.com', password: 'x'.repeat(129) }],
    ['an unknown member', { email: 'a@example.com', password: PASSWORD, admin: true }],
  ])('%s is refused', async (_, json) => {
    const { status, code } = problemOf(await signUp(json));
    expect(status).toBe(400);
    expect(code).toMatch(/^(invalid|malformed)_request$/);
  });
});

test('whoever is signed in sees themselves', async () => {
  const { email, token } = await api.someone();
  const response = await api.call('GET', '/v1/users/me', { token });
  expect(response.statusCode).toBe(200);
  expect(response.json()).toMatchObject({ email });
});

test('deleting an account takes its posts and sessions along', async () => {
  const kim = await api.someone();
  const lee = await api.someone();
  const post = (await api.call('POST', '/v1/posts', { token: kim.token, json: { title: 'x', body: 'y' } })).json();
  expect((await api.call('DELETE', '/v1/users/me', { token: kim.token })).statusCode).toBe(204);

  expect(problemOf(await api.call('GET', '/v1/users/me', { token: kim.token })).code).toBe('invalid_token');
  expect(problemOf(await api.call('GET', `/v1/posts/${post.id}`, { token: lee.token })).code).toBe('post_not_found');
  const refreshed = await api.call('POST', '/v1/sessions/refresh', { json: { refresh_token: kim.refreshToken } });
  expect(problemOf(refreshed).code).toBe('invalid_refresh_token');
  const again = await api.call('POST', '/v1/sessions', { json: { email: kim.email, password: PASSWORD } });
  expect(problemOf(again).code).toBe('invalid_credentials');
  expect((await signUp({ email: kim.email, password: PASSWORD })).statusCode).toBe(201);
});

test('what still runs when the account is deleted is refused, and is no failure of the server', async () => {
  const kim = await api.someone();
  const { add } = api.deps.posts;
  api.deps.posts.add = async (post) => {
    await api.call('DELETE', '/v1/users/me', { token: kim.token });
    return add(post);
  };
  const written = await api.call('POST', '/v1/posts', { token: kim.token, json: { title: 'x', body: 'y' } });
  expect(problemOf(written)).toMatchObject({ status: 401, code: 'invalid_token' });

  const lee = await api.someone();
  const { verify } = api.deps.passwords;
  api.deps.passwords.verify = async (...args) => {
    const good = await verify(...args);
    await api.call('DELETE', '/v1/users/me', { token: lee.token });
    return good;
  };
  const signedIn = await api.call('POST', '/v1/sessions', { json: { email: lee.email, password: PASSWORD } });
  expect(problemOf(signedIn)).toMatchObject({ status: 401, code: 'invalid_credentials' });
  expect(api.logs.filter(({ level }) => level === 50)).toEqual([]);
});

test('seeding an account is idempotent and updates its password', async () => {
  const signIn = async (password: string) =>
    (await api.call('POST', '/v1/sessions', { json: { email: 'qa@example.com', password } })).statusCode;
  await seedAccount(api.deps, 'qa@example.com', 'first password');
  const first = await api.deps.accounts.byEmail('qa@example.com');
  await seedAccount(api.deps, 'qa@example.com', 'first password');
  expect(await api.deps.accounts.byEmail('qa@example.com')).toEqual(first);
  await seedAccount(api.deps, 'QA@example.com', 'second password');
  expect(await signIn('first password')).toBe(401);
  expect(await signIn('second password')).toBe(201);
});

describe('passwords', () => {
  const passwords = scryptPasswords(CHEAP);

  test('a hash states its cost, is salted, and fits its password alone', async () => {
    const [one, two] = await Promise.all([passwords.hash(PASSWORD), passwords.hash(PASSWORD)]);
    expect(one).toMatch(/^\$scrypt\$ln=4,r=1,p=1\$/);
    expect(one).not.toBe(two);
    expect(await passwords.verify(PASSWORD, one)).toBe(true);
    expect(await passwords.verify(`${PASSWORD} `, one)).toBe(false);
  });

  test('hashes of another cost stay readable', async () => {
    const old = await scryptPasswords({ logN: 5, r: 2, p: 2 }).hash(PASSWORD);
    expect(await passwords.verify(PASSWORD, old)).toBe(true);
  });

  test('no account never matches', async () => {
    expect(await passwords.verify(PASSWORD, undefined)).toBe(false);
  });

  test('the same word in another Unicode form is the same password', async () => {
    expect(await passwords.verify('cafe\u0301 au lait', await passwords.hash('caf\u00e9 au lait'))).toBe(true);
  });

  test('a damaged hash is an error, not a refusal', async () => {
    await expect(passwords.verify(PASSWORD, 'plain text')).rejects.toThrow('not in the format');
  });
});
