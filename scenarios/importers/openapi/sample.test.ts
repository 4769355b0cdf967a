import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Description } from './document.ts';
import { textMatching } from './pattern.ts';
import { sample } from './sample.ts';

const nothing = new Description({}, () => null);
const response = (schema: object, description = nothing) =>
  sample(schema, description, { direction: 'response', generators: false });
const request = (schema: object) => sample(schema, nothing, { direction: 'request', generators: true });

describe('a made value', () => {
  test.each<[object]>([
    [{ type: 'string', minLength: 20, maxLength: 22 }],
    [{ type: 'string', maxLength: 2 }],
    [{ type: 'string', pattern: '^[A-Z]{2}-\\d{4}$' }],
    [{ type: 'integer', minimum: 10, multipleOf: 7 }],
    [{ type: 'integer', maximum: -3 }],
    [{ type: 'number', exclusiveMinimum: 1, exclusiveMaximum: 2 }],
    [{ type: ['null', 'boolean'] }],
    [{ enum: ['b', 'a'] }],
    [{ const: { a: 1 } }],
    [{ type: 'array', minItems: 3, items: { type: 'integer' }, uniqueItems: true }],
    [{ type: 'array', prefixItems: [{ type: 'integer' }, { type: 'string' }], items: false }],
    [
      {
        type: 'object',
        required: ['a'],
        properties: { a: { type: 'string' }, b: { type: 'integer' } },
        additionalProperties: false,
      },
    ],
    [{ type: 'object', minProperties: 2, additionalProperties: { type: 'integer' } }],
    [
      {
        allOf: [
          { type: 'object', required: ['a'], properties: { a: { type: 'integer' } } },
          { required: ['b'], properties: { b: { type: 'boolean' } } },
        ],
      },
    ],
    [{ oneOf: [{ type: 'integer' }, { type: 'string' }] }],
    [{ anyOf: [{ type: 'null' }, { type: 'array', items: { type: 'string' } }] }],
    [
      {
        type: 'object',
        required: ['items'],
        properties: {
          items: {
            type: 'array',
            items: { type: 'object', required: ['id'], properties: { id: { type: 'string', minLength: 3 } } },
          },
        },
      },
    ],
  ])('meets %j', (schema) => {
    const validate = new Ajv2020({ strict: false }).compile(schema);
    expect({ value: response(schema), valid: validate(response(schema)) }).toMatchObject({ valid: true });
  });

  test('of a recursive schema is finite', () => {
    const description = new Description(
      {
        components: {
          schemas: {
            Node: {
              type: 'object',
              required: ['name'],
              properties: {
                name: { type: 'string' },
                children: { type: 'array', items: { $ref: '#/components/schemas/Node' } },
              },
            },
          },
        },
      },
      () => null,
    );
    expect(JSON.stringify(response({ $ref: '#/components/schemas/Node' }, description)).length).toBeLessThan(2_000);
  });

  test('to be sent has what is required or has an example, and nothing read-only', () => {
    const schema = {
      type: 'object',
      required: ['title', 'id'],
      properties: {
        id: { type: 'string', readOnly: true },
        title: { type: 'string' },
        note: { type: 'string' },
        mood: { type: 'string', example: '{{ fine }}' },
        email: { type: 'string' },
        key: { type: 'string', format: 'uuid', example: null },
      },
    };
    expect(request(schema)).toEqual({ title: 'title', mood: '{{ "{{" }} fine }}', key: null });
    expect(
      request({
        type: 'object',
        required: ['email', 'id'],
        properties: { email: { type: 'string' }, id: { type: 'string', format: 'uuid' } },
      }),
    ).toEqual({ email: '{{ $random_string(12) }}@example.com', id: '{{ $uuid }}' });
    expect(request({ type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } })).toEqual({
      a: 'a',
    });
  });
});

test.each([
  ['^\\d{3}-[a-f]{2}$', '111-aa'],
  ['^(foo|bar)+$', 'foo'],
  ['[^a]x?', 'b'],
  ['^\\p{Lu}\\w+$', 'Aa'],
  ['^\\u{41}$', 'A'],
  ['(?=a)b', null],
  ['^(a)\\1$', null],
  ['(', null],
])('a text for %s', (pattern, text) => {
  expect(textMatching(pattern)).toBe(text);
});
