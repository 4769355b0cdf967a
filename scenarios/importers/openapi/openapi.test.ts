import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { importText } from '../testing/import-text.ts';
import { importer } from './index.ts';

const json = (schema: object) => ({ 'application/json': { schema } });
const ok = (schema: object = { type: 'object' }) => ({ description: 'ok', content: json(schema) });
const idOf = (name: string, type = 'integer') => ({ name, in: 'path', required: true, schema: { type } });

const describeApi = (paths: object, more: object = {}) =>
  JSON.stringify({
    openapi: '3.0.3',
    info: { title: 'Shop', version: '1' },
    servers: [{ url: 'https://{host}/v1', variables: { host: { default: 'shop.example.com' } } }],
    paths,
    ...more,
  });

const read = (text: string) => {
  const imported = importText(importer, text, { name: 'api.json' });
  if ('refused' in imported) throw new Error(imported.refused);
  return { ...imported, written: imported.scenarios.map(({ text: file }) => parse(file)) };
};

const Order = {
  type: 'object',
  required: ['item'],
  properties: { id: { type: 'integer', readOnly: true }, item: { type: 'string', example: 'tea' } },
};
const ORDERS = {
  '/orders': {
    get: { tags: ['orders'], summary: 'List orders', responses: { 200: ok() } },
    post: {
      tags: ['orders'],
      summary: 'Place an order',
      requestBody: { content: json(Order) },
      responses: { 201: ok(Order) },
    },
  },
  '/orders/{orderId}': {
    parameters: [idOf('orderId')],
    get: { tags: ['orders'], operationId: 'getOrder', responses: { 200: ok(Order) } },
    patch: {
      tags: ['orders'],
      operationId: 'changeOrder',
      requestBody: { content: json(Order) },
      responses: { 200: ok(Order) },
    },
    delete: { tags: ['orders'], responses: { 204: { description: 'gone' } } },
  },
};

describe('an OpenAPI description', () => {
  test('becomes a journey through the life of what it describes', () => {
    const { written, baseUrls, omissions } = read(describeApi(ORDERS));
    const expected = (status: number) => ({ status, openapi: './api.json' });
    expect(written).toEqual([
      {
        version: 1,
        id: 'shop-orders',
        name: 'Shop: orders',
        service: 'shop',
        tags: ['orders'],
        steps: [
          {
            name: 'Place an order',
            request: 'POST /orders',
            json: { item: 'tea' },
            expect: expected(201),
            capture: { order_id: '$.id' },
          },
          { name: 'List orders', request: 'GET /orders', expect: expected(200) },
          { name: 'get order', request: 'GET /orders/{{ order_id }}', expect: expected(200) },
          {
            name: 'change order',
            request: 'PATCH /orders/{{ order_id }}',
            json: { item: 'tea' },
            expect: expected(200),
          },
        ],
        always: [{ name: 'DELETE /orders/{orderId}', request: 'DELETE /orders/{{ order_id }}', expect: expected(204) }],
      },
    ]);
    expect(baseUrls).toEqual(['https://shop.example.com/v1']);
    expect(omissions).toEqual([]);
  });

  test('what lives in something else gets one of its own, and cleans it up', () => {
    const { written } = read(
      describeApi({
        ...ORDERS,
        '/orders/{orderId}/notes/{noteId}': {
          get: { summary: 'Read a note', parameters: [idOf('orderId'), idOf('noteId')], responses: { 200: ok() } },
        },
        '/orders/{orderId}/notes': {
          post: {
            summary: 'Add a note',
            responses: { 201: ok({ properties: { data: { properties: { noteId: { type: 'string' } } } } }) },
          },
        },
      }),
    );
    const notes = written.find(({ id }) => id === 'shop-orders-notes');
    expect(notes.before.map(({ name, capture }: { name: string; capture: object }) => [name, capture])).toEqual([
      ['Place an order', { order_id: '$.id' }],
    ]);
    expect(notes.steps.map(({ request }: { request: string }) => request)).toEqual([
      'POST /orders/{{ order_id }}/notes',
      'GET /orders/{{ order_id }}/notes/{{ note_id }}',
    ]);
    expect(notes.steps[0].capture).toEqual({ note_id: '$.data.noteId' });
    expect(notes.always.map(({ request }: { request: string }) => request)).toEqual(['DELETE /orders/{{ order_id }}']);
  });

  test('an id that the client chooses is new in each run', () => {
    const { written } = read(
      describeApi({
        '/users': {
          post: {
            requestBody: {
              content: json({ type: 'object', properties: { username: { type: 'string', example: 'kim' } } }),
            },
            responses: { default: { description: 'ok' } },
          },
        },
        '/users/{username}': { get: { parameters: [idOf('username', 'string')], responses: { 200: ok() } } },
      }),
    );
    expect(written[0].variables).toEqual({ username: '{{ $random_string(12) }}' });
    expect(
      written[0].steps.map(({ request, json: body }: { request: string; json?: object }) => [request, body]),
    ).toEqual([
      ['POST /users', { username: '{{ username }}' }],
      ['GET /users/{{ username }}', undefined],
    ]);
  });

  test('required parameters in every place, credentials as secrets', () => {
    const parameters = [
      { name: 'limit', in: 'query', required: true, schema: { type: 'integer', minimum: 5 } },
      {
        name: 'ids',
        in: 'query',
        required: true,
        explode: false,
        schema: { type: 'array', items: { type: 'integer' }, example: [1, 2] },
      },
      {
        name: 'filter',
        in: 'query',
        required: true,
        style: 'deepObject',
        schema: { type: 'object', example: { state: 'open' } },
      },
      { name: 'optional', in: 'query', schema: { type: 'string' } },
      { name: 'X-Tenant', in: 'header', required: true, example: 'acme' },
      { name: 'theme', in: 'cookie', required: true, schema: { enum: ['dark'] } },
    ];
    const { written, secrets } = read(
      describeApi(
        {
          '/search': { get: { parameters, responses: { 200: ok() } } },
          '/open': { get: { security: [], responses: { 200: ok() } } },
          '/token': { get: { security: [{ machine: [] }], responses: { 200: ok() } } },
        },
        {
          components: {
            securitySchemes: {
              key: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
              machine: { type: 'oauth2', flows: { clientCredentials: { tokenUrl: '/token', scopes: {} } } },
            },
          },
          security: [{ key: [] }],
        },
      ),
    );
    const [search, open, token] = written[0].steps;
    expect(search.request).toEqual({
      method: 'GET',
      url: '/search',
      query: { limit: 5, ids: '1,2', 'filter[state]': 'open' },
      headers: {
        'X-Tenant': 'acme',
        Cookie: 'theme={{ secrets.SHOP_COOKIE_THEME }}',
        'X-Api-Key': '{{ secrets.SHOP_KEY }}',
      },
    });
    expect(open).not.toHaveProperty('auth');
    expect(token.auth.oauth2).toEqual({
      grant: 'client_credentials',
      token_url: 'https://shop.example.com/token',
      client_id: '{{ secrets.SHOP_MACHINE_CLIENT_ID }}',
      client_secret: '{{ secrets.SHOP_MACHINE_CLIENT_SECRET }}',
    });
    expect(secrets).toContain('SHOP_KEY');
  });

  test('what it cannot know or do is listed', () => {
    const { omissions, written } = read(
      describeApi({
        '/things/{id}': {
          get: { deprecated: true, parameters: [idOf('id')], responses: { 404: { description: 'no' } } },
          put: {
            parameters: [idOf('id')],
            responses: { 200: ok({ $ref: '#/components/schemas/Missing' }) },
            requestBody: { required: true, content: { 'application/octet-stream': {} } },
          },
          trace: { responses: { 200: ok() } },
        },
      }),
    );
    expect(omissions.map(({ item, what }) => `${item}: ${what}`).sort()).toEqual([
      'GET /things/{id}: a promise that it will stay',
      'GET /things/{id}: a value of {id}',
      'GET /things/{id}: what success looks like',
      'PUT /things/{id}: something of its own to change',
      'PUT /things/{id}: the body as application/octet-stream',
      'TRACE /things/{id}: the request TRACE /things/{{ thing_id }}',
    ]);
    expect(written[0].steps.map(({ expect: wanted }: { expect?: object }) => wanted)).toEqual([
      undefined,
      { status: 200, openapi: './api.json' },
    ]);
  });

  test('in YAML, and from standard input, where the description is written beside the scenarios', () => {
    const imported = importText(
      importer,
      'openapi: 3.1.0\ninfo: { title: Shop, version: "1" }\npaths:\n  /health:\n    get:\n      responses: { "200": { description: ok } }\n',
    );
    if ('refused' in imported) throw new Error(imported.refused);
    expect(imported.companions.map(({ name }) => name)).toEqual(['shop.openapi.yaml']);
    expect(parse(imported.scenarios[0]!.text).steps[0].expect).toEqual({ status: 200, openapi: './shop.openapi.yaml' });
  });

  test.each([
    ['swagger: "2.0"', /^it is Swagger 2/],
    ['openapi: 4.0.0', /^it is no OpenAPI 3/],
    ['[', /^it is neither JSON nor YAML/],
    ['openapi: 3.0.0\npaths: {}', /^it describes no operation/],
  ])('%j is refused', (text, why) => {
    expect(importText(importer, text)).toMatchObject({ refused: expect.stringMatching(why), hint: expect.any(String) });
  });
});
