import { type TProperties, Type } from 'typebox';
import { DURATION_PATTERN, SIZE_PATTERN } from '../../core/units.ts';

const Signals = Type.Array(Type.Enum(['traces', 'metrics', 'logs']), { minItems: 1, uniqueItems: true });

/** What a backend is not sent. Items left out are counted as filtered. */
export const FilterSchema = Type.Object(
  {
    signals: Type.Optional({ ...Signals, description: 'Only these.', examples: [['traces', 'logs']] }),
    sample: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description:
          'Share of traces that is kept, with their logs: the same traces everywhere. Errors and traces of scenarios are always kept.',
        examples: [0.2],
      }),
    ),
    min_level: Type.Optional(
      Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], {
        description: 'Logs below it are left out.',
        examples: ['info'],
      }),
    ),
    exclude_routes: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: 'SERVER spans of these routes are left out, unless they fail.',
        examples: [['/healthz']],
      }),
    ),
    exclude_metrics: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: 'Names of metrics; * stands for any characters.',
        examples: [['debug.*']],
      }),
    ),
  },
  { additionalProperties: false, description: 'What this backend is not sent; the rest is counted as filtered.' },
);

/** How batches are made and how many are under way. */
export const QueueSchema = Type.Object(
  {
    batch_items: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, examples: [16_384] })),
    batch_size: Type.Optional(
      Type.String({ pattern: SIZE_PATTERN, 'x-expected': 'a size such as 4MB', examples: ['4MB'] }),
    ),
    concurrency: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 16, description: 'Requests under way at one time.', examples: [2] }),
    ),
    timeout: Type.Optional(
      Type.String({ pattern: DURATION_PATTERN, 'x-expected': 'a duration such as 30s', examples: ['30s'] }),
    ),
  },
  { additionalProperties: false, description: 'How batches are made and how many are under way.' },
);

/** The entry of a backend in ringdown.yaml: what all have, and what this one has besides. */
export const backendSettings = <Own extends TProperties>(type: string, own: Own, description: string) =>
  Type.Object(
    {
      name: Type.String({
        pattern: '^[a-z0-9-]+$',
        'x-expected': 'lower-case letters, digits and hyphens',
        examples: [type],
      }),
      type: Type.Literal(type, { description }),
      ...own,
      filter: Type.Optional(FilterSchema),
      redact: Type.Optional(
        Type.Array(Type.String({ minLength: 1 }), {
          description:
            'Attributes whose values are replaced by [redacted] before they are sent; * stands for any characters.',
          examples: [['user.email', 'http.request.header.*']],
        }),
      ),
      queue: Type.Optional(QueueSchema),
    },
    { additionalProperties: false },
  );
