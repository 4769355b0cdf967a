import { describe, expect, test } from '@jest/globals';
import { importOne, importText } from '../testing/import-text.ts';
import { importer } from './index.ts';

const FILE = `# signing in
POST https://api.example.com/login?a=1
User-Agent: test # a comment
[Form]
user: kim
password: s3cret-pa55
HTTP 302
Location: /home
[Captures]
token: jsonpath "$.token"
csrf: xpath "string(//meta[@name='csrf']/@content)"
[Asserts]
header "Location" contains "home"
duration < 1000

GET https://api.example.com/orders/{{id}}
Authorization: Bearer {{token}}
[Query]
q: two words
[Options]
location: true
retry: 3
retry-interval: 200
variable: id=42
HTTP/1.1 200
[Asserts]
status == 200
jsonpath "$.items" count == 3
jsonpath "$.name" == "Kim \\"K\\""
jsonpath "$.price" >= 1.5
jsonpath "$.tags" includes "new"
jsonpath "$.gone" not exists
jsonpath "$.at" isIsoDate
jsonpath "$.n" isInteger
jsonpath "$.list" nth 0 == "a"
cookie "sid[HttpOnly]" exists
cookie "sid" exists
bytes count < 5000
body contains "hello"
body contains "more"
xpath "count(//li)" == 2
certificate "Expire-Date" daysAfterNow > 15
jsonpath "$.x" replace "a" "b" == "c"
variable "id" == 42

# sends JSON
POST https://api.example.com/orders
Content-Type: application/json
{
  "item": "tea", # not a comment inside, but hurl has none in JSON
  "id": "{{id}}",
  "token": "{{token}}"
}
HTTP 201
[Asserts]
jsonpath "$.id" matches /^[0-9]+$/
`.replace(', # not a comment inside, but hurl has none in JSON', ',');

describe('a Hurl file', () => {
  const { written, omissions, text } = importOne(importer, FILE, { name: 'checks/orders.hurl' });

  test('becomes steps', () => {
    expect(written.name).toBe('orders');
    expect(written.variables).toEqual({ id: '42' });
    expect(written.steps[0]).toEqual({
      name: 'POST /login',
      request: { method: 'POST', url: '/login?a=1', headers: { 'User-Agent': 'test' } },
      form: { user: 'kim', password: '{{ secrets.API_EXAMPLE_COM_PASSWORD }}' },
      expect: { status: 302, header: { location: '/home' }, duration: { lt: '1000ms' } },
      capture: { token: { jsonpath: '$.token', secret: true }, csrf: { xpath: "//meta[@name='csrf']/@content" } },
    });
    expect(written.steps[2]).toEqual({
      name: 'POST /orders',
      request: 'POST /orders',
      json: { item: 'tea', id: '{{ id }}', token: '{{ token | string }}' },
      expect: { status: 201, jsonpath: { '$.id': { matches: '^[0-9]+$' } } },
    });
    expect(text).not.toContain('s3cret-pa55');
  });

  test('with every assert that a scenario can say', () => {
    const { repeat, ...step } = written.steps[1]!;
    expect(step).toEqual({
      name: 'GET /orders/id',
      request: { method: 'GET', url: '/orders/{{ id }}', query: { q: 'two words' }, max_redirects: 20 },
      auth: { bearer: '{{ token }}' },
      expect: {
        status: 200,
        jsonpath: {
          '$.items': { count: 3 },
          '$.name': 'Kim "K"',
          '$.price': { gte: 1.5 },
          '$.tags': { contains: 'new' },
          '$.gone': { exists: false },
          '$.at': { matches: expect.stringContaining('T') },
          '$.n': { type: 'integer' },
          '$.list[0]': 'a',
        },
        cookie: { sid: { http_only: true, value: { exists: true } } },
        bytes: { lt: 5000 },
        body: { contains: 'hello' },
        regex: { more: { exists: true } },
        xpath: { '//li': { count: 2 } },
        certificate: { expires_in: { gt: '15d' } },
      },
    });
    expect(repeat).toEqual({ until: (step as { expect: object }).expect, every: '200ms', at_most: 4 });
  });

  test('and lists the others with their line', () => {
    expect(omissions.map(({ what, why }) => `${what}: ${why}`)).toEqual([
      'line 13: header "Location" contains "home": the same value is judged in this way already',
      'line 43: jsonpath "$.x" replace "a" "b" == "c": the filter replace changes the value before it is judged',
      'line 44: variable "id" == 42: a scenario does not judge variable',
    ]);
  });
});

test('bodies of every kind', () => {
  const { written } = importOne(
    importer,
    [
      'POST http://a.example/1\n```\nline one\nline two\n```\nHTTP 200',
      'POST http://a.example/2\n`one line`\nHTTP 200',
      'POST http://a.example/3\n<a><b>{{x}}</b></a>\nHTTP *',
      'POST http://a.example/4\nbase64,aGVsbG8=;\nHTTP 200',
      'POST http://a.example/5\n```graphql\nquery Q($id: ID!) { post(id: $id) { title } }\n\nvariables {\n  "id": "1"\n}\n```\nHTTP 200\n[Asserts]\njsonpath "$.errors" not exists',
      'POST http://a.example/6\n[1, 2]\nHTTP 200\n{"ok": true}',
    ].join('\n\n'),
  );
  expect(written.steps.map(({ body, json }) => body ?? json)).toEqual([
    'line one\nline two\n',
    'one line',
    '<a><b>{{ x }}</b></a>',
    'hello',
    { query: 'query Q($id: ID!) { post(id: $id) { title } }', variables: { id: '1' } },
    [1, 2],
  ]);
  expect(written.steps[2]!.expect).toEqual({ status: { gte: 100 } });
  expect(written.steps[5]!.expect).toEqual({ status: 200, jsonpath: { $: { equals: { ok: true } } } });
});

test.each([
  ['', /^there is no request/],
  ['hello', /^line 1: a request begins with/],
  ['GET http://a.example\nHTTP 200\n[Asserts]\nstatus == 200\n\nwhat', /^line 6: a request begins with|^there/],
])('%j is refused', (text, why) => {
  const imported = importText(importer, text);
  if ('refused' in imported) expect(imported.refused).toMatch(why);
  else expect(imported.omissions).toEqual([expect.objectContaining({ what: 'line 6: what' })]);
});
