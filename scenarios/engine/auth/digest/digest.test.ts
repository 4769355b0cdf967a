import { describe, expect, test } from '@jest/globals';
import type { HttpSession } from '../../http/http-session.ts';
import type { AuthContext } from '../auth.ts';
import { digestAnswer } from './answer.ts';
import { digestChallenge } from './challenge.ts';
import { auth } from './index.ts';

/** RFC 7616 §3.9.1. */
const fields = [
  'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
  'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
];
const mufasa = {
  username: 'Mufasa',
  password: 'Circle of Life',
  method: 'GET',
  uri: '/dir/index.html',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  count: 1,
};

test('the strongest challenge is answered, as the RFC does', () => {
  const challenge = digestChallenge(fields)!;
  expect(challenge.hash).toBe('sha256');
  expect(digestAnswer(challenge, mufasa)).toBe(
    'Digest username="Mufasa", realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", ' +
      'uri="/dir/index.html", algorithm=SHA-256, response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1", ' +
      'qop=auth, nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", ' +
      'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
  );
});

test('MD5 where there is nothing better', () => {
  const challenge = digestChallenge(fields.slice(1))!;
  expect(digestAnswer(challenge, mufasa)).toContain('response="8ca523f5e9506fed4657c9700eebdbec"');
});

test('the scheme of RFC 2069, without qop', () => {
  // RFC 2617 §3.5 without its qop: HA1 939e7578ed9e3c518a452acee763bce9, HA2 39aff3a2bab6126f332b942af96d3366.
  const challenge = digestChallenge(['Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'])!;
  const answer = digestAnswer(challenge, { ...mufasa, password: 'Circle Of Life' });
  expect(answer).toContain('response="670fd8c2df070c60b045671b8b24ff02"');
  expect(answer).not.toMatch(/qop|nc=|cnonce|algorithm|opaque/);
});

test('a name that a header cannot hold is encoded, or only hashed', () => {
  const challenge = digestChallenge(fields)!;
  expect(digestAnswer(challenge, { ...mufasa, username: 'Jäsøn "D\'oe"' })).toContain(
    "username*=UTF-8''J%C3%A4s%C3%B8n%20%22D%27oe%22, ",
  );
  expect(digestAnswer({ ...challenge, userhash: true }, mufasa)).toMatch(
    /^Digest username="[0-9a-f]{64}".*userhash=true$/,
  );
});

describe('what is asked for', () => {
  test.each<[string[], object | null]>([
    [
      ['Basic realm="a", Digest realm="b\\"c", nonce=n, qop=auth'],
      { realm: 'b"c', nonce: 'n', qop: true, hash: 'md5' },
    ],
    [['Digest nonce="n", realm="r", algorithm=SHA-256-sess'], { hash: 'sha256', session: true, qop: false }],
    [['Digest nonce="n", realm="r", algorithm=SHA-512-256'], { hash: 'sha512-256' }],
    [['Negotiate dG9rZW4=, Digest nonce="n", realm="r"'], { nonce: 'n' }],
    [['Digest nonce="n", realm="r", qop="auth-int"'], null],
    [['Digest nonce="n", realm="r", algorithm=SHA3'], null],
    [['Digest realm="r"'], null],
    [['Basic realm="a"'], null],
    [[''], null],
    [[], null],
    [[`Digest ${'"'.repeat(10_000)}`, `${'a,'.repeat(10_000)}=`], null],
  ])('%j', (values, expected) => {
    const found = digestChallenge(values);
    if (expected === null) expect(found).toBeNull();
    else expect(found).toMatchObject(expected);
  });
});

test('a nonce is counted on within a run, a new one replaces it, the same one again means no', () => {
  const http = {} as HttpSession;
  const context = { http } as AuthContext;
  const request = (path: string) => ({
    method: 'GET',
    url: new URL(`http://127.0.0.1${path}`),
    headers: {},
    body: null,
    maxRedirects: 0,
  });
  const asking = (path: string, nonce: string) => ({
    status: 401,
    httpVersion: '1.1' as const,
    headers: { 'www-authenticate': `Digest realm="r", qop="auth", nonce="${nonce}"` },
    body: Buffer.alloc(0),
    url: new URL(`http://127.0.0.1${path}`),
  });
  const kim = { username: 'kim', password: 'pw' };
  const nc = (authorized: unknown) =>
    /nonce="(\w+)".*nc=(\w+)/
      .exec((authorized as { headers: { authorization: string } }).headers.authorization)
      ?.slice(1);

  expect(auth.authorize(kim, request('/a'), context)).toEqual({ headers: {} });
  expect(nc(auth.challenged(kim, request('/a'), asking('/a', 'one'), context))).toEqual(['one', '00000001']);
  expect(nc(auth.authorize(kim, request('/b'), context))).toEqual(['one', '00000002']);
  expect(auth.challenged(kim, request('/b'), asking('/b', 'one'), context)).toBeNull();
  expect(nc(auth.challenged(kim, request('/b'), asking('/b', 'two'), context))).toEqual(['two', '00000001']);
  expect(nc(auth.authorize(kim, request('/a'), context))).toEqual(['two', '00000002']);
  // Somebody else, another run, or another address after a redirect begin anew.
  expect(auth.authorize({ ...kim, username: 'lee' }, request('/a'), context)).toEqual({ headers: {} });
  expect(auth.authorize(kim, request('/a'), { http: {} } as AuthContext)).toEqual({ headers: {} });
  expect(auth.challenged(kim, request('/a'), asking('/login', 'three'), context)).toBeNull();
});
