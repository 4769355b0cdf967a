import { type Static, Type } from 'typebox';
import { commonKeys, kindKeys } from '../rules/rule-schema.ts';
import { closed, duration, labels, text, texts } from '../rules/schema-words.ts';

const NAMES = ['pager', 'on-call:primary'];

const Rule = Type.Object(
  {
    scenario: Type.Optional(
      Type.Object(
        {
          tags: Type.Optional(texts('Scenarios with any of these tags.', ['critical'])),
          ids: Type.Optional(texts('Scenarios with these ids.', ['post-journey'])),
          services: Type.Optional(texts('Scenarios of these services.', ['reference-api'])),
          environments: Type.Optional(texts('Only in these environments.', ['production'])),
        },
        { ...closed, description: 'Which scenarios; {} for every one.', examples: [{ tags: ['critical'] }] },
      ),
    ),
    failing: Type.Optional(
      Type.Object(
        {
          consecutive: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 100,
              description: 'Failed runs in a row. 1 when absent.',
              examples: [2],
            }),
          ),
          attempts: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 11,
              description: 'A run counts as failed after so many attempts of its own. 1 when absent.',
              examples: [2],
            }),
          ),
          locations: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 100,
              description: 'Locations that must see it fail at the same time. 1 when absent.',
              examples: [2],
            }),
          ),
        },
        {
          ...closed,
          minProperties: 1,
          description:
            "When a scenario counts as failing, after its run's own retries. The first failed run when absent.",
          examples: [{ consecutive: 1, attempts: 2 }],
        },
      ),
    ),
    ...kindKeys,
    ...commonKeys,
  },
  {
    ...closed,
    'x-elsewhere': {
      consecutive: 'it belongs under failing: { consecutive: … }',
      attempts: 'it belongs under failing: { attempts: … }',
      tags: 'it belongs under scenario: { tags: … }',
      ids: 'it belongs under scenario: { ids: … }',
      percentile: 'it is a threshold: { of: { metric: …, aggregate: p95 }, is: { gt: … } }',
      slo: 'it belongs under burn_rate: { slo: … }',
      annotations: 'did you mean "summary" or "runbook"?',
      severity: 'did you mean "priority"?',
    },
  },
);

const Step = Type.Object(
  {
    after: duration('Since the incident was triggered, or what held it back ended.', '5m'),
    notify: texts(
      'Names of channels, `on-call:<schedule>`, `user:<name>`; `all` means every configured channel.',
      NAMES,
    ),
    repeat: Type.Optional(
      Type.Object(
        {
          every: duration('At least 10s.', '2m'),
          until: Type.Optional(
            Type.Literal('acknowledged', { description: 'Until somebody does.', examples: ['acknowledged'] }),
          ),
        },
        {
          ...closed,
          description: 'The step again and again until somebody acknowledges.',
          examples: [{ every: '2m', until: 'acknowledged' }],
        },
      ),
    ),
  },
  closed,
);

const Steps = (description: string) =>
  Type.Array(Step, {
    minItems: 1,
    maxItems: 50,
    description,
    examples: [
      [
        { after: '0s', notify: ['pager'] },
        { after: '5m', notify: ['call-kim'], repeat: { every: '2m', until: 'acknowledged' } },
      ],
    ],
  });

const Match = (description: string, example: Record<string, string>) =>
  labels(description, example, { minProperties: 1 });

const Quiet = (priority: string) =>
  Type.Optional(
    Type.Object(
      {
        from: time('When it begins.', '22:00'),
        to: time('When it ends, on the next day where that is earlier.', '08:00'),
        timezone: text('IANA name of the zone.', 'Asia/Seoul'),
        days: Type.Optional(
          texts('Days on which it begins: `mon`, `mon-fri`. Every day when absent.', ['mon-fri'], { maxItems: 7 }),
        ),
      },
      {
        ...closed,
        description: `Pages of ${priority} wait for its end.`,
        examples: [{ from: '22:00', to: '08:00', timezone: 'Asia/Seoul' }],
      },
    ),
  );

function time(description: string, example: string) {
  return Type.String({
    pattern: '^([01]\\d|2[0-3]):[0-5]\\d$',
    'x-expected': 'a time such as "08:00"',
    description,
    examples: [example],
  });
}

/** A `*.policy.yaml` file. Which keys of a rule belong together is checked apart, so that an editor can offer all of them. */
export const PolicySchema = Type.Object(
  {
    version: Type.Literal(1, { description: 'Version of the file format.', examples: [1] }),
    id: Type.String({
      pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
      'x-expected': 'lower-case letters, digits and hyphens',
      description: 'Permanent: incidents and scenarios name it. The name may change.',
      examples: ['critical'],
    }),
    name: Type.Optional(text('For people.', 'Critical journeys', { maxLength: 200 })),
    priority: Type.Enum(['P1', 'P2', 'P3', 'P4'], { description: 'P1 is the most urgent.', examples: ['P1'] }),
    labels: Type.Optional(
      labels('On every incident of it; routes, silences and inhibition match them.', { team: 'posts' }),
    ),
    rules: Type.Array(Rule, {
      minItems: 1,
      maxItems: 200,
      description: 'What it is about. A rule is on scenarios, or on numbers.',
      examples: [[{ scenario: { tags: ['critical'] }, failing: { consecutive: 1 } }]],
    }),
    group_by: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
        maxItems: 20,
        description:
          'Labels whose equal values make incidents of rules one, with an exact count. service, environment and rule when absent.',
        examples: [['service', 'environment']],
      }),
    ),
    routes: Type.Optional(
      Type.Array(
        Type.Object(
          {
            match: Match('Labels that an incident must have.', { service: 'billing' }),
            escalation: Steps('Who is told then, and when.'),
          },
          closed,
        ),
        {
          maxItems: 100,
          description: 'The first that matches replaces `escalation`.',
          examples: [[{ match: { service: 'billing' }, escalation: [{ after: '0s', notify: ['pager'] }] }]],
        },
      ),
    ),
    inhibit: Type.Optional(
      Type.Array(
        Type.Object(
          {
            when: Match('Labels of the incident that is the reason.', { rule: 'database-down' }),
            hold: Match('Labels of those that page nobody meanwhile.', { component: 'api' }),
            equal: Type.Optional(texts('Labels that both must have alike.', ['environment'])),
          },
          closed,
        ),
        {
          maxItems: 100,
          description: 'While an incident matching `when` is open, those matching `hold` page nobody.',
          examples: [[{ when: { rule: 'database-down' }, hold: { component: 'api' }, equal: ['environment'] }]],
        },
      ),
    ),
    quiet_hours: Type.Optional(
      Type.Object(
        { P2: Quiet('P2'), P3: Quiet('P3'), P4: Quiet('P4') },
        {
          ...closed,
          minProperties: 1,
          'x-elsewhere': { P1: 'a P1 never waits' },
          description: 'Hours in which nobody is told, by priority. A P1 never waits.',
          examples: [{ P3: { from: '22:00', to: '08:00', timezone: 'Asia/Seoul' } }],
        },
      ),
    ),
    escalation: Steps('Who is told, and when, in the order of their time.'),
    escalation_loop: Type.Optional(
      Type.Object(
        {
          times: Type.Integer({ minimum: 1, maximum: 20, description: 'How often again.', examples: [2] }),
          every: duration('From one beginning to the next; at least 1m.', '30m'),
        },
        {
          ...closed,
          description: 'The whole chain again while nobody acknowledges.',
          examples: [{ times: 2, every: '30m' }],
        },
      ),
    ),
    renotify: Type.Optional(
      Type.Object(
        {
          every: Type.Optional(duration('While nobody has acknowledged; at least 1m.', '4h')),
          acknowledged: Type.Optional(
            Type.Object(
              { every: duration('At least 1m.', '24h') },
              { ...closed, description: 'After somebody has.', examples: [{ every: '24h' }] },
            ),
          ),
        },
        { ...closed, minProperties: 1, description: 'Tells again while it stays open.', examples: [{ every: '4h' }] },
      ),
    ),
    resolve: Type.Optional(
      Type.Object(
        {
          after_passing: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 100,
              description: 'Good runs in a row; of scenarios, rules have keep_firing_for. 1 when absent.',
              examples: [1],
            }),
          ),
          notify: Type.Optional(
            Type.Literal('same', { description: 'Every channel that was told.', examples: ['same'] }),
          ),
        },
        { ...closed, description: 'When it is over.', examples: [{ after_passing: 1, notify: 'same' }] },
      ),
    ),
  },
  { additionalProperties: false, title: 'Ringdown alert policy' },
);

export type PolicyFile = Static<typeof PolicySchema>;
export type RuleFile = PolicyFile['rules'][number];
export type StepFile = PolicyFile['escalation'][number];
