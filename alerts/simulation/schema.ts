import { type Static, type TProperties, Type } from 'typebox';
import { OnCallSchema } from '../on-call/schema.ts';
import { duration } from '../rules/schema-words.ts';

const Duration = (description: string, example = '5m') => duration(description, example);

const Text = (description: string, ...examples: string[]) => Type.String({ minLength: 1, description, examples });

const Closed = <Keys extends TProperties>(keys: Keys, description?: string) =>
  Type.Object(keys, { additionalProperties: false, ...(description ? { description } : {}) });

const Labels = (description: string) => Type.Record(Type.String(), Type.String(), { description });

const PriorityName = Type.Enum(['P1', 'P2', 'P3', 'P4']);
const EventName = Type.Enum(['triggered', 'acknowledged', 'resolved', 'escalated', 'updated', 'any'], {
  description: 'What they are told. Without it: whatever rings, which is triggered and escalated.',
});

const Run = Closed(
  {
    monitor: Type.String({
      pattern: '^[^@]+@[^@]+$',
      'x-expected': 'scenario@environment',
      description: 'Key of the monitor.',
      examples: ['post-journey@local'],
    }),
    status: Type.Enum(['passed', 'failed', 'error', 'skipped'], { description: "After the run's own retries." }),
    name: Type.Optional(Text('For people.', 'Write a post and read it back')),
    service: Type.Optional(Text("Default: the scenario's own, or its id.", 'reference-api')),
    tags: Type.Optional(Type.Array(Type.String(), { description: "Default: the scenario's own." })),
    policy: Type.Optional(Text("The scenario's `alert: { policy }`.", 'critical')),
    labels: Type.Optional(Labels('More labels of the incident.')),
    attempts: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: 'Default 2.' })),
    degraded: Type.Optional(Type.Boolean({ description: 'Passed at a later attempt, or a `warn` failed.' })),
    watcher_fault: Type.Optional(Text('The watcher could not do its part; says nothing about the service.')),
    quarantined: Type.Optional(Type.Boolean({ description: 'Shown, never rings.' })),
    depends_on: Type.Optional(Type.Array(Type.String(), { description: 'Keys of monitors.' })),
    runbook: Type.Optional(Text('Where to read on.')),
    location: Type.Optional(Text('Where it ran.', 'seoul')),
    failure: Type.Optional(
      Closed(
        {
          step: Type.Optional(Text('Name of the step.', 'write')),
          message: Type.Optional(Text('What was wrong.', 'status 500, expected 201')),
          kind: Type.Optional(Type.Enum(['assertion', 'network', 'timeout'], { description: 'Default by `status`.' })),
          route: Type.Optional(Text('Method and path template.', 'POST /v1/posts')),
          status_code: Type.Optional(Type.Integer({ minimum: 100, maximum: 599 })),
          expected: Type.Optional(Type.String()),
          actual: Type.Optional(Type.String()),
        },
        'Why it failed: decides which failures are one incident.',
      ),
    ),
  },
  'The run of a monitor ends.',
);

const Matchers = Type.Union(
  [
    Type.Record(Type.String(), Type.String()),
    Type.Array(Type.String({ minLength: 1, examples: ['service=reference-api', 'monitor=~post-.*'] }), { minItems: 1 }),
  ],
  { description: 'Labels of incidents: a mapping, or a list of `label=value`, `!=`, `=~` and `!~`.' },
);

const Answer = (what: string) =>
  Type.Optional(
    Closed(
      {
        by: Text('A person.', 'kim'),
        via: Type.Optional(Text('`web`, `api` or a channel. Default web.', 'web')),
        monitor: Type.Optional(Text('A member of the incident; needed where several are open.')),
      },
      what,
    ),
  );

const GivenSchema = Closed({
  at: Duration('Since the start of the case.', '0s'),
  every: Type.Optional(Duration('Of a run: again and again, until `until`.', '30s')),
  until: Type.Optional(Duration('Of a run that repeats: the last time, this one included.', '10m')),
  run: Type.Optional(Run),
  alert: Type.Optional(
    Closed(
      {
        source: Text('Its name under `inbound:`.', 'alertmanager'),
        key: Text('What the sender calls it.'),
        state: Type.Enum(['firing', 'resolved']),
        title: Type.Optional(Text('Default: the key.')),
        severity: Type.Optional(Text('As the sender says it.', 'critical')),
        policy: Type.Optional(Text('Default: that of the source under `inbound:`, or the built-in one.')),
        service: Type.Optional(Text('Default: the source.')),
        environment: Type.Optional(Text('Default: default.')),
        labels: Type.Optional(Labels('As the sender has them.')),
      },
      'An alert of another system arrives.',
    ),
  ),
  acknowledge: Answer('Somebody takes the open incident.'),
  resolve: Answer('Somebody ends the open incident.'),
  escalate: Answer('Somebody asks for the next step.'),
  silence: Type.Optional(
    Closed(
      {
        matchers: Matchers,
        for: Duration('How long it stands.', '30m'),
        by: Type.Optional(Text('A person. Default: somebody.', 'kim')),
        reason: Type.Optional(Text('Why.')),
      },
      'Somebody silences.',
    ),
  ),
  maintenance: Type.Optional(
    Closed(
      { matchers: Matchers, for: Duration('How long it lasts.', '1h'), name: Type.Optional(Text('For people.')) },
      'A maintenance window begins.',
    ),
  ),
  channel: Type.Optional(
    Closed(
      {
        name: Text('A channel.', 'pager'),
        fails: Duration('How long it takes nothing.', '5m'),
        how: Type.Optional(
          Type.Enum(['unavailable', 'refuses', 'silent'], {
            description:
              '`unavailable`: it answers 503; `refuses`: for good; `silent`: no answer. Default unavailable.',
          }),
        ),
      },
      'A channel does not work.',
    ),
  ),
  database: Type.Optional(Closed({ fails: Duration('How long it takes nothing.', '1m') }, 'State cannot be written.')),
  restart: Type.Optional(
    Closed({ down: Type.Optional(Duration('Default 0s.', '30s')) }, 'The watcher is killed and started again.'),
  ),
  clock: Type.Optional(
    Closed(
      { step: Type.String({ pattern: '^-?(\\d+(\\.\\d+)?(ms|s|m|h|d|w))+$', 'x-expected': 'such as 1h or -1h' }) },
      "The system's clock is set.",
    ),
  ),
  heartbeat: Type.Optional(
    Closed(
      { name: Text('Its name under `heartbeats:`.'), failed: Type.Optional(Type.Boolean()) },
      'A heartbeat comes.',
    ),
  ),
  certificate: Type.Optional(
    Closed(
      { target: Text('host:port', 'api.example.com:443'), expires_in: Duration('From then.', '30d') },
      'From then on this certificate is presented.',
    ),
  ),
  backend: Type.Optional(
    Closed(
      {
        name: Text('A backend of the config.'),
        lag: Type.Optional(Duration('Default 0s.', '6m')),
        lost: Type.Optional(Type.Integer({ minimum: 0, description: 'Default 0.' })),
      },
      "From then on the relay's ledger says so.",
    ),
  ),
  signals: Type.Optional(
    Closed(
      { fail: Duration('How long.', '5m') },
      'Metrics, logs and everything else that rules ask for cannot be read.',
    ),
  ),
});

const Level = Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']);

const Numbers = (description: string) => {
  const one = [Type.Number(), Type.Null(), Type.String({ minLength: 1 })];
  return Type.Optional(Type.Union([...one, Type.Array(Type.Union(one), { minItems: 1 })], { description }));
};

const SeriesSchema = Closed({
  at: Type.Optional(Duration('When it begins. Default 0s.', '0s')),
  every: Type.Optional(Duration('How long each entry of the list holds. Default 1m.', '1m')),
  metric: Type.Optional(Text('Name of a metric.', 'http.server.request.duration')),
  logs: Type.Optional(
    Closed({
      service: Type.Optional(Text('Who writes them.')),
      level: Type.Optional(Level),
      text: Type.Optional(Text('What they say.')),
    }),
  ),
  requests: Type.Optional(
    Closed({
      service: Type.Optional(Text('Who answers them.')),
      route: Type.Optional(Text('Method and path template, or the path template alone.')),
      status: Type.Optional(
        Type.Union([Type.Integer({ minimum: 100, maximum: 599 }), Type.Enum(['2xx', '3xx', '4xx', '5xx'])], {
          description: 'Default 200.',
        }),
      ),
      synthetic: Type.Optional(Type.Boolean({ description: 'Made by scenarios. Default false.' })),
    }),
  ),
  where: Type.Optional(Labels('Attributes.')),
  values: Numbers(
    'What is measured: a number, 2.1s, 5MB, 3% or null for no data; or a list of these. `600ms x10` holds for ten entries. The last one stays.',
  ),
  per_minute: Numbers('How many come a minute: as `values`.'),
});

const ExpectSchema = Closed({
  at: Type.Optional(Duration('Since the start of the case.', '5m')),
  within: Type.Optional(Duration('How much later it may be. Default 1s.', '15s')),
  between: Type.Optional(
    Type.Array(Duration('Since the start of the case.'), {
      minItems: 2,
      maxItems: 2,
      'x-expected': 'two durations such as [4m, 6m]',
      description: 'Instead of `at`.',
    }),
  ),
  until: Type.Optional(Duration('With `nothing_else`.', '30m')),
  notified: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      description: 'Channels and people: exactly these are told then. Empty for nobody.',
      examples: [['pager', 'kim']],
    }),
  ),
  event: Type.Optional(EventName),
  times: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1000, description: 'How often each of `notified` is told. Default 1.' }),
  ),
  nothing_else: Type.Optional(
    Type.Literal(true, { description: 'Up to `until` nobody is told what no other entry names.' }),
  ),
  incident: Type.Optional(
    Type.Object(
      {
        open: Type.Optional(Type.Integer({ minimum: 0, description: 'How many are open.' })),
        state: Type.Optional(Type.Enum(['triggered', 'acknowledged', 'resolved', 'none'])),
        priority: Type.Optional(PriorityName),
        count: Type.Optional(Type.Integer({ minimum: 0, description: 'Members that fail.' })),
        held: Type.Optional(
          Type.Union([
            Type.Enum(['inhibit', 'dependency', 'silence', 'maintenance', 'quiet_hours']),
            Type.Literal(false, { description: 'Nothing holds it.' }),
          ]),
        ),
        title: Type.Optional(Text('Part of it.')),
        policy: Type.Optional(Text('Id of its policy.')),
        rule: Type.Optional(Text('Id of its rule.')),
        service: Type.Optional(Text('Its service.')),
        monitor: Type.Optional(Text('One of its members.')),
        acknowledged_by: Type.Optional(Text('Who took it.')),
      },
      { additionalProperties: false, minProperties: 1, description: 'There is such an incident at that time.' },
    ),
  ),
});

const CaseSchema = Closed({
  name: Text('What is shown.', 'nobody acknowledges'),
  start: Type.Optional(
    Type.String({
      pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2})?(Z|[+-]\\d{2}:\\d{2})$',
      'x-expected': 'a time with its zone, such as 2026-11-23T03:00:00+09:00',
      description: 'Wall-clock time at 0s. Default 2026-01-05T09:00:00Z, a Monday.',
      examples: ['2026-11-23T03:00:00+09:00'],
    }),
  ),
  given: Type.Optional(Type.Array(GivenSchema, { maxItems: 10_000, description: 'What happens.' })),
  series: Type.Optional(Type.Array(SeriesSchema, { maxItems: 1_000, description: 'Numbers that rules ask for.' })),
  expect: Type.Array(ExpectSchema, { minItems: 1, maxItems: 10_000, description: 'Who is told, and when.' }),
});

/** A `*.policy.test.yaml` file. */
export const PolicyTestSchema = Type.Object(
  {
    version: Type.Optional(Type.Literal(1)),
    policy: Type.Union([Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })], {
      'x-expected': 'the id of a policy, or a list of ids',
      description: 'Ids of the policies that take part.',
      examples: ['critical'],
    }),
    channels: Type.Optional(
      Type.Array(
        Type.String({ pattern: '^[a-z0-9][a-z0-9-]*$', 'x-expected': 'lower-case letters, digits and hyphens' }),
        {
          minItems: 1,
          description: 'Instead of the channels of ringdown.yaml.',
          examples: [['pager', 'team', 'call-kim']],
        },
      ),
    ),
    on_call: Type.Optional(OnCallSchema),
    cases: Type.Array(CaseSchema, { minItems: 1, maxItems: 10_000 }),
  },
  { additionalProperties: false, title: 'Ringdown policy test' },
);

export type PolicyTestFile = Static<typeof PolicyTestSchema>;
export type WrittenCase = Static<typeof CaseSchema>;
export type WrittenGiven = Static<typeof GivenSchema>;
export type WrittenSeries = Static<typeof SeriesSchema>;
export type WrittenExpect = Static<typeof ExpectSchema>;
