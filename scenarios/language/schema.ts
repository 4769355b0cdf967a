import Type, { type Static } from 'typebox';
import { ConditionSchema } from '../engine/assertions/condition-schema.ts';
import { closed, duration, NAME_WORDS, Name, percent, text } from './schema-words.ts';
import { AssertionsSchema, StepSchema } from './step-schema.ts';

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

const Steps = (description: string, options: object = {}) =>
  Type.Array(Type.Unsafe<Static<typeof StepSchema>>({ $ref: '#/$defs/step' }), {
    maxItems: 200,
    description,
    examples: [[{ name: 'health', request: 'GET /healthz' }]],
    ...options,
  });

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
    steps: Steps('One after the other; the first failure ends the attempt.', { minItems: 1 }),
    always: Type.Optional(
      Steps('Also after a failure. A step whose captures are missing is skipped. Never hides the first failure.'),
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
  },
);

export type WrittenScenario = Static<typeof ScenarioSchema>;
export type { WrittenStep } from './step-schema.ts';
