import Type, { type TSchema } from 'typebox';
import { Operators } from '../engine/assertions/condition-schema.ts';
import { assertionKinds } from '../engine/assertions/registry.ts';
import { protocols } from '../engine/protocols/registry.ts';
import { CapturesSchema, type WrittenCapture } from './captures.ts';
import { ConnectionSchema } from './connection.ts';
import { assertionsSchema } from './expectations.ts';
import { closed, duration, text } from './schema-words.ts';

/** A step as it is written. Which keys belong together is checked apart, so that an editor can offer all of them. */
export interface WrittenStep {
  readonly name?: string;
  readonly if?: { readonly value: unknown; readonly [operator: string]: unknown };
  readonly repeat?: {
    readonly until: Readonly<Record<string, unknown>>;
    readonly every?: string;
    readonly at_most: number;
  };
  readonly timeout?: string;
  readonly connection?: Readonly<Record<string, unknown>>;
  readonly expect?: Readonly<Record<string, unknown>>;
  readonly warn?: Readonly<Record<string, unknown>>;
  readonly capture?: Readonly<Record<string, WrittenCapture>>;
  readonly parallel?: readonly WrittenStep[];
  readonly include?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly prefix?: string;
  /** Keys of its protocol. */
  readonly [key: string]: unknown;
}

const stepReference = (): TSchema => Type.Unsafe<WrittenStep>({ $ref: '#/$defs/step' });

/** A list of steps, for whoever composes a schema with `$defs: { step: StepSchema }`. */
export const stepsSchema = (description: string, options: object = {}) =>
  Type.Unsafe<WrittenStep[]>(
    Type.Array(stepReference(), {
      maxItems: 200,
      description,
      examples: [[{ name: 'asking for health', request: 'GET /healthz' }]],
      ...options,
    }),
  );

const If = Type.Object(
  {
    value: Type.Unknown({ description: 'What is judged, usually a template.', examples: ['{{ premium }}'] }),
    ...Operators.properties,
  },
  {
    ...closed,
    description: 'The step is skipped where this does not hold. A name without a value meets `exists: false` alone.',
    examples: [{ value: '{{ premium }}', equals: true }],
  },
);

const Repeat = Type.Object(
  {
    until: assertionsSchema('What the answer must meet for the step to go on; `expect` judges the last answer.', {
      jsonpath: { '$.state': 'done' },
    }),
    every: Type.Optional(duration('From the end of one try to the next; 1s when absent.', '500ms')),
    at_most: Type.Integer({ minimum: 1, maximum: 1_000, description: 'Tries, the first included.', examples: [20] }),
  },
  {
    ...closed,
    description:
      'Performs the step again until its answer is the one that is waited for; that it never comes is a failure.',
    examples: [{ until: { jsonpath: { '$.state': 'done' } }, every: '500ms', at_most: 20 }],
  },
);

const NAME = text(
  'What the step does, in the words of a page: "writing a post". Unique in the file.',
  'writing a post',
  { maxLength: 200 },
);

/** What most steps are comes first: editors offer keys in the order of the schema. */
const requestsFirst = protocols.toSorted(
  (one, other) => Number(other.key === 'request') - Number(one.key === 'request'),
);
const protocolKeys = Object.assign({}, ...requestsFirst.map(({ keys }) => keys)) as Record<string, TSchema>;

export const StepSchema = Type.Object(
  {
    name: Type.Optional(NAME),
    if: Type.Optional(If),
    ...Object.fromEntries(Object.entries(protocolKeys).map(([key, schema]) => [key, Type.Optional(schema)])),
    repeat: Type.Optional(Repeat),
    timeout: Type.Optional(duration('Of this step; the attempt’s timeout holds as well.', '3s')),
    connection: Type.Optional(ConnectionSchema),
    expect: Type.Optional(
      assertionsSchema('What must hold; otherwise the run failed. Judged before `capture`.', { status: 201 }),
    ),
    warn: Type.Optional(
      assertionsSchema('What should hold; otherwise the monitor is degraded. Never rings.', {
        duration: { lt: '500ms' },
      }),
    ),
    capture: Type.Optional(CapturesSchema),
    parallel: Type.Optional(
      stepsSchema('Steps that are started together and all awaited. What they capture is visible after the group.', {
        minItems: 1,
        maxItems: 50,
        examples: [
          [
            { name: 'posts', request: 'GET /v1/posts' },
            { name: 'users', request: 'GET /v1/users/me' },
          ],
        ],
      }),
    ),
    include: Type.Optional(
      text('A file of steps that stand here in its place; the path is relative to this file.', './sign-in.steps.yaml'),
    ),
    with: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        'x-expected': 'a mapping from names to values',
        description: 'Parameters of the included file, by name.',
        examples: [{ email: 'qa@example.com' }],
      }),
    ),
    prefix: Type.Optional(
      Type.String({
        maxLength: 100,
        description: 'Stands in front of the names of the included steps, so that they stay unique.',
        examples: ['admin: '],
      }),
    ),
  },
  {
    ...closed,
    if: { required: ['include'] },
    else: { required: ['name'], properties: { name: NAME } },
    'x-elsewhere': {
      ...Object.fromEntries(assertionKinds.map(({ kind: key }) => [key, `it belongs under expect: { ${key}: … }`])),
      ...Object.fromEntries(['assert', 'asserts', 'assertions', 'check'].map((key) => [key, 'did you mean "expect"?'])),
      retry: 'it belongs to the file; a single step has repeat: { until, every, at_most }',
      ...(Object.assign({}, ...protocols.map(({ elsewhere }) => elsewhere)) as Record<string, string>),
    },
    defaultSnippets: [
      {
        label: 'step: request',
        description: 'A request, with its method and path.',
        body: { name: '${1:asking for health}', request: '${2:GET} ${3:/healthz}' },
      },
      {
        label: 'step: request with JSON',
        description: 'A request that sends JSON, expects an answer and captures from it.',
        body: {
          name: '${1:writing a post}',
          request: 'POST ${2:/v1/posts}',
          json: { '${3:title}': '${4:hello}' },
          expect: { status: 201 },
          capture: { id: '$.id' },
        },
      },
    ],
  },
);
