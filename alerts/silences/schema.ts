import { type Static, Type } from 'typebox';
import { DURATION_PATTERN } from '../../core/units.ts';
import { LONGEST_PATTERN } from './matching.ts';

const Time = (description: string) =>
  Type.String({
    pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d+)?)?(Z|[+-]\\d{2}:\\d{2})$',
    'x-expected': 'a time with its offset such as 2026-11-24T02:00:00Z',
    description,
    examples: ['2026-11-24T02:00:00Z'],
  });

export const MatcherSchema = Type.Object(
  {
    label: Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'service, environment, policy, rule, priority, monitor, or a label of a policy or a rule.',
      examples: ['service'],
    }),
    is: Type.Optional(
      Type.Enum(['=', '!=', '=~', '!~'], { description: 'Default "="; =~ and !~ hold a pattern.', examples: ['='] }),
    ),
    value: Type.String({
      maxLength: LONGEST_PATTERN,
      description: 'A value, or a pattern in RE2 syntax that must match the whole value.',
      examples: ['billing'],
    }),
  },
  { additionalProperties: false },
);

const Matchers = Type.Array(MatcherSchema, {
  minItems: 1,
  maxItems: 50,
  description: 'All of them must match the labels of an incident.',
  examples: [[{ label: 'service', value: 'billing' }]],
});

const Schedule = Type.Union(
  [
    Type.Object(
      { starts_at: Time('When it begins.'), ends_at: Time('When it ends, at most 30 days later.') },
      { additionalProperties: false, description: 'Once.' },
    ),
    Type.Object(
      {
        cron: Type.String({
          minLength: 1,
          maxLength: 200,
          description: 'Begins at every match.',
          examples: ['0 2 * * sun'],
        }),
        timezone: Type.String({ minLength: 1, description: 'IANA name.', examples: ['Asia/Seoul'] }),
        duration: Type.String({
          pattern: DURATION_PATTERN,
          'x-expected': 'a duration such as 2h',
          description: 'At most 7 days.',
          examples: ['2h'],
        }),
      },
      { additionalProperties: false, description: 'Again and again.' },
    ),
  ],
  { 'x-expected': 'either starts_at and ends_at, or cron, timezone and duration' },
);

/** Body of a new silence. */
const NewSilenceSchema = Type.Object(
  {
    matchers: Matchers,
    starts_at: Type.Optional(Time('Now where it is absent.')),
    ends_at: Type.Optional(Time('At most 30 days after it starts.')),
    duration: Type.Optional(
      Type.String({
        pattern: DURATION_PATTERN,
        'x-expected': 'a duration such as 30m',
        description: 'Instead of ends_at: so long after it starts.',
        examples: ['30m'],
      }),
    ),
    reason: Type.Optional(Type.String({ maxLength: 1_000, examples: ['deploying'] })),
  },
  { additionalProperties: false },
);

/** Body of a new maintenance window. */
const NewMaintenanceWindowSchema = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 200 }), matchers: Matchers, schedule: Schedule },
  { additionalProperties: false },
);

/** `maintenance_windows` in ringdown.yaml. */
export const MaintenanceWindowsSchema = Type.Array(
  Type.Object(
    {
      id: Type.String({
        pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
        'x-expected': 'lower-case letters, digits and hyphens',
        examples: ['database-upgrade'],
      }),
      name: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'Default: the id.' })),
      matchers: Matchers,
      schedule: Schedule,
    },
    { additionalProperties: false },
  ),
  { description: 'Planned work: incidents are shown, and nobody is told until it ends.' },
);

export type WrittenMatcher = Static<typeof MatcherSchema>;
export type WrittenSilence = Static<typeof NewSilenceSchema>;
export type WrittenWindow = Static<typeof NewMaintenanceWindowSchema>;
export type WrittenWindows = Static<typeof MaintenanceWindowsSchema>;
