import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { createExchange } from '../../exchange.ts';
import type { Files } from '../../files.ts';
import { CompiledSchema } from '../json-schema.ts';
import { type Description, describe as describeFile, type Place } from './description.ts';
import { assertion } from './index.ts';

const post = {
  type: 'object',
  required: ['id', 'title', 'password'],
  properties: {
    id: { type: 'integer', minimum: 0, exclusiveMinimum: true },
    title: { type: 'string' },
    note: { type: 'string', nullable: true },
    state: { type: 'string', nullable: true, enum: ['draft', 'done'] },
    password: { type: 'string', writeOnly: true },
    author: { $ref: '#/components/schemas/Author' },
  },
};
const description = {
  openapi: '3.0.3',
  info: { title: 'Posts', version: '1' },
  servers: [{ url: 'https://api.example.com/{stage}/v1', variables: { stage: { default: 'prod' } } }, { url: '/v1/' }],
  paths: {
    '/posts/{id}': {
      parameters: [],
      get: {
        operationId: 'readPost',
        responses: {
          200: {
            description: 'one',
            headers: {
              'X-Total': { required: true, schema: { type: 'integer' } },
              'x-tags': { schema: { type: 'array', items: { type: 'string' } } },
            },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Post' } } },
          },
          '4XX': { $ref: '#/components/responses/Problem' },
        },
      },
      delete: { responses: { 204: { description: 'gone' } } },
    },
    '/status': { servers: [{ url: '/internal' }], get: { responses: { 200: { description: 'ok' } } } },
    '/posts/newest': { get: { responses: { default: { description: 'x', content: { 'text/*': {} } } } } },
  },
  components: {
    schemas: { Post: post, Author: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } } },
    responses: {
      Problem: {
        description: 'wrong',
        content: { 'application/problem+json; charset=utf-8': { schema: { required: ['title'] } } },
      },
    },
  },
};

const filesOf = (contents: Record<string, unknown>): Files => ({
  text: (path) => {
    const content = contents[path];
    if (content === undefined) return { error: 'there is no such file' };
    return { value: typeof content === 'string' ? content : JSON.stringify(content) };
  },
  bytes: () => ({ error: 'there is no such file' }),
});
const files = filesOf({ './openapi.json': description });

const good = { id: 1, title: 'hello', note: null, state: null, author: { name: 'kim' } };

function judged(
  {
    method = 'GET',
    path = '/v1/posts/1',
    status = 200,
    type = 'application/json; charset=utf-8',
    headers = { 'x-total': '3', 'x-tags': 'a, b' } as Record<string, string>,
    body = good as unknown,
  } = {},
  written: unknown = './openapi.json',
) {
  const exchange = createExchange({
    request: { method, url: `http://127.0.0.1:8080${path}` },
    response: {
      status,
      headers: { ...(type === '' ? {} : { 'content-type': type }), ...headers },
      body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    },
    timings: {} as never,
    at: 0,
  });
  const results = assertion.evaluate(assertion.normalize(written, files), exchange);
  expect(results.length).toBeGreaterThan(0);
  return results.filter(({ passed }) => !passed).map(({ message }) => message);
}

describe('an answer as described', () => {
  test.each([
    {},
    { path: '/prod/v1/posts/1' },
    { path: '/posts/1' },
    { path: '/internal/status' },
    { path: '/v1/posts/1/' },
    { path: '/v1/posts/newest', type: 'text/plain', body: 'hello', headers: {} },
    { method: 'DELETE', status: 204, type: '', body: '', headers: {} },
    { method: 'HEAD', body: '' },
    { status: 404, type: 'application/problem+json', body: { title: 'no' }, headers: {} },
  ])('%j', (answer) => {
    expect(judged(answer)).toEqual([]);
  });
});

describe('an answer that is not as described', () => {
  test.each<[Parameters<typeof judged>[0], string[]]>([
    [{ status: 500 }, ['status 500 is not described for GET /posts/{id}, only 200, 4XX']],
    [{ method: 'PUT' }, ['./openapi.json: PUT is not described for /posts/{id}, only GET, DELETE']],
    [{ path: '/v1/post/1' }, [expect.stringContaining('GET /v1/post/1 is not described') as never]],
    [{ path: '/v1/status' }, ['./openapi.json: GET /v1/status is not described, did you mean "/status"?']],
    [{ headers: {} }, ['header x-total is missing and required']],
    [{ headers: { 'x-total': 'many' } }, ['header x-total must be integer, found "many"']],
    [{ type: 'text/html' }, ['content type is text/html, expected application/json']],
    [{ type: '' }, ['content type is missing, expected application/json']],
    [{ body: '' }, ['the body is empty, expected application/json']],
    [{ body: 'nope' }, [expect.stringContaining('the body is not JSON') as never]],
    [
      { body: { ...good, id: 0, title: 3, state: 'lost', author: {} } },
      [
        'body /id must be > 0, found 0',
        'body /title must be string, found 3',
        'body /state must be one of "draft", "done", null, found "lost"',
        "body /author must have required property 'name', found {}",
      ],
    ],
  ])('%j', (answer, messages) => {
    expect(judged(answer)).toEqual(messages);
  });
});

test('an operation can be named, by method and path or by operationId', () => {
  for (const operation of ['readPost', 'GET /posts/{id}'])
    expect(judged({ path: '/behind/a/gateway' }, { file: './openapi.json', operation })).toEqual([]);
});

test.each<[unknown, Record<string, unknown>, string]>([
  ['./no.json', {}, './no.json cannot be read: there is no such file'],
  ['./a.json', { './a.json': '{' }, './a.json cannot be read: '],
  ['./a.json', { './a.json': [] }, './a.json holds no mapping'],
  ['./a.json', { './a.json': { swagger: '2.0' } }, './a.json: it is Swagger 2.0: convert it to OpenAPI 3'],
  ['./a.json', { './a.json': { openapi: '4.0.0', paths: {} } }, './a.json: OpenAPI 4.0.0 is not known'],
  ['./a.json', { './a.json': { paths: {} } }, './a.json: it has no key "openapi"'],
  ['./a.yaml', { './a.yaml': 'openapi: 3.1.0\n' }, './a.yaml: it has no "paths"'],
  [
    { file: './openapi.json', operation: 'readPots' },
    { './openapi.json': description },
    'there is no operation "readPots", did you mean "readPost"?',
  ],
])('%j is refused while the scenario is parsed', (written, contents, message) => {
  const [problem, ...more] = assertion.check(written, filesOf(contents));
  expect(more).toEqual([]);
  expect(problem!.message).toContain(message);
});

test('OpenAPI 3.1 speaks JSON Schema, in YAML as well', () => {
  const yaml = `
openapi: 3.1.0
info: { title: t, version: "1" }
paths:
  /posts/{id}:
    get:
      responses:
        "200":
          description: one
          content:
            application/json:
              schema: { type: object, properties: { note: { type: [string, "null"] } }, required: [note] }
`;
  const contents = filesOf({ './a.yaml': yaml });
  expect(assertion.check('./a.yaml', contents)).toEqual([]);
  const spec = assertion.normalize('./a.yaml', contents);
  const answer = (body: string) =>
    createExchange({
      request: { method: 'GET', url: 'http://x/posts/7' },
      response: { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(body) },
      timings: {} as never,
      at: 0,
    });
  expect(assertion.evaluate(spec, answer('{"note":null}')).every(({ passed }) => passed)).toBe(true);
  expect(assertion.evaluate(spec, answer('{"note":1}')).every(({ passed }) => passed)).toBe(false);
});

/** Descriptions that show what OpenAPI can say, as the package @readme/oas-examples (MIT) ships them. */
test.each([
  ['3.0/json/star-trek.json', 200],
  ['3.0/json/circular.json', 1],
  ['3.0/json/complex-nesting.json', 1],
  ['3.0/json/petstore.json', 10],
  ['3.1/json/readme.json', 45],
])('every schema of an answer in %s can be used', (name, atLeast) => {
  const file = new URL(`../../../../node_modules/@readme/oas-examples/${name}`, import.meta.url);
  const found = describeFile(JSON.parse(readFileSync(file, 'utf8'))) as Description;
  const inside = (place: Place, ...keys: string[]): Place[] => {
    const [key, ...rest] = keys;
    if (key === undefined) return [place];
    const next =
      key === '*'
        ? found.children(place).map(([, child]) => child)
        : [found.child(place, key)].filter((one) => one !== undefined);
    return next.flatMap((child) => inside(child, ...rest));
  };
  const schemas = inside(found.top, 'paths', '*', '*', 'responses', '*', 'content', '*', 'schema');
  expect(schemas.length).toBeGreaterThanOrEqual(atLeast);
  for (const schema of schemas)
    expect([schema.path, found.schema(schema)]).toEqual([schema.path, expect.any(CompiledSchema)]);
});
