import Type, { type Static, type TSchema } from 'typebox';
import { assertionKinds } from '../engine/assertions/registry.ts';
import { protocols } from '../engine/protocols/registry.ts';
import { closed, duration, NAME_WORDS, Name, text } from './schema-words.ts';

/** What stands under `expect` and `warn`: one key for every kind of assertion that has a folder. */
export const AssertionsSchema = Type.Object(
  Object.fromEntries(
    assertionKinds.flatMap(({ kind, aliases, spec }) => [kind, ...aliases].map((key) => [key, Type.Optional(spec)])),
  ) as Record<string, TSchema>,
  { ...closed, minProperties: 1 },
);

const assertions = (description: string, example: object) =>
  Type.Unsafe<Record<string, unknown>>({ $ref: '#/$defs/assertions', description, examples: [example] });

const Capture = Type.Union(
  [
    Type.String({ minLength: 1 }),
    Type.Object(
      {
        jsonpath: Type.Optional(text('Value of the JSON body (RFC 9535).', '$.access_token')),
        header: Type.Optional(text('Value of a response header.', 'location')),
        status: Type.Optional(Type.Literal(true, { description: 'The status code.', examples: [true] })),
        body: Type.Optional(Type.Literal(true, { description: 'The whole body as text.', examples: [true] })),
        regex: Type.Optional(
          text('First group of a regular expression (RE2 syntax) found in the body, or the whole match.', 'id=(\\d+)'),
        ),
        secret: Type.Optional(Type.Boolean({ description: 'Redacted everywhere.', examples: [true] })),
      },
      closed,
    ),
  ],
  { 'x-expected': 'a JSONPath such as $.id, or { jsonpath | header | status | body | regex }', examples: ['$.id'] },
);

const protocolKeys = Object.assign({}, ...protocols.map(({ keys }) => keys)) as Record<string, TSchema>;

export const StepSchema = Type.Object(
  {
    name: text('What the step does, in the words of a page: "writing a post". Unique in the file.', 'write a post', {
      maxLength: 200,
    }),
    ...Object.fromEntries(Object.entries(protocolKeys).map(([key, schema]) => [key, Type.Optional(schema)])),
    timeout: Type.Optional(duration('Of this step; the attempt’s timeout holds as well.', '3s')),
    expect: Type.Optional(
      assertions('What must hold; otherwise the run failed. Judged before `capture`.', { status: 201 }),
    ),
    warn: Type.Optional(
      assertions('What should hold; otherwise the monitor is degraded. Never rings.', { duration: { lt: '500ms' } }),
    ),
    capture: Type.Optional(
      Type.Record(Type.String({ pattern: Name }), Capture, {
        propertyNames: { pattern: Name, 'x-expected': NAME_WORDS },
        'x-expected': 'a mapping from names to values',
        description: 'Values for later steps, by name.',
        examples: [{ id: '$.id' }],
      }),
    ),
  },
  {
    ...closed,
    'x-elsewhere': Object.assign({}, ...protocols.map(({ elsewhere }) => elsewhere)) as Record<string, string>,
  },
);

export type WrittenStep = Static<typeof StepSchema>;
