import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CookieJar } from './cookie-jar.ts';
import { forever, get, serve, session } from './testing/peers.ts';

test('cookies are sent back to the server that set them, until they are forgotten', async () => {
  const seen: (string | undefined)[] = [];
  const port = await serve((request, response) => {
    seen.push(request.headers.cookie);
    if (request.url === '/in') response.setHeader('set-cookie', ['sid=1; HttpOnly; Path=/', 'theme=dark; Path=/v1']);
    response.end();
  });
  const origin = `http://127.0.0.1:${port}`;
  const http = session([origin]);
  for (const path of ['/before', '/in', '/', '/v1/posts']) await http.exchange(get(origin + path), forever);
  await http.exchange(get(origin, { cookies: false }), forever);
  await http.exchange(get(origin, { headers: { cookie: 'sid=own; a=b' } }), forever);
  http.clearCookies();
  await http.exchange(get(origin), forever);
  expect(seen).toEqual([undefined, undefined, 'sid=1', 'theme=dark; sid=1', undefined, 'sid=own; a=b', undefined]);
});

test('a cookie that a redirect sets goes with the next hop, and is told to whoever keeps secrets', async () => {
  const seen: (string | undefined)[] = [];
  const port = await serve((request, response) => {
    seen.push(request.headers.cookie);
    if (request.url === '/') response.end();
    else response.writeHead(303, { 'set-cookie': 'sid=hop-1', location: '/' }).end();
  });
  const origin = `http://127.0.0.1:${port}`;
  const outcome = await session([origin]).exchange(
    get(`${origin}/login`, { method: 'POST', body: 'x', maxRedirects: 2 }),
    forever,
  );
  expect(seen).toEqual([undefined, 'sid=hop-1']);
  expect(outcome.hopCookies).toEqual(['sid=hop-1']);
  expect(outcome.redirects).toEqual([{ status: 303, url: `${origin}/` }]);
  expect(outcome.response!.url.href).toBe(`${origin}/`);
});

test('cookies of another host, secure ones on http and malformed ones are not sent', async () => {
  const jar = new CookieJar();
  const https = new URL('https://api.example.com/');
  await jar.store(https, ['a=1; Domain=evil.test', 'b=2; Secure', '=;;', 'c=3; Domain=com', 'd=4; Domain=example.com']);
  expect(jar.field(https, undefined)).toBe('b=2; d=4');
  expect(jar.field(new URL('http://api.example.com/'), undefined)).toBe('d=4');
  expect(jar.field(new URL('https://www.example.com/'), 'd=own')).toBe('d=own');
  expect(jar.field(new URL('https://evil.test/'), undefined)).toBeNull();
});

test('whatever a server sets, the jar neither fails nor sends what a header cannot carry', async () => {
  const part = fc.oneof(
    fc.constantFrom(
      'a',
      '=',
      ';',
      ' ',
      ',',
      'Domain=',
      '.',
      'com',
      'Path=/',
      'Expires=',
      'Max-Age=',
      '-1',
      'Secure',
      '\u00ff',
      '__Host-',
      '"',
    ),
    fc.string({ maxLength: 4 }),
  );
  const written = fc
    .array(part, { maxLength: 8 })
    .map((parts) => parts.join('').replace(/[^\t\x20-\x7e\x80-\xff]/g, '?'));
  const host = fc.constantFrom(
    'http://127.0.0.1:80/',
    'http://localhost/',
    'https://[::1]/a/b',
    'http://xn--bcher-kva.example/',
    'https://co.uk/',
  );
  await fc.assert(
    fc.asyncProperty(host, fc.array(written, { maxLength: 4 }), async (url, cookies) => {
      const jar = new CookieJar();
      await jar.store(new URL(url), cookies);
      expect(jar.field(new URL(url), undefined) ?? '').toMatch(/^[\t\x20-\x7e\x80-\xff]*$/);
    }),
    { seed: 8, numRuns: 500 },
  );
});
