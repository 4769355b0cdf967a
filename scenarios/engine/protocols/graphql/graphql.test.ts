import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildSchema, graphql } from 'graphql';
import { performStep } from '../testing/perform-step.ts';

const schema = buildSchema(`
  type User { id: ID! name: String! salary: Int }
  type Query { user(id: ID!): User me: User }
  type Mutation { rename(id: ID!, name: String!): User }
`);
const user = (id: string, name: string) => ({
  id,
  name,
  salary: () => {
    throw new Error('not for everybody');
  },
});
const rootValue = {
  user: ({ id }: { id: string }) => user(id, 'Kim'),
  rename: ({ id, name }: { id: string; name: string }) => user(id, name),
};

const received: { headers: Record<string, unknown>; body: Record<string, unknown> }[] = [];
const server = createServer(async (request, response) => {
  let text = '';
  for await (const chunk of request) text += chunk;
  const body = JSON.parse(text);
  received.push({ headers: request.headers, body });
  const { query, variables, operationName } = body;
  const result = await graphql({ schema, rootValue, source: query, variableValues: variables, operationName });
  response.setHeader('content-type', 'application/graphql-response+json');
  response.statusCode = result.data === undefined ? 400 : 200;
  response.end(JSON.stringify(result));
});
let origin: string;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
});

const ask = (query: string, more: object = {}, step: object = {}, values = new Map<string, unknown>()) =>
  performStep(
    { graphql: { url: '/graphql', query, ...more }, ...step },
    { baseUrl: origin, allowed: [origin], values },
  );

test('a query with variables gives its data, and says who asks', async () => {
  const query = 'query User($id: ID!) { user(id: $id) { id name } }';
  const { exchange, assertions, error, request } = await ask(
    query,
    { variables: { id: '{{ id }}' } },
    {},
    new Map([['id', 7]]),
  );
  expect(error).toBeNull();
  expect(assertions).toEqual([]);
  expect(exchange!.response).toMatchObject({
    status: 200,
    json: { value: { data: { user: { id: '7', name: 'Kim' } } } },
  });
  expect(request).toMatchObject({ method: 'POST', url: `${origin}/graphql` });
  const { headers, body } = received.at(-1)!;
  expect(body).toEqual({ query, variables: { id: 7 } });
  expect(headers).toMatchObject({
    'user-agent': 'ringdown/0',
    traceparent: '00-00000000000000000000000000000001-0000000000000001-01',
    accept: 'application/graphql-response+json, application/json;q=0.9',
  });
});

test('one of several operations runs', async () => {
  const query = 'query A { me { id } } mutation B { rename(id: 1, name: "Lee") { name } }';
  const { exchange } = await ask(query, { operation: 'B' });
  expect(exchange!.response.json).toMatchObject({ value: { data: { rename: { name: 'Lee' } } } });
});

test('a template inside the query is escaped for its strings', async () => {
  const { exchange } = await ask(
    'mutation { rename(id: 1, name: "{{ name }}") { name } }',
    {},
    {},
    new Map([['name', 'a "b" \\ c']]),
  );
  expect(exchange!.response.json).toMatchObject({ value: { data: { rename: { name: 'a "b" \\ c' } } } });
});

test('errors beside data fail the step in their own words', async () => {
  const { exchange, assertions } = await ask('{ user(id: 1) { name salary } }');
  expect(exchange!.response.status).toBe(200);
  expect(assertions).toMatchObject([
    { passed: false, message: 'the answer holds an error: not for everybody at user.salary' },
  ]);
});

test('errors that the step speaks about are its own business', async () => {
  const expected = { expect: { jsonpath: { '$.errors[0].message': 'not for everybody' } } };
  const { assertions } = await ask('{ user(id: 1) { name salary } }', {}, expected);
  expect(assertions).toEqual([]);
});

test('what the server refuses keeps its status and its words', async () => {
  const { exchange, assertions } = await ask('{ nobody }');
  expect(exchange!.response.status).toBe(400);
  expect(assertions![0]!.message).toContain('Cannot query field "nobody"');
});

describe('what is wrong in the file', () => {
  test.each([
    ['{ me { name }', 'not a GraphQL query: Expected Name, found <EOF>'],
    ['query {\n  me(id: ) { name }\n}', '(line 2, column 10 of the query)'],
    ['fragment F on User { id }', 'the query holds no operation'],
    ['query A { a } query B { b }', 'the query holds several operations'],
    ['subscription { news }', 'a subscription has no single answer'],
  ])('%j', async (query, message) => {
    await expect(ask(query)).rejects.toThrow(message);
  });

  test('an operation that is not there, a header that is not to be set, a URL that is none', async () => {
    await expect(ask('query Alpha { a }', { operation: 'Alfa' })).rejects.toThrow(
      'the query holds no operation "Alfa"',
    );
    await expect(ask('{ a }', { headers: { 'Content-Type': 'x' } })).rejects.toThrow('set by ringdown itself');
    await expect(ask('{ a }', { url: 'graphql' })).rejects.toThrow('"graphql" is no path');
  });

  test('a query that nests without end is refused and not followed', async () => {
    await expect(ask('{a'.repeat(50_000))).rejects.toThrow('not a GraphQL query');
  });
});
