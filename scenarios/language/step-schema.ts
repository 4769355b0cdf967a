import Type, { type Static, type TSchema } from 'typebox';
import { assertionKinds } from '../engine/assertions/registry.ts';
import { closed, duration, NAME_WORDS, Name, text } from './schema-words.ts';

const Scalar = Type.Union([Type.String(), Type.Number(), Type.Boolean()]);

const Request = Type.Union(
  [
    Type.String({ minLength: 1 }),
    Type.Object(
      {
        method: text('HTTP method in capitals.', 'POST', {
          pattern: '^[A-Z]+$',
          'x-expected': 'an HTTP method in capitals such as GET',
        }),
        url: text(
          'Path joined to base_url, or an absolute URL of an allowed origin. Substituted values are percent-encoded.',
          '/v1/posts',
        ),
        query: Type.Optional(
          Type.Record(Type.String(), Type.Union([Scalar, Type.Array(Scalar)]), {
            'x-expected': 'a mapping from names to values',
            description: 'Query parameters; a list repeats the name.',
            examples: [{ limit: 10 }],
          }),
        ),
        headers: Type.Optional(
          Type.Record(Type.String(), Scalar, {
            'x-expected': 'a mapping from names to values',
            description: 'Request headers.',
            examples: [{ accept: 'application/json' }],
          }),
        ),
        max_redirects: Type.Optional(
          Type.Integer({
            minimum: 0,
            maximum: 20,
            description: 'Redirects followed, each hop checked; 0 (the default) judges the redirect itself.',
            examples: [3],
          }),
        ),
      },
      closed,
    ),
  ],
  {
    'x-expected': 'a text such as GET /v1/posts, or { method, url, query, headers }',
    description: 'Method and path: `GET /v1/posts`, or the long form.',
    examples: ['GET /v1/posts/{{ id }}'],
  },
);

const Auth = Type.Object(
  {
    bearer: Type.Optional(text('Token of `Authorization: Bearer`.', '{{ token }}')),
    basic: Type.Optional(
      Type.Object(
        {
          username: Type.String({ description: 'User name.', examples: ['qa'] }),
          password: Type.String({ description: 'Password.', examples: ['{{ secrets.QA_PASSWORD }}'] }),
        },
        {
          ...closed,
          description: 'User and password of `Authorization: Basic` (RFC 7617).',
          examples: [{ username: 'qa', password: '{{ secrets.QA_PASSWORD }}' }],
        },
      ),
    ),
  },
  {
    ...closed,
    minProperties: 1,
    maxProperties: 1,
    description: 'Who the request is from.',
    examples: [{ bearer: '{{ token }}' }],
  },
);

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

const LONG_FORM = 'it belongs into the long form: request: { method, url, query, headers }';

export const StepSchema = Type.Object(
  {
    name: text('What the step does, in the words of a page: "writing a post". Unique in the file.', 'write a post', {
      maxLength: 200,
    }),
    request: Request,
    json: Type.Optional(
      Type.Unknown({
        description: 'JSON body; a value that is exactly one template keeps its type.',
        examples: [{ title: '{{ title }}' }],
      }),
    ),
    form: Type.Optional(
      Type.Record(Type.String(), Type.Union([Scalar, Type.Array(Scalar)]), {
        'x-expected': 'a mapping from names to values',
        description: 'Body as application/x-www-form-urlencoded.',
        examples: [{ q: 'hello' }],
      }),
    ),
    body: Type.Optional(
      Type.String({
        description: 'Raw body; substituted values are escaped for its content type.',
        examples: ['hello'],
      }),
    ),
    auth: Type.Optional(Auth),
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
    'x-elsewhere': Object.fromEntries(
      ['method', 'url', 'query', 'header', 'headers', 'max_redirects'].map((key) => [key, LONG_FORM]),
    ),
  },
);

export type WrittenStep = Static<typeof StepSchema>;
