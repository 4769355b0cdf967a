import { describe, expect, test } from '@jest/globals';
import { CERTIFICATE, PRIVATE_KEY } from '../../engine/testing/certificate.ts';
import { importOne, importText } from '../testing/import-text.ts';
import { importer } from './index.ts';

const steps = (command: string, files: Record<string, string> = {}) =>
  importOne(importer, command, { files }).written.steps;
const step = (command: string, files: Record<string, string> = {}) => steps(command, files)[0];

describe('a curl command', () => {
  test('becomes a step with a relative URL, and says where it went', () => {
    const { written, baseUrls } = importOne(importer, 'curl https://api.example.com/v1/health?deep=1');
    expect(written.steps).toEqual([{ name: 'GET /v1/health', request: 'GET /v1/health?deep=1' }]);
    expect(written.service).toBe('api.example.com');
    expect(baseUrls).toEqual(['https://api.example.com']);
  });

  test('copied from a browser: quotes of bash, continued lines, escapes', () => {
    const command = String.raw`curl 'https://shop.example.com/api/orders' \
  -H 'accept: application/json' \
  -H 'content-type: application/json' \
  --data-raw $'{"note":"it\'s \u00fc","qty":2}' \
  --compressed`;
    expect(step(command)).toEqual({
      name: 'POST /api/orders',
      request: { method: 'POST', url: '/api/orders', headers: { accept: 'application/json' } },
      json: { note: "it's ü", qty: 2 },
    });
  });

  test.each([
    ['-d a=1 -d b=two+words', { form: { a: '1', b: 'two words' } }],
    ['-d a=1&a=2', { form: { a: ['1', '2'] } }],
    [`-d '{"a":1}'`, { body: '{"a":1}' }],
    [`--json '{"a":1}'`, { json: { a: 1 } }],
    [`-H 'Content-Type: application/json' -d '{"id":12345678901234567890}'`, { body: '{"id":12345678901234567890}' }],
    ["--data-urlencode 'q=tea & biscuits'", { form: { q: 'tea & biscuits' } }],
    [`-H 'Content-Type: text/plain' --data-binary 'zip 0123'`, { body: 'zip 0123' }],
    [`-H 'Content-Type: application/json' -d '{"t":"{{ x }}"}'`, { json: { t: '{{ "{{" }} x }}' } }],
  ])('sends %s', (flags, body) => {
    expect(step(`curl ${flags} http://a.example/x`)).toMatchObject(body);
  });

  test('-G puts data into the query', () => {
    expect(step("curl -G http://a.example/x -d a=1 --data-urlencode 'q=ü&'")).toEqual({
      name: 'GET /x',
      request: 'GET /x?a=1&q=%C3%BC%26',
    });
  });

  test.each([
    ['-XDELETE', 'DELETE'],
    ['-I', 'HEAD'],
    ['-d x=1', 'POST'],
    ['-X put -d x=1', 'PUT'],
    ['', 'GET'],
  ])('with %s has the method %s', (flags, method) => {
    const { request } = step(`curl ${flags} http://a.example/x`) as { request: string };
    expect(request).toBe(`${method} /x`);
  });

  test('flags without a space and flags written together', () => {
    const { request } = step("curl -sSLXPOST -H'X-A: 1' http://a.example/x") as { request: object };
    expect(request).toEqual({ method: 'POST', url: '/x', headers: { 'X-A': '1' }, max_redirects: 20 });
  });

  test('credentials become secrets and stand nowhere', () => {
    const imported = importOne(
      importer,
      `curl -u 'kim:hunter2-long' -H 'X-Api-Key: k-123456789' -b 'sid=abcdef123' 'https://a.example/x?access_token=tok-987654321' -d '{"password":"pa55-word"}' -H 'content-type: application/json'`,
    );
    for (const value of ['hunter2-long', 'k-123456789', 'abcdef123', 'tok-987654321', 'pa55-word'])
      expect(imported.text + JSON.stringify(imported.omissions)).not.toContain(value);
    expect(imported.written.steps[0]).toEqual({
      name: 'POST /x',
      request: {
        method: 'POST',
        url: '/x?access_token={{ secrets.A_EXAMPLE_ACCESS_TOKEN }}',
        headers: { 'X-Api-Key': '{{ secrets.A_EXAMPLE_X_API_KEY }}', Cookie: 'sid={{ secrets.A_EXAMPLE_COOKIE_SID }}' },
      },
      json: { password: '{{ secrets.A_EXAMPLE_PASSWORD_2 }}' },
      auth: { basic: { username: 'kim', password: '{{ secrets.A_EXAMPLE_PASSWORD }}' } },
    });
    expect(imported.written.secrets).toEqual(imported.secrets);
  });

  test('forms with files, certificates and the connection', () => {
    const files = { 'a.png': 'x', 'ca.pem': CERTIFICATE, 'c.pem': CERTIFICATE, 'k.pem': PRIVATE_KEY };
    const command =
      "curl -F title=hello -F 'picture=@a.png;type=image/png;filename=b.png' -k --http2 --cacert ca.pem -E c.pem:pa55-word --key k.pem -x http://kim:pr0xy-pass@proxy:3128 --resolve shop.example.com:443:192.0.2.7 -m 2.5 -4 https://shop.example.com/upload";
    expect(step(command, files)).toMatchObject({
      request: 'POST /upload',
      multipart: { title: 'hello', picture: { file: './a.png', content_type: 'image/png', filename: 'b.png' } },
      timeout: '2500ms',
    });
    const imported = importOne(importer, command, { files });
    expect(imported.text).not.toMatch(/pa55-word|pr0xy-pass/);
    expect(imported.omissions).toEqual([]);
    expect(imported.written.steps[0]!.connection).toMatchObject({
      verify: false,
      http: '2',
      ip: 4,
      resolve: '192.0.2.7',
    });
  });

  test('a variable of the shell is read from the environment', () => {
    const { written } = importOne(importer, 'curl -H "Authorization: Bearer $API_TOKEN" "$BASE/v1/me"');
    expect(written.steps[0]).toEqual({
      name: 'GET /v1/me',
      request: 'GET /v1/me',
      auth: { bearer: '{{ secrets.API_TOKEN }}' },
    });
    expect(written.secrets).toEqual(['API_TOKEN']);
  });

  test('several commands become steps in order', () => {
    const names = steps('curl http://a.example/one && curl http://a.example/two\ncurl http://b.example/three').map(
      ({ request }) => request,
    );
    expect(names).toEqual(['GET /one', 'GET /two', 'GET http://b.example/three']);
  });

  test('what has no counterpart is listed, at the step too', () => {
    const { omissions, text } = importOne(importer, 'curl --limit-rate 10k -b jar.txt http://a.example/x | jq .id');
    expect(omissions.map(({ what }) => what)).toEqual([
      'the command jq',
      'the flag --limit-rate 10k',
      'the cookies of the file jar.txt',
    ]);
    expect(text).toContain('# not carried over: the flag --limit-rate 10k');
  });

  test('words that a shell has split already', () => {
    const { written } = importOne(importer, '', { words: ['curl', '-H', 'X-A: 1 2', 'http://a.example/x'] });
    expect(written.steps[0]).toMatchObject({ request: { headers: { 'X-A': '1 2' } } });
  });

  test.each([
    ['wget http://a.example', 'there is no curl command'],
    ["curl 'http://a.example", 'a quote is never closed'],
    ['curl -s', 'the command names no URL'],
    ['', 'there is no curl command'],
  ])('%s is refused', (command, refused) => {
    expect(importText(importer, command)).toMatchObject({ refused });
  });
});
