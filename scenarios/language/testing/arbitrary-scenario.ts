import fc from 'fast-check';
import type { WrittenCapture } from '../captures.ts';
import type { WrittenScenario, WrittenStep } from '../schema.ts';

/** Scenarios as people and importers write them, every key of the file among them; all of them are valid. */

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,7}$/);
const id = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,11}$/);
const length = fc.constantFrom('500ms', '1s', '30s', '5m', '1m30s');
const share = fc.constantFrom('1%', '10%', '99.9%');

/** What YAML likes to read as something else. */
const text = fc.oneof(
  word,
  fc.constantFrom(
    'a: b',
    '#1',
    'yes',
    'null',
    '0123',
    '9007199254740993',
    '1.0',
    '- a',
    'a, b',
    '{a}',
    '[x]',
    '*',
    '&a',
    '!',
  ),
  fc.constantFrom(
    '글 하나',
    'two\nlines',
    'two\nlines\n',
    ' space ',
    "it's",
    'say "hi"',
    '%',
    '@',
    '2026-12-01',
    '',
    '\t',
    '😀',
  ),
  fc.constantFrom('{{ title }}', 'hello {{ title }}!', '{{ $uuid }}', '{{ secrets.KEY }}', '{{ title | upper }}'),
);
const nonEmpty = text.filter((value) => value !== '');
const name = fc.tuple(fc.nat(999_999), nonEmpty).map(([number, rest]) => `${number} ${rest}`);
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc
      .double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 })
      .map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(word, fc.constantFrom('a b', '@id', '0', 'true', '$.x')), tie('value'), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  ),
})).value;

/** A value for one key in three. */
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
const record = <T extends object>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(shape, { noNullPrototype: true }).map(withoutUndefined);

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T;
}

const condition = fc.oneof(
  text,
  fc.integer(),
  fc.constant(null),
  record({ contains: maybe(word), matches: maybe(fc.constantFrom('^a', '\\d+')), exists: fc.boolean() }),
  record({ type: fc.constantFrom('string', 'array'), count: maybe(record({ gt: fc.nat(9) })) }),
  record({ not: word, one_of: maybe(fc.array(json, { minLength: 1, maxLength: 2 })) }),
  fc.constant({ each: { type: 'string' } }),
);
const conditions = (key: fc.Arbitrary<string>) =>
  fc.dictionary(key, condition, { minKeys: 1, maxKeys: 3, noNullPrototype: true });

const assertions = record({
  status: fc.oneof(fc.constantFrom<unknown>(200, '2xx', [200, 204]), fc.constant({ lt: 500 })),
  header: maybe(conditions(fc.constantFrom('content-type', 'x-id'))),
  jsonpath: maybe(conditions(fc.constantFrom('$.id', '$.a.b', "$['x y']", '$[0].id'))),
  body: maybe(condition),
  duration: maybe(fc.constantFrom({ lt: '500ms' }, { lt: '1s', first_byte: { lte: '200ms' } })),
  cookie: maybe(fc.constantFrom<unknown>({ session: 'x' }, { session: { secure: true, max_age: { gt: 60 } } })),
  css: maybe(fc.constantFrom<unknown>({ h1: 'Posts', 'a.next@href': { matches: '^/' } }, { 'ul > li': { count: 3 } })),
  xpath: maybe(fc.constant({ '//item/title': 'hello' })),
  regex: maybe(fc.constant({ 'order (\\d+)': '17' })),
  json_schema: maybe(fc.constant({ type: 'object', required: ['id'], properties: { id: { type: 'string' } } })),
  certificate: maybe(fc.constant({ expires_in: { gt: '14d' }, trusted: true })),
});

const capture: fc.Arbitrary<Record<string, WrittenCapture>> = fc.dictionary(
  fc.stringMatching(/^c[a-z0-9_]{1,6}$/),
  fc.oneof(
    fc.constantFrom<WrittenCapture>('$.id', { jsonpath: '$.id' }, { jsonpath: '$.token', secret: true }),
    fc.constantFrom<WrittenCapture>({ header: 'location' }, { status: true }, { body: true }, { regex: 'id=(\\d+)' }),
  ),
  { minKeys: 1, maxKeys: 2, noNullPrototype: true },
);

const url = fc.constantFrom('/', '/v1/posts', '/v1/posts/{{ title }}?q={{ title | url }}', 'https://api.example.com/x');
const fields = fc.dictionary(word, fc.oneof(text, fc.integer(), fc.boolean()), { maxKeys: 3, noNullPrototype: true });
const request = fc.oneof(
  url.map((path) => `GET ${path}`),
  record({ method: fc.constantFrom('GET', 'POST'), url }),
  record({
    method: fc.constantFrom('PUT', 'DELETE'),
    url,
    query: maybe(fields),
    headers: maybe(fc.constantFrom<unknown>({ accept: 'application/json' }, { 'x-id': '{{ title }}', 'x-n': 1 })),
    max_redirects: maybe(fc.nat(5)),
  }),
);

const connection = fc.constantFrom<Record<string, unknown>>(
  { http: '2' },
  { proxy: 'http://proxy.example.com:3128', ip: 4 },
  { verify: false, servername: 'api.example.com', resolve: '203.0.113.5' },
);

const shared = {
  name,
  if: maybe(fc.constantFrom({ value: '{{ title }}', equals: 'x' }, { value: '{{ title }}', exists: true, not: 'y' })),
  timeout: maybe(length),
  connection: maybe(connection),
  expect: maybe(assertions),
  warn: maybe(assertions),
  capture: maybe(capture),
};
const http: fc.Arbitrary<WrittenStep> = fc
  .tuple(
    record({
      ...shared,
      request,
      repeat: maybe(record({ until: assertions, every: maybe(length), at_most: fc.integer({ min: 1, max: 20 }) })),
      auth: maybe(
        fc.constantFrom<unknown>(
          { bearer: '{{ secrets.KEY }}' },
          { basic: { username: 'qa', password: '{{ secrets.KEY }}' } },
        ),
      ),
    }),
    maybe(
      fc.oneof(
        json.map((value) => ({ json: value })),
        fields.map((form) => ({ form })),
        nonEmpty.map((body) => ({ body })),
      ),
    ),
  )
  .map(([step, body]) => ({ ...step, ...body }) as WrittenStep);
/** Kinds other than requests, and bodies other than texts, as their schemas have them. */
const others: fc.Arbitrary<WrittenStep> = fc
  .tuple(
    record({
      ...shared,
      expect: maybe(fc.constant({ duration: { lt: '1s' } })),
      warn: maybe(fc.constant({ bytes: { lt: 9 } })),
    }),
    fc.constantFrom<WrittenStep>(
      {
        graphql: { url: '/graphql', query: 'query Me { me { id } }', operation: 'Me', variables: { a: '{{ title }}' } },
      },
      {
        grpc: {
          url: 'grpc://api.example.com:50051',
          method: 'hello.Greeter/SayHello',
          message: { name: '{{ title }}' },
        },
      },
      {
        websocket: {
          url: '/ws',
          messages: [{ send: 'hello' }, { receive: { jsonpath: { '$.ok': true } }, within: '2s' }, 'close'],
        },
      },
      { tcp: { address: 'cache.example.com:6379', send: 'PING\r\n', receive: { until: '\r\n' } } },
      { dns: { name: 'example.com', type: 'MX' } },
      { tls: { address: 'example.com:443' } },
      { request: 'POST /v1/pictures', multipart: { title: '{{ title }}', picture: { file: './named.png' } } },
      { request: 'PUT /v1/pictures/1', file: './named.png' },
    ),
  )
  .map(([step, kind]) => ({ ...step, ...kind }) as WrittenStep);
const include: fc.Arbitrary<WrittenStep> = record({
  include: fc.constant('./named.steps.yaml'),
  with: maybe(fc.record({ value: nonEmpty }, { noNullPrototype: true })),
  prefix: fc.nat(999_999_999).map((number) => `${number}: `),
});

/** Files that generated scenarios name. */
export const NAMED_FILES = {
  'named.png': 'a picture',
  'named.steps.yaml':
    'version: 1\nparameters: { value: none }\nsteps:\n  - { name: included, request: "GET /{{ value | url }}" }\n',
};

const pause: fc.Arbitrary<WrittenStep> = record({ name, pause: length });
const group: fc.Arbitrary<WrittenStep> = record({
  name,
  if: shared.if,
  parallel: fc.array(
    http.map(({ capture: _, ...step }) => step as WrittenStep),
    { minLength: 1, maxLength: 3 },
  ),
});
const step: fc.Arbitrary<WrittenStep> = fc.oneof(
  { arbitrary: http, weight: 6 },
  { arbitrary: pause, weight: 1 },
  { arbitrary: group, weight: 1 },
  { arbitrary: others, weight: 2 },
  { arbitrary: include, weight: 1 },
);
const steps = fc.array(step, { minLength: 1, maxLength: 3 });

const schedule = fc.oneof(
  record({
    every: length.filter((value) => value !== '500ms'),
    jitter: maybe(share),
    while_failing: maybe(fc.constant('5s')),
  }),
  record({ cron: fc.constantFrom('*/5 * * * *', '0 9 * * 1-5'), timezone: maybe(fc.constant('Asia/Seoul')) }),
);

/** Names of steps differ by their number nearly always; where they do not, the later one gets another. */
function distinctNames(scenario: WrittenScenario): WrittenScenario {
  const seen = new Set<string>();
  const rename = (one: WrittenStep): WrittenStep => {
    if (one.name === undefined) return one;
    let own = one.name;
    while (seen.has(own)) own = `${own} again`;
    seen.add(own);
    return { ...one, name: own, ...(one.parallel && { parallel: one.parallel.map(rename) }) } as WrittenStep;
  };
  const copy: Record<string, unknown> = { ...scenario };
  for (const key of ['before', 'steps', 'after', 'always'] as const) {
    if (scenario[key]) copy[key] = scenario[key].map(rename);
  }
  return copy as WrittenScenario;
}

export const arbitraryScenario: fc.Arbitrary<WrittenScenario> = record({
  version: fc.constant(1 as const),
  id: id.filter((value) => value !== 'other'),
  name: nonEmpty,
  service: nonEmpty,
  owner: maybe(nonEmpty),
  runbook: maybe(fc.constant('https://wiki.example.com/posts#top')),
  tags: maybe(fc.uniqueArray(word, { maxLength: 4 })),
  environments: maybe(fc.uniqueArray(id, { minLength: 1, maxLength: 2 })),
  depends_on: maybe(fc.constant(['other'])),
  locations: maybe(fc.uniqueArray(id, { minLength: 1, maxLength: 2 })),
  schedule: maybe(schedule),
  timeout: maybe(length),
  retry: maybe(record({ times: fc.nat(3), delay: maybe(length) })),
  connection: maybe(connection),
  cookies: maybe(fc.boolean()),
  seed: maybe(fc.nat()),
  variables: fc
    .tuple(
      text.filter((value) => !value.includes('title')),
      fc.dictionary(word, json, { maxKeys: 2, noNullPrototype: true }),
    )
    .map(([title, others]) => ({
      title,
      ...Object.fromEntries(Object.entries(others).filter(([key]) => !['title', 'row', 'secrets'].includes(key))),
    })),
  secrets: fc.constant(['KEY']),
  data: maybe(
    fc.array(fc.dictionary(word, text, { minKeys: 1, maxKeys: 3, noNullPrototype: true }), {
      minLength: 1,
      maxLength: 3,
    }),
  ),
  before: maybe(steps),
  steps,
  after: maybe(steps),
  always: maybe(steps),
  load: maybe(
    fc.constant({
      phases: [{ duration: '30s', arrival_rate: 50 }],
      thresholds: { duration_p95: { lt: '300ms' }, failed: { lt: '1%' } },
    }),
  ),
  slo: maybe(fc.constant({ objective: '99.9%', window: '30d' })),
  alert: maybe(fc.constant({ policy: 'critical' })),
  quarantine: maybe(fc.record({ until: fc.constant('2026-12-01'), reason: nonEmpty }, { noNullPrototype: true })),
} as Parameters<typeof record<WrittenScenario>>[0]).map(distinctNames);
