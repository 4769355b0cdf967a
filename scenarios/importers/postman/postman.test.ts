import { describe, expect, test } from '@jest/globals';
import { importOne, importText, type TestSource } from '../testing/import-text.ts';
import { importer } from './index.ts';

interface Sketch {
  name?: string;
  method?: string;
  url?: unknown;
  header?: { key: string; value: string; disabled?: boolean }[];
  body?: object;
  auth?: object;
  tests?: string;
  before?: string;
}

const item = ({
  name = 'asking',
  method = 'GET',
  url = 'https://api.example.com/x',
  header = [],
  body,
  auth,
  tests,
  before,
}: Sketch) => ({
  name,
  request: { method, url, header, ...(body ? { body } : {}), ...(auth ? { auth } : {}) },
  event: [
    ...(tests ? [{ listen: 'test', script: { exec: tests.split('\n') } }] : []),
    ...(before ? [{ listen: 'prerequest', script: { exec: before.split('\n') } }] : []),
  ],
});

const collection = (items: object[], more: object = {}) =>
  JSON.stringify({ info: { name: 'Shop' }, item: items, ...more });

const read = (items: Sketch[], more: object = {}, source: TestSource = {}) =>
  importOne(importer, collection(items.map(item), more), source);

const step = (sketch: Sketch, more: object = {}, source: TestSource = {}) =>
  read([{ method: 'POST', ...sketch }], more, source).written.steps[0]!;

describe('tests of a collection', () => {
  test.each<[string, object]>([
    ['pm.test("s", () => pm.response.to.have.status(201))', { status: 201 }],
    ['pm.test("s", () => { pm.response.to.have.status("Created"); });', { status: 201 }],
    ['pm.expect(pm.response.code).to.eql(200)', { status: 200 }],
    ['pm.expect(pm.response.code).to.be.oneOf([200, 201])', { status: [200, 201] }],
    ['tests["Status code is 200"] = responseCode.code === 200;', { status: 200 }],
    ['pm.response.to.be.ok', { status: 200 }],
    ['pm.response.to.be.success', { status: '2xx' }],
    ['pm.response.to.not.be.error', { status: { lt: 400 } }],
    ['pm.response.to.be.json', { header: { 'content-type': { contains: 'json' } } }],
    ['pm.response.to.have.header("Content-Type")', { header: { 'content-type': { exists: true } } }],
    ['pm.response.to.have.header("ETag", "abc")', { header: { etag: 'abc' } }],
    ['pm.expect(pm.response.headers.get("X-A")).to.include("b")', { header: { 'x-a': { contains: 'b' } } }],
    ['pm.expect(pm.response.responseTime).to.be.below(200)', { duration: { lt: '200ms' } }],
    ['tests["fast"] = responseTime < 500', { duration: { lt: '500ms' } }],
    ['pm.expect(pm.response.text()).to.include("hello")', { body: { contains: 'hello' } }],
    [
      'tests["a"] = responseBody.has("a"); tests["b"] = responseBody.has("b.c")',
      { body: { contains: 'a' }, regex: { 'b\\.c': { exists: true } } },
    ],
    ['const data = pm.response.json();\npm.expect(data.id).to.eql(7)', { jsonpath: { '$.id': 7 } }],
    [
      'const data = pm.response.json(); pm.expect(data.items[0]["first name"]).to.equal("Kim")',
      { jsonpath: { "$.items[0]['first name']": 'Kim' } },
    ],
    ['pm.expect(pm.response.json().items).to.be.an("array")', { jsonpath: { '$.items': { type: 'array' } } }],
    [
      'pm.expect(pm.response.json().items).to.be.an("array").that.is.not.empty',
      { jsonpath: { '$.items': { type: 'array', count: { gt: 0 } } } },
    ],
    ['pm.expect(pm.response.json().items.length).to.be.above(2)', { jsonpath: { '$.items': { count: { gt: 2 } } } }],
    ['pm.expect(pm.response.json().items).to.have.lengthOf(3)', { jsonpath: { '$.items': { count: 3 } } }],
    ['pm.expect(pm.response.json()).to.have.property("id")', { jsonpath: { '$.id': { exists: true } } }],
    ['pm.expect(pm.response.json()).to.have.property("id", 3)', { jsonpath: { '$.id': 3 } }],
    ['pm.expect(pm.response.json()).to.have.nested.property("a.b[0]")', { jsonpath: { '$.a.b[0]': { exists: true } } }],
    ['pm.expect(pm.response.json()).to.include({ a: 1, b: "x" })', { jsonpath: { '$.a': 1, '$.b': 'x' } }],
    [
      'pm.expect(pm.response.json()).to.have.keys("a", "b")',
      { jsonpath: { '$.a': { exists: true }, '$.b': { exists: true } } },
    ],
    ['pm.expect(pm.response.json().name).to.not.equal("x")', { jsonpath: { '$.name': { not: 'x' } } }],
    ['pm.expect(pm.response.json().name).to.match(/^a+$/i)', { jsonpath: { '$.name': { matches: '(?i)^a+$' } } }],
    ['pm.expect(pm.response.json().n).to.be.within(1, 5)', { jsonpath: { '$.n': { gte: 1, lte: 5 } } }],
    ['pm.expect(pm.response.json().ok).to.be.true', { jsonpath: { '$.ok': true } }],
    ['pm.expect(pm.response.json().gone).to.be.undefined', { jsonpath: { '$.gone': { exists: false } } }],
    ['pm.expect(pm.response.json().gone).to.be.null', { jsonpath: { '$.gone': null } }],
    ['pm.expect(pm.response.json().id).to.exist', { jsonpath: { '$.id': { exists: true } } }],
    [
      'const { id } = pm.response.json(); pm.expect(typeof id).to.equal("string")',
      { jsonpath: { '$.id': { type: 'string' } } },
    ],
    ['pm.expect(pm.response.text().includes("x")).to.be.true', { body: { contains: 'x' } }],
    [
      'pm.response.json().items.forEach((i) => pm.expect(i.id).to.be.a("string"))',
      { jsonpath: { '$.items[*].id': { each: { type: 'string' } } } },
    ],
    [
      'let j; try { j = JSON.parse(responseBody); tests["a"] = "b" in j.a; } catch (e) {}',
      { jsonpath: { '$.a.b': { exists: true } } },
    ],
    ['var j = JSON.parse(responseBody); tests["a"] = !("b" in j)', { jsonpath: { '$.b': { exists: false } } }],
    [
      'var j = JSON.parse(responseBody); tests["a"] = j && j.data && j.data.length === 3',
      { jsonpath: { '$.data': { count: 3 } } },
    ],
    [
      'var j = JSON.parse(responseBody); tests["a"] = j.a == 1 || j.a == 2',
      { jsonpath: { '$.a': { one_of: [1, 2] } } },
    ],
    ['tests["a"] = responseBody.indexOf("x") !== -1', { body: { contains: 'x' } }],
    ['tests["a"] = _.has(JSON.parse(responseBody), "form.a")', { jsonpath: { '$.form.a': { exists: true } } }],
  ])('%s', (tests, wanted) => {
    const { written, omissions } = read([{ method: 'POST', tests }]);
    expect(omissions).toEqual([]);
    expect(written.steps[0]!.expect).toEqual(wanted);
  });

  test.each([
    ['for (const i of list) {}', 'a scenario has no loops or statements'],
    ['pm.expect(tv4.validate(pm.response.json(), schema)).to.be.true', 'what it compares is beyond a scenario'],
    ['postman.setNextRequest("other")', 'a script chooses the next request'],
    ['pm.sendRequest("https://x", () => {})', 'a script sends a request'],
    ['pm.environment.set("x", btoa(token))', 'the value is computed by the script'],
    ['if (pm.response.code === 200) { pm.expect(1).to.eql(1) }', 'a scenario does not decide inside a step'],
    ['this is no script', 'it is no JavaScript that can be read: Unexpected token (1:5)'],
    [
      'pm.expect(pm.response.code).to.eql(200); pm.expect(pm.response.code).to.eql(201)',
      'the same value is judged in this way already',
    ],
  ])('%s is listed with its line', (tests, why) => {
    const { omissions, text } = read([{ tests: `// first\n${tests}` }]);
    expect(omissions.map((omission) => omission.why)).toContain(why.replace('(1:5)', '(2:5)'));
    expect(omissions[0]!.what).toMatch(/^script line [12]: /);
    expect(text).toContain('# not carried over: script line');
  });

  test('a value that a script keeps becomes a capture, a token a secret one', () => {
    const { written } = read([
      {
        method: 'POST',
        name: 'signing in',
        tests:
          'const jsonData = pm.response.json();\npm.environment.set("token", jsonData.access.token); pm.collectionVariables.set("user id", jsonData.id)',
      },
      {
        method: 'GET',
        name: 'reading',
        url: 'https://api.example.com/users/{{user id}}',
        auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{token}}' }] },
      },
    ]);
    expect(written.steps[0]!.capture).toEqual({ token: { jsonpath: '$.access.token', secret: true }, user_id: '$.id' });
    expect(written.steps[1]).toMatchObject({
      request: { url: '/users/{{ user_id }}' },
      auth: { bearer: '{{ token }}' },
    });
    expect(written).not.toHaveProperty('variables');
  });
});

describe('variables', () => {
  test('of collection and environment, the latter first; credentials become secrets', () => {
    const environment = JSON.stringify({
      values: [
        { key: 'baseUrl', value: 'https://staging.example.com/api' },
        { key: 'apiKey', value: 'k-987654', type: 'secret' },
        { key: 'name', value: 'Kim' },
      ],
    });
    const { written, baseUrls, text, secrets } = read(
      [
        {
          method: 'POST',
          url: '{{baseUrl}}/users',
          header: [{ key: 'X-Key', value: '{{apiKey}}' }],
          body: {
            mode: 'raw',
            raw: '{"name": "{{name}}", "greeting": "{{greeting}}"}',
            options: { raw: { language: 'json' } },
          },
        },
      ],
      {
        variable: [
          { key: 'baseUrl', value: 'https://x.example.com' },
          { key: 'greeting', value: 'Hi {{name}}' },
          { key: 'unused', value: '1' },
        ],
      },
      { options: { environment } },
    );
    expect(baseUrls).toEqual(['https://staging.example.com']);
    expect(written.variables).toEqual({ name: 'Kim', greeting: 'Hi {{ name }}' });
    expect(Object.keys(written.variables as object)).toEqual(['name', 'greeting']);
    expect(written.steps[0]).toEqual({
      name: 'asking',
      request: { method: 'POST', url: '/api/users', headers: { 'X-Key': '{{ secrets.STAGING_EXAMPLE_COM_API_KEY }}' } },
      json: { name: '{{ name }}', greeting: '{{ greeting }}' },
    });
    expect(text).not.toContain('k-987654');
    expect(secrets).toEqual(['STAGING_EXAMPLE_COM_API_KEY']);
  });

  test('without a value anywhere they are declared and listed', () => {
    const { written, omissions } = read([{ method: 'POST', url: '{{host}}/a?q={{term}}' }]);
    expect(written.steps[0]!.request).toBe('POST /a?q={{ term }}');
    expect(written.variables).toEqual({ term: '' });
    expect(omissions).toEqual([expect.objectContaining({ what: 'the value of {{term}}' })]);
  });

  test('dynamic ones become generators', () => {
    const raw = '{"id":"{{$guid}}","at":{{$timestamp}},"n":{{$randomInt}}}';
    expect(step({ body: { mode: 'raw', raw } }).json).toEqual({
      id: '{{ $uuid }}',
      at: '{{ $timestamp }}',
      n: '{{ $random_int(0, 1000) }}',
    });
  });

  test('what a script makes before the request', () => {
    const { written, omissions } = read([
      {
        method: 'POST',
        before:
          'pm.environment.set("email", `u${Date.now()}@example.com`); pm.variables.set("n", Math.floor(Math.random() * 100)); pm.environment.set("at", new Date().toISOString())',
        body: { mode: 'urlencoded', urlencoded: ['email', 'n', 'at'].map((key) => ({ key, value: `{{${key}}}` })) },
      },
    ]);
    expect(omissions).toEqual([]);
    expect(written.variables).toEqual({
      email: 'u{{ $timestamp_ms }}@example.com',
      n: '{{ $random_int(0, 99) }}',
      at: '{{ $now }}',
    });
    expect(written.steps[0]!.form).toEqual({ email: '{{ email }}', n: '{{ n }}', at: '{{ at }}' });
  });
});

describe('requests', () => {
  test('inherit auth from folder and collection, and run in order', () => {
    const text = collection(
      [
        {
          name: 'Admin',
          auth: {
            type: 'basic',
            basic: [
              { key: 'username', value: 'kim' },
              { key: 'password', value: 'hunter22' },
            ],
          },
          item: [item({ name: 'one', method: 'POST' })],
        },
        item({ name: 'two', method: 'POST' }),
        item({ name: 'two', method: 'POST', auth: { type: 'noauth' } }),
      ],
      { auth: { type: 'bearer', bearer: [{ key: 'token', value: 'tok-123456' }] } },
    );
    const { written } = importOne(importer, text);
    expect(written.steps.map(({ name, auth }) => [name, auth])).toEqual([
      ['one', { basic: { username: 'kim', password: '{{ secrets.API_EXAMPLE_COM_PASSWORD }}' } }],
      ['two', { bearer: '{{ secrets.API_EXAMPLE_COM_TOKEN }}' }],
      ['two 2', undefined],
    ]);
  });

  test('path variables are filled in', () => {
    const url = { raw: 'https://api.example.com/users/:id/posts/:post?x=1', variable: [{ key: 'id', value: 'a b' }] };
    expect(step({ url }).request).toBe('POST /users/a%20b/posts/{{ post }}?x=1');
  });

  test('an unquoted text in JSON stays as it is written', () => {
    const { body } = step(
      { body: { mode: 'raw', raw: '{"list": {{list}}, "n": 1}', options: { raw: { language: 'json' } } } },
      { variable: [{ key: 'list', value: '[1,2]' }] },
    );
    expect(body).toBe('{"list": {{ list }}, "n": 1}');
  });

  test('GraphQL is sent as Postman sends it', () => {
    expect(
      step({
        body: {
          mode: 'graphql',
          graphql: { query: 'query Q($id: ID!) { post(id: $id) { title } }', variables: '{"id": "{{$guid}}"}' },
        },
      }).json,
    ).toEqual({
      query: 'query Q($id: ID!) { post(id: $id) { title } }',
      variables: { id: '{{ $uuid }}' },
    });
  });
});

test('a collection that is too long for one file is divided at its folders, each with the sign-in that it needs', () => {
  const signIn = item({
    name: 'signing in',
    method: 'POST',
    tests: 'pm.environment.set("token", pm.response.json().token)',
  });
  const folder = (name: string) => ({
    name,
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{token}}' }] },
    item: Array.from({ length: 80 }, (_, index) => item({ name: `${name} ${index}`, method: 'POST' })),
  });
  const imported = importText(
    importer,
    collection([{ name: 'Start', item: [signIn] }, folder('Users'), folder('Orders'), folder('Posts')]),
  );
  if ('refused' in imported) throw new Error(imported.refused);
  expect(imported.scenarios.map(({ name, steps }) => [name, steps])).toEqual([
    ['Shop: Start', 1],
    ['Shop: Users', 81],
    ['Shop: Orders', 81],
    ['Shop: Posts', 81],
  ]);
  expect(imported.omissions).toEqual([]);
});

test.each([
  ['{', /^it is not JSON/],
  ['[]', /^it is no JSON object/],
  ['{"swagger":"2.0"}', /^it is no Postman collection/],
  ['{"name":"old","order":[],"requests":[]}', /^it is a collection of format 1/],
])('%s is refused', (text, why) => {
  expect(importText(importer, text)).toMatchObject({ refused: expect.stringMatching(why) });
});

test('settings of a request that a step does not have are listed', () => {
  const request = {
    method: 'POST',
    url: 'https://api.example.com/x',
    certificate: { name: 'a', cert: { src: '/a.pem' } },
  };
  const imported = importText(
    importer,
    JSON.stringify({
      info: { name: 'shop', schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json' },
      item: [
        { name: 'a', request, protocolProfileBehavior: { strictSSL: true, maxRedirects: 3, disableCookies: false } },
      ],
    }),
  );
  if ('refused' in imported) throw new Error(imported.refused);
  expect(imported.omissions.map(({ what }) => what)).toEqual([
    'the client certificate of the request',
    'protocolProfileBehavior strictSSL',
  ]);
  expect(imported.scenarios[0]!.text).toContain('max_redirects: 3');
});
