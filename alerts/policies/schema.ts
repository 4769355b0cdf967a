import { type Static, Type } from 'typebox';
import { DURATION_PATTERN } from '../../core/units.ts';

const Duration = Type.String({
  pattern: DURATION_PATTERN,
  examples: ['5m'],
  'x-expected': 'a duration such as 30s, 5m or 1h30m',
});

const Names = (description: string) => Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description });

const RuleSchema = Type.Object(
  {
    scenario: Type.Object(
      {
        tags: Type.Optional(Names('Scenarios with any of these tags.')),
        ids: Type.Optional(Names('Scenarios with these ids.')),
        services: Type.Optional(Names('Scenarios of these services.')),
      },
      { additionalProperties: false, description: 'Which scenarios; {} for every one.' },
    ),
    failing: Type.Optional(
      Type.Object(
        { consecutive: Type.Integer({ minimum: 1, maximum: 100, examples: [1] }) },
        { additionalProperties: false, description: "Failed runs in a row, after the run's own retries. Default 1." },
      ),
    ),
  },
  { additionalProperties: false },
);

const StepSchema = Type.Object(
  {
    after: Type.String({ ...Duration, description: 'Since the incident was triggered.' }),
    notify: Names('Names of channels; `all` means every configured channel.'),
    repeat: Type.Optional(
      Type.Object(
        {
          every: Type.String({ ...Duration, description: 'At least 10s.' }),
          until: Type.Optional(Type.Literal('acknowledged')),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);

/** A `*.policy.yaml` file. */
export const PolicySchema = Type.Object(
  {
    version: Type.Literal(1),
    id: Type.String({
      pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
      examples: ['critical'],
      'x-expected': 'lower-case letters, digits and hyphens',
    }),
    name: Type.Optional(Type.String({ minLength: 1 })),
    priority: Type.Enum(['P1', 'P2', 'P3', 'P4']),
    rules: Type.Array(RuleSchema, { minItems: 1 }),
    escalation: Type.Array(StepSchema, { minItems: 1, maxItems: 50 }),
    resolve: Type.Optional(
      Type.Object(
        {
          after_passing: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
          notify: Type.Optional(Type.Literal('same', { description: 'Every channel that was told.' })),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false, title: 'Ringdown alert policy' },
);

export type PolicyFile = Static<typeof PolicySchema>;
