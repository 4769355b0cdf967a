import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SignJWT, UnsecuredJWT } from 'jose';
import { type ApiUnderTest, apiUnderTest, PASSWORD, problemOf } from '../testing/api-under-test.ts';

let api: ApiUnderTest;
beforeEach(async () => {
  api = await apiUnderTest();
});
afterEach(() => api.close());

const current = (token?: string) => api.call('GET', '/v1/sessions/current', { token });
const refresh = (refresh_token: unknown) => api.call('POST', '/v1/sessions/refresh', { json: { refresh_token } });

test('signing in gives tokens that no cache keeps', async () => {
  await api.call('POST', '/v1/users', { json: { email: 'kim@example.com', password: PASSWORD } });
  const response = await api.call('POST', '/v1/sessions', { json: { email: 'Kim@example.com', password: PASSWORD } });
  expect(response.statusCode).toBe(201);
  expect(response.headers['cache-control']).toBe('no-store');
  expect(response.json()).toEqual({
    access_token: expect.any(String),
    refresh_token: expect.any(String),
    token_type: 'Bearer',
    expires_in: 900,
  });
  const session = await current(response.json().access_token);
  expect(session.json()).toEqual({
    id: expect.any(String),
    user_id: expect.any(String),
    created_at: '2026-01-01T00:00:00.000Z',
    expires_at: '2026-01-31T00:00:00.000Z',
  });
});

test('a wrong password and an unknown e-mail get the very same answer, after the same work', async () => {
  let verified = 0;
  const { verify } = api.deps.passwords;
  api.deps.passwords.verify = (...args) => {
    verified++;
    return verify(...args);
  };
  await api.someone('kim@example.com');
  verified = 0;
  const wrong = await api.call('POST', '/v1/sessions', { json: { email: 'kim@example.com', password: 'x' } });
  const unknown = await api.call('POST', '/v1/sessions', { json: { email: 'lee@example.com', password: 'x' } });
  expect(problemOf(wrong)).toMatchObject({ status: 401, code: 'invalid_credentials' });
  expect(unknown.body).toBe(wrong.body);
  expect(verified).toBe(2);
});

describe('refreshing', () => {
  test('rotates the refresh token', async () => {
    const { refreshToken } = await api.someone();
    const first = await refresh(refreshToken);
    expect(first.statusCode).toBe(200);
    const second = await refresh(first.json().refresh_token);
    expect(second.statusCode).toBe(200);
    expect((await current(second.json().access_token)).statusCode).toBe(200);
  });

  test('a spent token used again revokes the whole family', async () => {
    const { refreshToken, token } = await api.someone();
    const next = (await refresh(refreshToken)).json();
    expect(problemOf(await refresh(refreshToken))).toMatchObject({ status: 401, code: 'refresh_token_reused' });
    expect(problemOf(await refresh(next.refresh_token)).code).toBe('invalid_refresh_token');
    expect(problemOf(await current(next.access_token)).code).toBe('invalid_token');
    expect(problemOf(await current(token)).code).toBe('invalid_token');
    expect(api.logs.some(({ msg }) => String(msg).includes('used again'))).toBe(true);
  });

  test('of two at the same moment one rotates and the other revokes', async () => {
    const { refreshToken } = await api.someone();
    const answers = await Promise.all([refresh(refreshToken), refresh(refreshToken)]);
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 401]);
  });

  test('does not outlive the session', async () => {
    const { refreshToken } = await api.someone();
    await api.clock.advance(30 * 86_400_000);
    expect(problemOf(await refresh(refreshToken)).code).toBe('invalid_refresh_token');
  });

  test.each([[''], ['nonsense'], ['x'.repeat(300)], [5], [null], [['a']]])('%j is refused', async (token) => {
    expect([400, 401]).toContain(problemOf(await refresh(token)).status);
  });
});

test('signing out refuses the access token at once, and other sessions of the account stay', async () => {
  const kim = await api.someone('kim@example.com');
  const other = await api.someone('kim@example.com');
  expect((await api.call('DELETE', '/v1/sessions', { token: kim.token })).statusCode).toBe(204);
  const refused = await current(kim.token);
  expect(problemOf(refused)).toMatchObject({ status: 401, code: 'invalid_token' });
  expect(refused.headers['www-authenticate']).toContain('invalid_token');
  expect(problemOf(await refresh(kim.refreshToken)).code).toBe('invalid_refresh_token');
  expect((await current(other.token)).statusCode).toBe(200);
});

describe('access tokens', () => {
  const claims = async () => {
    const { token } = await api.someone();
    return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>;
  };
  const signed = (payload: Record<string, unknown>, key: Uint8Array, header: { alg: string; typ?: string }) =>
    new SignJWT(payload).setProtectedHeader(header).sign(key);

  test('expire', async () => {
    const { token } = await api.someone();
    await api.clock.advance(899_000);
    expect((await current(token)).statusCode).toBe(200);
    await api.clock.advance(1_000);
    expect(problemOf(await current(token)).code).toBe('invalid_token');
  });

  test('signed with the right key are taken, so that the refusals below mean something', async () => {
    const good = await signed(await claims(), api.key, { alg: 'HS256', typ: 'at+jwt' });
    expect((await current(good)).statusCode).toBe(200);
  });

  test('signed with another key, not signed, or meant for something else are refused', async () => {
    const payload = await claims();
    const forged = [
      await signed(payload, Uint8Array.from(Buffer.alloc(32, 7)), { alg: 'HS256', typ: 'at+jwt' }),
      await signed(payload, api.key, { alg: 'HS256', typ: 'JWT' }),
      await signed({ ...payload, aud: 'another-service' }, api.key, { alg: 'HS256', typ: 'at+jwt' }),
      await signed({ ...payload, exp: undefined }, api.key, { alg: 'HS256', typ: 'at+jwt' }),
      await signed({ ...payload, sid: 'another session' }, api.key, { alg: 'HS256', typ: 'at+jwt' }),
      await signed({ ...payload, sid: { $ne: null } }, api.key, { alg: 'HS256', typ: 'at+jwt' }),
      new UnsecuredJWT(payload).encode(),
      `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.`,
      'a.b.c',
      'nonsense',
      '....',
    ];
    for (const token of forged)
      expect(problemOf(await current(token))).toMatchObject({ code: 'invalid_token', status: 401 });
  });

  test.each([['Basic a2ltOmtpbQ=='], ['Bearer'], ['Bearer  '], ['Bearer a b'], ['']])(
    'the header %j counts as none',
    async (authorization) => {
      const response = await api.call('GET', '/v1/sessions/current', { headers: { authorization } });
      expect(problemOf(response).code).toBe('unauthenticated');
      expect(response.headers['www-authenticate']).toBe('Bearer');
    },
  );
});
