import { describe, expect, test } from '@jest/globals';
import { importOne, importText } from '../testing/import-text.ts';
import { importer } from './index.ts';

interface Recorded {
  method?: string;
  url?: string;
  headers?: Record<string, string>;
  body?: string | object;
  type?: string;
  status?: number;
  answer?: unknown;
  answerType?: string;
  answerHeaders?: Record<string, string>;
  kind?: string;
  at?: number;
}

const entry = ({
  method = 'GET',
  url = '/',
  headers = {},
  body,
  type = 'application/json',
  status = 200,
  answer,
  answerType = 'application/json',
  answerHeaders = {},
  kind,
  at = 0,
}: Recorded) => ({
  startedDateTime: new Date(1_700_000_000_000 + at).toISOString(),
  ...(kind ? { _resourceType: kind } : {}),
  request: {
    method,
    url: url.startsWith('/') ? `https://shop.example.com${url}` : url,
    headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
    ...(body === undefined
      ? {}
      : { postData: { mimeType: type, text: typeof body === 'string' ? body : JSON.stringify(body) } }),
  },
  response: {
    status,
    headers: Object.entries({ 'content-type': answerType, ...answerHeaders }).map(([name, value]) => ({ name, value })),
    content: { mimeType: answerType, text: typeof answer === 'string' ? answer : JSON.stringify(answer ?? {}) },
  },
});

const read = (...entries: Recorded[]) =>
  importOne(
    importer,
    JSON.stringify({ log: { version: '1.2', entries: entries.map((one, index) => entry({ at: index, ...one })) } }),
  );

describe('a recording', () => {
  test('becomes steps in the order in which they began, with the recorded status', () => {
    const { written, baseUrls } = read({ url: '/second', at: 9, status: 404 }, { url: '/first?a=1', at: 1 });
    expect(written.steps).toEqual([
      {
        name: 'GET /first',
        request: 'GET /first?a=1',
        expect: { status: 200, header: { 'content-type': { contains: 'json' } } },
      },
      { name: 'GET /second', request: 'GET /second', expect: { status: 404 } },
    ]);
    expect(baseUrls).toEqual(['https://shop.example.com']);
  });

  test('without what a browser adds, and says so', () => {
    const { written, omissions } = read(
      {
        url: '/api',
        headers: {
          'user-agent': 'Mozilla',
          'sec-fetch-mode': 'cors',
          'if-none-match': '"x"',
          accept: 'application/json',
          'x-requested-with': 'fetch',
        },
        status: 304,
        answerType: '',
      },
      { url: '/logo.png', answerType: 'image/png' },
      { url: '/app.js', kind: 'script' },
      { url: '/api', method: 'OPTIONS', headers: { 'access-control-request-method': 'POST' } },
      { url: 'https://tracker.example.org/hit' },
      { url: 'wss://shop.example.com/live' },
      { url: '/aborted', status: 0 },
    );
    expect(written.steps).toEqual([
      {
        name: 'GET /api',
        request: { method: 'GET', url: '/api', headers: { accept: 'application/json', 'x-requested-with': 'fetch' } },
        expect: { status: 200 },
      },
    ]);
    expect(omissions.map(({ what }) => what)).toEqual([
      '2 static files (images, styles, scripts, fonts)',
      '1 preflight request of the browser (CORS)',
      '1 WebSocket connection',
      '1 request without an answer (aborted or blocked)',
      '1 request to another site, tracker.example.org',
      'headers of the browser (user-agent, sec-…, referer, caching)',
    ]);
  });

  test('a token of an answer that a later request sends is captured, and stands nowhere', () => {
    const token = 'tok_8f7e6d5c4b3a29181716';
    const imported = read(
      {
        method: 'POST',
        url: '/sessions',
        body: { email: 'kim@example.com', password: 'hunter2-long' },
        status: 201,
        answer: { data: { accessToken: token } },
      },
      {
        method: 'POST',
        url: '/orders',
        headers: { authorization: `Bearer ${token}` },
        body: { item: 'tea' },
        status: 201,
        answer: { id: 4711, item: 'tea' },
      },
      { url: '/orders/4711?full=1', headers: { authorization: `Bearer ${token}` } },
      {
        method: 'PATCH',
        url: '/orders/4711',
        headers: { authorization: `Bearer ${token}` },
        body: { order: 4711, note: 'x' },
      },
    );
    const [signIn, create, get, change] = imported.written.steps;
    expect(imported.text).not.toContain(token);
    expect(imported.text).not.toContain('hunter2-long');
    expect(signIn).toMatchObject({
      json: { email: 'kim@example.com', password: '{{ secrets.SHOP_EXAMPLE_COM_PASSWORD }}' },
      capture: { access_token: { jsonpath: '$.data.accessToken', secret: true } },
    });
    expect(create).toMatchObject({ auth: { bearer: '{{ access_token }}' }, capture: { id: '$.id' } });
    expect(get).toMatchObject({ request: 'GET /orders/{{ id }}?full=1' });
    expect(change).toMatchObject({ json: { order: '{{ id }}', note: 'x' } });
  });

  test('an anti-forgery field of a page is captured', () => {
    const { written } = read(
      {
        url: '/login',
        answerType: 'text/html',
        answer: '<form><input type="hidden" name="csrf_token" value="abc123def456"></form>',
      },
      {
        method: 'POST',
        url: '/login',
        type: 'application/x-www-form-urlencoded',
        body: 'user=kim&csrf_token=abc123def456',
        status: 302,
      },
    );
    expect(written.steps[0]!.capture).toEqual({ csrf_token: { css: 'input[name="csrf_token"]@value', secret: true } });
    expect(written.steps[1]).toMatchObject({
      form: { user: 'kim', csrf_token: '{{ csrf_token }}' },
      expect: { status: 302 },
    });
  });

  test('cookies that the recording sets come from the jar; older ones are secrets, and listed', () => {
    const { written, text, omissions } = read(
      {
        url: '/a',
        headers: { cookie: 'old=value-123456; _ga=GA1.2.3' },
        answerHeaders: { 'set-cookie': 'sid=abcdef; Path=/' },
      },
      { url: '/b', headers: { cookie: 'sid=abcdef' } },
    );
    expect(written.steps.map(({ request }) => request)).toEqual([
      { method: 'GET', url: '/a', headers: { Cookie: 'old={{ secrets.SHOP_EXAMPLE_COM_COOKIE_OLD }}' } },
      'GET /b',
    ]);
    expect(text).not.toContain('value-123456');
    expect(omissions[0]).toMatchObject({ what: 'headers of the browser (user-agent, sec-…, referer, caching)' });
    expect(omissions[1]).toMatchObject({ what: 'where the cookies old come from' });
  });

  test.each([
    ['nope', /^it is not JSON/],
    ['{}', /^it is no HTTP Archive/],
    ['{"log":{"entries":[]}}', /^nothing was recorded/],
  ])('%s is refused', (text, why) => {
    expect(importText(importer, text)).toMatchObject({ refused: expect.stringMatching(why) });
  });
});
