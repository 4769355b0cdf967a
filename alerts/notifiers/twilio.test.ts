import { describe, expect, test } from '@jest/globals';
import type { AnswerRequest } from '../notifier.ts';
import { bitFlips, headerFlips } from '../testing/bit-flips.ts';
import { AUTH, SID, twilioJsonPost, twilioPost, twilioSignature } from '../testing/peers/twilio.ts';
import { formOf, reachable, verifyTwilio } from './twilio.ts';

const account = { account_sid: SID, auth_token: AUTH, from: '+12025550100', to: '+12025550101' };
const URL_ = 'https://ringdown.example.com/api/v1/answers/call-kim?on=key&incident=inc-3f2a&turn=1';
const form = { CallSid: 'CA1', From: '+12025550100', Digits: '4', Caller: '김 민지', Empty: '' };

const verify = (request: AnswerRequest, over: object = {}) => verifyTwilio({ ...account, ...over }, request);
const believed = (request: AnswerRequest, over: object = {}) => 'verified' in verify(request, over);
const signedBy = (header: string | undefined, request = twilioPost(URL_, form)): AnswerRequest => ({
  ...request,
  headers: { ...request.headers, 'x-twilio-signature': header },
});

describe('a form of Twilio', () => {
  test('the signature of the documentation', () => {
    // The example of https://www.twilio.com/docs/usage/security#validating-requests
    const documented = {
      CallSid: 'CA1234567890ABCDE',
      Caller: '+14158675309',
      Digits: '1234',
      From: '+14158675309',
      To: '+18005551212',
    };
    const url = 'https://mycompany.com/myapp.php?foo=1&bar=2';
    expect(twilioSignature('12345', url, documented)).toBe('RSOYDt4T1cUTdK1PDd93/VVr8B8=');
    const request = { ...twilioPost(url, documented, '12345'), publicUrl: url };
    expect(verify(request, { auth_token: '12345' })).toEqual({
      verified: true,
      replay_key: 'RSOYDt4T1cUTdK1PDd93/VVr8B8=',
    });
  });

  test('its fields in any order and any letters are believed: the signature is over them sorted', () => {
    const request = twilioPost(URL_, form);
    expect(believed(request)).toBe(true);
    const reversed = new URLSearchParams(Object.entries(form).reverse()).toString();
    expect(believed({ ...request, rawBody: Buffer.from(reversed) })).toBe(true);
  });

  test('no flipped bit of the body that changes a field', () => {
    const request = twilioPost(URL_, form);
    for (const rawBody of bitFlips(request.rawBody)) {
      const same = JSON.stringify(sorted({ ...request, rawBody })) === JSON.stringify(sorted(request));
      expect(believed({ ...request, rawBody })).toBe(same);
    }
  });

  test('no flipped bit of the signature, nor of the address', () => {
    const request = twilioPost(URL_, form);
    for (const flipped of headerFlips(String(request.headers['x-twilio-signature']))) {
      expect(believed(signedBy(flipped))).toBe(false);
    }
    for (const flipped of headerFlips(URL_)) expect(believed({ ...request, publicUrl: flipped })).toBe(false);
  });

  test('no field more, less, or twice', () => {
    const request = twilioPost(URL_, form);
    for (const rawBody of [`${request.rawBody}&Digits=6`, `${request.rawBody}&more=1`, 'CallSid=CA1', '']) {
      expect(believed({ ...request, rawBody: Buffer.from(rawBody) })).toBe(false);
    }
  });

  test('behind a proxy the public address counts, whatever the request says of itself', () => {
    const inside = twilioPost(URL_, form);
    inside.headers = { ...inside.headers, host: '10.0.0.7:4000', 'x-forwarded-host': 'evil.example.com' };
    expect(believed(inside)).toBe(true);
    expect(
      believed({ ...inside, publicUrl: URL_.replace('https://ringdown.example.com', 'http://10.0.0.7:4000') }),
    ).toBe(false);
    expect(believed({ ...inside, publicUrl: URL_.replace('call-kim', 'call-minsu') })).toBe(false);
  });

  test('the standard port may stand in the signed address or not; another port must be the right one', () => {
    const withPort = URL_.replace('.com/', '.com:443/');
    expect(believed(signedBy(twilioSignature(AUTH, withPort, form)))).toBe(true);
    expect(believed({ ...twilioPost(URL_, form), publicUrl: withPort })).toBe(true);
    expect(believed(signedBy(twilioSignature(AUTH, URL_.replace('.com/', '.com:8443/'), form)))).toBe(false);
  });

  test('while the token is changed, the old one and the new one', () => {
    const rotating = { auth_token: 'new-token', previous_auth_token: AUTH };
    expect(believed(twilioPost(URL_, form), rotating)).toBe(true);
    expect(believed(twilioPost(URL_, form, 'new-token'), rotating)).toBe(true);
    expect(believed(twilioPost(URL_, form), { auth_token: 'new-token' })).toBe(false);
    expect(believed(twilioPost(URL_, form, ''), rotating)).toBe(false);
  });

  test('no request without a signature, or with one of another length or alphabet', () => {
    const right = String(twilioPost(URL_, form).headers['x-twilio-signature']);
    for (const header of [
      undefined,
      '',
      '  ',
      '=',
      right.slice(1),
      `${right}=`,
      right.replace('=', ''),
      '서명',
      'A'.repeat(9_000),
    ]) {
      expect(verify(signedBy(header))).toMatchObject({ refused: 'unauthentic' });
    }
    for (const publicUrl of ['', 'nonsense', 'https://']) {
      expect(verify({ ...twilioPost(URL_, form), publicUrl })).toMatchObject({ refused: 'unauthentic' });
    }
  });

  test('no secret is in a refusal', () => {
    const refusals = [signedBy('x'), signedBy(undefined)].map((request) => JSON.stringify(verify(request)));
    expect(refusals.join()).not.toContain(AUTH);
    expect(refusals.join()).not.toContain(String(twilioPost(URL_, form).headers['x-twilio-signature']));
  });
});

describe('a JSON document of Twilio', () => {
  const ADDRESS = 'https://ringdown.example.com/api/v1/answers/call-kim';
  const text = '{"CallSid":"CA1","Digits":"4"}';

  test('is believed by the digest in its signed address', () => {
    expect(believed(twilioJsonPost(ADDRESS, text))).toBe(true);
  });

  test('no flipped bit, no reordered keys, no other digest, no missing one', () => {
    const request = twilioJsonPost(ADDRESS, text);
    for (const rawBody of bitFlips(request.rawBody)) expect(believed({ ...request, rawBody })).toBe(false);
    const reordered = Buffer.from('{"Digits":"4","CallSid":"CA1"}');
    expect(believed({ ...request, rawBody: reordered })).toBe(false);
    const own = twilioJsonPost(ADDRESS, reordered.toString());
    expect(believed({ ...request, rawBody: reordered, query: own.query })).toBe(false);
    expect(believed({ ...request, rawBody: reordered, publicUrl: own.publicUrl, query: own.query })).toBe(false);
    expect(believed({ ...request, publicUrl: ADDRESS, query: {} })).toBe(false);
  });
});

test('a callback address that Twilio cannot reach is not given to it: it would refuse the call', () => {
  for (const url of ['https://ringdown.example.com/a', 'http://203.0.113.7:4000/a', 'https://[2001:db8::1]/a']) {
    expect(reachable(url)).toBe(url);
  }
  for (const host of [
    'localhost:4000',
    '127.0.0.1:4000',
    '10.1.2.3',
    '172.20.0.1',
    '192.168.1.4',
    '100.64.0.1',
    '[::1]',
    '[fd00::1]',
    'watcher',
    'watcher.local',
    'a.internal',
  ]) {
    expect(reachable(`http://${host}/a`)).toBeNull();
  }
  expect(reachable(null)).toBeNull();
  expect(reachable('nonsense')).toBeNull();
});

function sorted(request: AnswerRequest): [string, string][] {
  const all = [...new URLSearchParams(request.rawBody.toString('utf8'))];
  expect(Object.keys(formOf(request)).length).toBeLessThanOrEqual(all.length);
  return all.sort(([a], [b]) => (a < b ? -1 : 1));
}
