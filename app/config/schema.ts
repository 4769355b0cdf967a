import { type TSchema, Type } from 'typebox';
import { DURATION_PATTERN, SIZE_PATTERN } from '../../core/units.ts';

const Duration = (description: string, example: string) =>
  Type.String({
    pattern: DURATION_PATTERN,
    'x-expected': 'a duration such as 30s, 5m or 7d',
    description,
    examples: [example],
  });

const Environment = Type.Object(
  {
    base_url: Type.String({
      minLength: 1,
      description: 'Requests of scenarios are joined to it. Its origin becomes an allowed target.',
      examples: ['https://api.example.com'],
    }),
  },
  { additionalProperties: false },
);

const Backend = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z0-9-]+$',
      'x-expected': 'lower-case letters, digits and hyphens',
      examples: ['local'],
    }),
    type: Type.Enum(['embedded'], { description: 'Where telemetry is kept.' }),
    retention: Type.Optional(Duration('Older telemetry is deleted.', '7d')),
    max_size: Type.Optional(
      Type.String({
        pattern: SIZE_PATTERN,
        'x-expected': 'a size such as 500MB or 5GB',
        description: 'The oldest telemetry goes when the store grows past it.',
        examples: ['5GB'],
      }),
    ),
  },
  { additionalProperties: false },
);

const Globs = (description: string, example: string) =>
  Type.Array(Type.String({ minLength: 1 }), { description, examples: [[example]] });

/** The shape of ringdown.yaml, before `${VARIABLES}` are replaced. @param channel one entry of `channels:` */
export const configSchema = (channel: TSchema) =>
  Type.Object(
    {
      version: Type.Literal(1, { description: 'Version of this file format.' }),
      public_url: Type.Optional(
        Type.String({
          description: 'Where people reach this watcher; links in pages begin with it.',
          examples: ['https://ringdown.example.com'],
        }),
      ),
      environments: Type.Optional(
        Type.Record(Type.String({ pattern: '^[a-z0-9-]+$' }), Environment, {
          description: 'Where scenarios run. Each scenario runs in each environment.',
          examples: [{ production: { base_url: 'https://api.example.com' } }],
          propertyNames: { pattern: '^[a-z0-9-]+$', 'x-expected': 'lower-case letters, digits and hyphens' },
        }),
      ),
      scenarios: Type.Optional(Globs('Scenario files, relative to this file.', 'scenarios/**/*.scenario.yaml')),
      policies: Type.Optional(Globs('Alert policies, relative to this file.', 'policies/*.policy.yaml')),
      channels: Type.Optional(Type.Array(channel, { description: 'How people are reached.' })),
      backends: Type.Optional(Type.Array(Backend, { description: 'Where telemetry goes.' })),
      retention: Type.Optional(
        Type.Object(
          { runs: Type.Optional(Duration('Older runs are deleted; the newest 100 of each monitor stay.', '30d')) },
          { additionalProperties: false },
        ),
      ),
    },
    { additionalProperties: false, title: 'ringdown.yaml' },
  );
