import Type, { type Static } from 'typebox';
import { ConditionSchema } from '../engine/assertions/condition-schema.ts';
import { ConnectionSchema } from './connection.ts';
import { AssertionsSchema } from './expectations.ts';
import { closed, duration, NAME_WORDS, Name, percent, text } from './schema-words.ts';
import { StepSchema, stepsSchema } from './step-schema.ts';

/** The scenario file as it is written: validates it, and is published for editors as docs/schemas/scenario.schema.json. */

const Schedule = Type.Object(
  {
    every: Type.Optional(duration('Interval between starts.', '30s')),
    cron: Type.Optional(text('Five fields, or six with seconds first. Instead of `every`.', '*/5 * * * *')),
    timezone: Type.Optional(text('IANA name of the zone that `cron` is meant in; UTC when absent.', 'Asia/Seoul')),
    jitter: Type.Optional(percent('Spreads starts by up to this share of the interval.', '10%')),
    while_failing: Type.Optional(
      duration('Interval while the monitor is failing, so that the length of an outage is true.', '5s'),
    ),
  },
  {
    ...closed,
    description: 'When it runs by itself: `every` or `cron`. Without a schedule it runs by hand only.',
    examples: [{ every: '30s', jitter: '10%', while_failing: '5s' }],
  },
);

const Threshold = Type.Object(
  { lt: Type.Optional(Type.String()), lte: Type.Optional(Type.String()) },
  { ...closed, minProperties: 1, maxProperties: 1 },
);
const lengthThreshold = (which: string) =>
  Type.Optional(
    Type.Object(
      Object.fromEntries(
        ['lt', 'lte'].map((operator) => [
          operator,
          Type.Optional(duration(operator === 'lt' ? 'Less than.' : 'At most.', '300ms')),
        ]),
      ) as typeof Threshold.properties,
      {
        ...closed,
        minProperties: 1,
        maxProperties: 1,
        description: `${which} of the duration of requests.`,
        examples: [{ lt: '300ms' }],
      },
    ),
  );

const Load = Type.Object(
  {
    phases: Type.Array(
      Type.Object(
        {
          duration: duration('How long the phase lasts.', '30s'),
          arrival_rate: Type.Number({
            exclusiveMinimum: 0,
            maximum: 100_000,
            description: 'Scenario starts per second.',
            examples: [50],
          }),
        },
        closed,
      ),
      {
        minItems: 1,
        maxItems: 100,
        description: 'One after the other.',
        examples: [[{ duration: '30s', arrival_rate: 50 }]],
      },
    ),
    thresholds: Type.Optional(
      Type.Object(
        {
          duration_p50: lengthThreshold('Median'),
          duration_p90: lengthThreshold('90th percentile'),
          duration_p95: lengthThreshold('95th percentile'),
          duration_p99: lengthThreshold('99th percentile'),
          duration_max: lengthThreshold('Maximum'),
          failed: Type.Optional(
            Type.Object(
              { lt: Type.Optional(percent('Less than.', '1%')), lte: Type.Optional(percent('At most.', '1%')) },
              {
                ...closed,
                minProperties: 1,
                maxProperties: 1,
                description: 'Share of iterations that failed.',
                examples: [{ lt: '1%' }],
              },
            ),
          ),
        },
        {
          ...closed,
          description: 'What the load test must hold to pass.',
          examples: [{ duration_p95: { lt: '300ms' }, failed: { lt: '1%' } }],
        },
      ),
    ),
  },
  {
    ...closed,
    description: 'How `ringdown load` runs it.',
    examples: [{ phases: [{ duration: '30s', arrival_rate: 50 }] }],
  },
);

const ID = { pattern: '^[a-z0-9][a-z0-9-]*$', maxLength: 100, 'x-expected': 'lower-case letters, digits and hyphens' };

const Data = Type.Union(
  [
    Type.Object(
      {
        file: text('CSV with a line of names, or JSON: a list of mappings. Relative to this file.', './users.csv', {
          pattern: '\\.(csv|json)$',
          'x-expected': 'a path that ends with .csv or .json',
        }),
      },
      closed,
    ),
    Type.Array(Type.Record(Type.String(), Type.Unknown(), { 'x-expected': 'a mapping from names to values' }), {
      maxItems: 1_000,
    }),
  ],
  {
    'x-expected': '{ file: ./users.csv } or a list of mappings',
    description: 'One iteration of `steps` for each row, which is `{{ row.name }}` there; at most 1,000 rows.',
    examples: [{ file: './users.csv' }, [{ email: 'a@example.com' }, { email: 'b@example.com' }]],
  },
);

export const ScenarioSchema = Type.Object(
  {
    version: Type.Literal(1, { description: 'Version of the file format.', examples: [1] }),
    id: text('Permanent: history and incidents hang on it. The name may change.', 'post-journey', ID),
    name: text('For people: boards, pages, reports.', 'Write a post and read it back', { maxLength: 200 }),
    service: text('What is being watched; incidents group by it.', 'reference-api', { maxLength: 100 }),
    owner: Type.Optional(text('Who looks after it.', 'team-posts')),
    runbook: Type.Optional(
      text('Link for whoever is called.', 'https://wiki.example.com/posts', {
        pattern: '^https?://',
        'x-expected': 'an http or https URL',
      }),
    ),
    tags: Type.Optional(
      Type.Array(
        text('A word that alert policies select by.', 'critical', {
          pattern: '^[A-Za-z0-9][A-Za-z0-9_.:-]*$',
          'x-expected': 'a word of letters, digits and - _ . :',
        }),
        { maxItems: 50, description: 'Words that alert policies select by.', examples: [['critical']] },
      ),
    ),
    environments: Type.Optional(
      Type.Array(text('Name of an environment of ringdown.yaml.', 'staging', ID), {
        minItems: 1,
        maxItems: 100,
        description: 'Environments that it runs in, each a monitor of its own; all of them when absent.',
        examples: [['staging', 'production']],
      }),
    ),
    locations: Type.Optional(
      Type.Array(
        text('Name of a location: of the watcher (`location:` of ringdown.yaml) or of a worker.', 'seoul', ID),
        {
          minItems: 1,
          maxItems: 20,
          description: 'Where it is run from, each time by all of them; by the watcher alone when absent.',
          examples: [['seoul', 'frankfurt']],
        },
      ),
    ),
    schedule: Type.Optional(Schedule),
    timeout: Type.Optional(duration('Of one attempt; 10s when absent.', '10s')),
    retry: Type.Optional(
      Type.Object(
        {
          times: Type.Integer({
            minimum: 0,
            maximum: 10,
            description: 'Further attempts after a failure; 1 means two attempts.',
            examples: [1],
          }),
          delay: Type.Optional(duration('Before each further attempt; 1s when absent.', '1s')),
        },
        { ...closed, description: 'Confirms a failure before anyone is told.', examples: [{ times: 1, delay: '1s' }] },
      ),
    ),
    connection: Type.Optional(ConnectionSchema),
    cookies: Type.Optional(
      Type.Boolean({
        description: 'Whether an attempt carries cookies from one step to the next (RFC 6265); true when absent.',
        examples: [false],
      }),
    ),
    seed: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 2 ** 32 - 1,
        description: 'Makes `$uuid`, `$random_…` and `$faker` give the same values in every run.',
        examples: [42],
      }),
    ),
    variables: Type.Optional(
      Type.Record(Type.String({ pattern: Name }), Type.Unknown(), {
        propertyNames: { pattern: Name, 'x-expected': NAME_WORDS },
        'x-expected': 'a mapping from names to values',
        description: 'Values by name, evaluated once per attempt, in order. `$` marks a generator.',
        examples: [{ title: 'hello {{ $uuid }}' }],
      }),
    ),
    secrets: Type.Optional(
      Type.Array(text('Name of a secret.', 'QA_PASSWORD', { pattern: Name, 'x-expected': NAME_WORDS }), {
        maxItems: 100,
        description: 'Secrets that it may use, by name, as `{{ secrets.NAME }}`. Redacted everywhere.',
        examples: [['QA_PASSWORD']],
      }),
    ),
    data: Type.Optional(Data),
    before: Type.Optional(stepsSchema('Once per attempt, before the first row of `data`.')),
    steps: stepsSchema('One after the other, once per row of `data`; the first failure ends the attempt.', {
      minItems: 1,
    }),
    after: Type.Optional(stepsSchema('Once, where everything before it passed.')),
    always: Type.Optional(
      stepsSchema('Also after a failure. A step whose captures are missing is skipped. Never hides the first failure.'),
    ),
    depends_on: Type.Optional(
      Type.Array(text('Id of a scenario.', 'session', ID), {
        maxItems: 20,
        description: 'While one of these scenarios fails in the same environment, nobody is paged about this one.',
        examples: [['session']],
      }),
    ),
    load: Type.Optional(Load),
    slo: Type.Optional(
      Type.Object(
        { objective: percent('Share of runs that must pass.', '99.9%'), window: duration('Over which time.', '30d') },
        { ...closed, description: 'Service level objective.', examples: [{ objective: '99.9%', window: '30d' }] },
      ),
    ),
    alert: Type.Optional(
      Type.Object(
        { policy: text('Id of an alert policy.', 'critical') },
        {
          ...closed,
          description: 'Which policy rings; without it, policies select by tags.',
          examples: [{ policy: 'critical' }],
        },
      ),
    ),
    quarantine: Type.Optional(
      Type.Object(
        {
          until: text('Last day, UTC.', '2026-12-01', {
            pattern: '^\\d{4}-\\d{2}-\\d{2}$',
            'x-expected': 'a date such as 2026-12-01',
          }),
          reason: text('Why.', 'flaky upstream'),
        },
        {
          ...closed,
          description: 'Runs, is shown, never rings, until a day.',
          examples: [{ until: '2026-12-01', reason: 'flaky upstream' }],
        },
      ),
    ),
  },
  {
    ...closed,
    $defs: { condition: ConditionSchema, assertions: AssertionsSchema, step: StepSchema },
    title: 'Ringdown scenario',
    description: 'One journey through an API: scheduled check, CI gate, load test and evidence.',
    defaultSnippets: [
      {
        label: 'scenario',
        description: 'One request on a schedule.',
        body: {
          version: 1,
          id: '${1:health}',
          name: '${2:The service answers}',
          service: '${3:shop}',
          schedule: { every: '${4:30s}' },
          steps: [{ name: '${5:asking for health}', request: 'GET ${6:/healthz}' }],
        },
      },
    ],
  },
);

export type WrittenScenario = Static<typeof ScenarioSchema>;

/** The file of steps that `include` names, as it is written. */
export const FragmentSchema = Type.Object(
  {
    version: Type.Literal(1, { description: 'Version of the file format.', examples: [1] }),
    parameters: Type.Optional(
      Type.Record(Type.String({ pattern: Name }), Type.Unknown(), {
        propertyNames: { pattern: Name, 'x-expected': NAME_WORDS },
        'x-expected': 'a mapping from names to values',
        description: 'Names that its steps may use, with what they are when `with` does not say; null: it has to.',
        examples: [{ email: null, role: 'user' }],
      }),
    ),
    steps: stepsSchema('One after the other, in the place of the `include`.', { minItems: 1 }),
  },
  {
    ...closed,
    $defs: { condition: ConditionSchema, assertions: AssertionsSchema, step: StepSchema },
    title: 'Ringdown steps',
    description: 'Steps that several scenarios include.',
  },
);
export type { WrittenStep } from './step-schema.ts';
