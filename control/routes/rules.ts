import { Type } from 'typebox';
import { listOf, problems } from '../schemas.ts';
import type { ControlRoutes } from '../server.ts';

const text = Type.String();
const textOrNull = Type.Union([text, Type.Null()]);

const RuleSchema = Type.Object({
  policy: text,
  rule: text,
  name: text,
  kind: text,
  every_ms: Type.Integer(),
  last_evaluated_at: textOrNull,
  duration_ms: Type.Union([Type.Number(), Type.Null()]),
  trouble: Type.Union([Type.Object({ since: text, message: text }), Type.Null()], {
    description: 'Why it is not evaluated as it should be; says nothing of the service.',
  }),
  left_out: Type.Integer({ description: 'Series beyond the most that one rule watches.' }),
  instances: Type.Array(
    Type.Object({
      monitor: text,
      labels: Type.Record(text, text),
      state: Type.Enum(['inactive', 'pending', 'firing', 'no_data']),
      since: text,
      value: textOrNull,
      text: textOrNull,
    }),
    { description: 'One for each set of labels that the rule watches.' },
  ),
});

export const ruleRoutes: ControlRoutes = async (app, { deps }) => {
  app.get(
    '/api/v1/rules',
    {
      schema: {
        summary: 'Rules on metrics, logs and the like, with what each of them sees now.',
        response: { 200: listOf('Rules', RuleSchema), ...problems },
      },
    },
    async () => ({ items: deps.rules(), next_cursor: null }),
  );
};
