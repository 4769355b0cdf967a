import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type HmacSettings, verifyCredentials } from './authenticity.ts';
import { NOW, requestOf, TOKEN } from './testing/desk.ts';

const SECRET = 'a-secret-of-a-source';
const BODY = '{"alerts":[{"a":1,"b":2}]}';
const sign = (body: string, secret = SECRET, algorithm = 'sha256', encoding: 'hex' | 'base64' = 'hex') =>
  createHmac(algorithm, secret).update(body).digest(encoding);
const verify = (hmac: Partial<HmacSettings>, headers: Record<string, string>, body = BODY) =>
  verifyCredentials({ hmac: { header: 'X-Signature', secret: SECRET, ...hmac } }, requestOf(body, { headers }), NOW);
const refused = { refused: 'unauthentic' };

describe('a signature over the body', () => {
  test.each([
    ['hex', sign(BODY)],
    ['base64', sign(BODY, SECRET, 'sha256', 'base64')],
    ['with the algorithm in front', `sha256=${sign(BODY)}`],
    ['with a version in front', `v1=${sign(BODY)}`],
    ['one of several', `v1=${sign(BODY, 'another-secret-it-is')},v1=${sign(BODY)}`],
  ])('is taken as %s', (_name, signature) => {
    expect(verify({}, { 'x-signature': signature })).toEqual({ verified: true, replay_key: null });
  });

  test('is refused when it is missing, of another secret or algorithm, or over reordered JSON', () => {
    expect(verify({}, {})).toMatchObject(refused);
    expect(verify({}, { 'x-signature': '' })).toMatchObject(refused);
    expect(verify({}, { 'x-signature': sign(BODY, 'another-secret-it-is') })).toMatchObject(refused);
    expect(verify({ algorithm: 'sha512' }, { 'x-signature': sign(BODY) })).toMatchObject(refused);
    expect(verify({}, { 'x-signature': sign(BODY) }, '{"alerts":[{"b":2,"a":1}]}')).toMatchObject(refused);
  });

  test('is refused with any bit of the body flipped', () => {
    for (let bit = 0; bit < BODY.length * 8; bit++) {
      const rawBody = Buffer.from(BODY);
      rawBody[bit >> 3]! ^= 1 << (bit & 7);
      const request = requestOf('', { rawBody, headers: { 'x-signature': sign(BODY) } });
      const hmac = { header: 'X-Signature', secret: SECRET };
      expect(verifyCredentials({ hmac }, request, NOW)).toMatchObject(refused);
    }
  });

  test('is refused with any of its characters changed', () => {
    const good = sign(BODY);
    for (let index = 0; index < good.length; index++) {
      const changed = good.slice(0, index) + (good[index] === '0' ? '1' : '0') + good.slice(index + 1);
      expect(verify({}, { 'x-signature': changed })).toMatchObject(refused);
    }
  });

  test('is taken of the previous secret while senders change', () => {
    const old = { 'x-signature': sign(BODY, 'the-old-secret-of-it') };
    expect(verify({}, old)).toMatchObject(refused);
    expect(verify({ previous_secret: 'the-old-secret-of-it' }, old)).toMatchObject({ verified: true });
  });

  test('with a time is taken within five minutes of it, and only with that time', () => {
    const hmac = { timestamp_header: 'X-Time' };
    const at = (seconds: number, header = seconds) =>
      verify(hmac, { 'x-signature': sign(`${seconds}:${BODY}`), 'x-time': String(header) });
    const now = NOW / 1_000;
    expect(at(now)).toEqual({ verified: true, replay_key: expect.stringMatching(/^[\w-]{43}$/) });
    expect(at(now - 300)).toMatchObject({ verified: true });
    expect(at(now - 301)).toMatchObject(refused);
    expect(at(now + 301)).toMatchObject(refused);
    expect(at(now - 60, now)).toMatchObject(refused);
    expect(verify(hmac, { 'x-signature': sign(BODY) })).toMatchObject(refused);
  });
});

describe('a token', () => {
  const bearer = (token: string) => requestOf(BODY, { headers: { authorization: `Bearer ${token}` } });

  test('may be the previous one while senders change', () => {
    const credentials = { token: TOKEN, previous_token: 'the-token-before-it' };
    expect(verifyCredentials(credentials, bearer('the-token-before-it'), NOW)).toMatchObject({ verified: true });
    expect(verifyCredentials(credentials, bearer(TOKEN), NOW)).toMatchObject({ verified: true });
    expect(verifyCredentials({ token: TOKEN }, bearer('the-token-before-it'), NOW)).toMatchObject(refused);
  });

  test('and a signature are both needed where both are configured', () => {
    const credentials = { token: TOKEN, hmac: { header: 'x-signature', secret: SECRET } };
    const both = requestOf(BODY, { headers: { authorization: `Bearer ${TOKEN}`, 'x-signature': sign(BODY) } });
    expect(verifyCredentials(credentials, both, NOW)).toMatchObject({ verified: true });
    expect(verifyCredentials(credentials, bearer(TOKEN), NOW)).toMatchObject(refused);
    const signed = requestOf(BODY, { headers: { 'x-signature': sign(BODY) } });
    expect(verifyCredentials(credentials, signed, NOW)).toMatchObject(refused);
  });

  test('that is not configured opens nothing, whatever is sent', () => {
    expect(verifyCredentials({}, bearer(''), NOW)).toMatchObject(refused);
    expect(verifyCredentials({ token: '' }, requestOf(BODY, { headers: {}, query: { token: '' } }), NOW)).toMatchObject(
      refused,
    );
  });

  test('never stands in the words of a refusal', () => {
    const { reason } = verifyCredentials({ token: TOKEN }, bearer('presented-and-wrong'), NOW) as { reason: string };
    expect(reason).not.toContain('presented-and-wrong');
    expect(reason).not.toContain(TOKEN);
  });
});
