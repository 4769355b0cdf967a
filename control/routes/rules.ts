import { Type } from 'typebox';
import type { RuleQuery } from '../deps.ts';
import { notFound } from '../problems.ts';
import { Cursor, HoldSchema, Limit, listOf, problems } from '../schemas.ts';
import type { ControlRoutes } from '../server.ts';

const text = Type.String();
const textOrNull = Type.Union([text, Type.Null()]);
const count = Type.Integer({ minimum: 0 });
const open = { additionalProperties: true };
const STATES = ['firing', 'pending', 'no_data', 'unasked', 'inactive'] as const;
const State = Type.Enum([...STATES], {
  description: '`unasked`: its source cannot be asked, which says nothing of the service.',
});

const InstanceSchema = Type.Object(
  {
    monitor: text,
    name: text,
    labels: Type.Record(text, text),
    state: Type.Enum(['inactive', 'pending', 'firing', 'no_data']),
    since: text,
    value: textOrNull,
    threshold: textOrNull,
    text: textOrNull,
    incident_id: textOrNull,
  },
  open,
);

const RuleSchema = Type.Object(
  {
    policy: text,
    rule: text,
    name: text,
    kind: text,
    priority: Type.Enum(['P1', 'P2', 'P3', 'P4']),
    service: textOrNull,
    environment: textOrNull,
    team: textOrNull,
    file: textOrNull,
    line: Type.Union([Type.Integer(), Type.Null()]),
    state: State,
    since: textOrNull,
    counts: Type.Object({ firing: count, pending: count, no_data: count, inactive: count }),
    held: HoldSchema,
    every_ms: Type.Union([Type.Integer(), Type.Null()]),
    last_evaluated_at: textOrNull,
    next_evaluation_at: textOrNull,
    duration_ms: Type.Union([Type.Number(), Type.Null()]),
    trouble: Type.Union([Type.Object({ since: text, message: text }), Type.Null()], {
      description: 'Why it is not evaluated as it should be; says nothing of the service.',
    }),
    left_out: Type.Integer({ description: 'Series beyond the most that one rule watches.' }),
    evaluations: Type.Array(Type.Object({ at: text, state: State, value: textOrNull }), {
      description: 'Newest first, 36 at most, of this life of the watcher.',
    }),
    instances: Type.Array(InstanceSchema, {
      description: 'One for each set of labels that the rule watches, worst first; in lists the first five.',
    }),
  },
  open,
);

const FilesSchema = Type.Object({
  read_at: textOrNull,
  problems: Type.Array(Type.Object({ file: text, line: Type.Integer(), column: Type.Integer(), message: text }, open), {
    description: 'Mistakes that keep changed files from being taken over; all go on as they were.',
  }),
});

const ForecastSchema = Type.Object(
  {
    outcome: Type.Enum(['opens', 'joins', 'quiet']),
    incident_id: textOrNull,
    policy: text,
    priority: text,
    held: HoldSchema,
    steps: Type.Array(
      Type.Object({ step: Type.Integer(), at: textOrNull, calls: Type.Array(Type.Object({}, open)) }, open),
    ),
  },
  { ...open, description: 'Who would be told, and when, if it fired now and nobody answered.' },
);

const Query = Type.Object({
  state: Type.Optional(Type.Enum([...STATES, 'held'])),
  service: Type.Optional(Type.String({ maxLength: 200 })),
  team: Type.Optional(Type.String({ maxLength: 200 })),
  text: Type.Optional(
    Type.String({ maxLength: 200, description: 'Words that name, policy, service or labels hold, in any order.' }),
  ),
  limit: Limit,
  cursor: Cursor,
});

export const ruleRoutes: ControlRoutes = async (app, { deps }) => {
  app.get<{ Querystring: RuleQuery }>(
    '/api/v1/rules',
    {
      schema: {
        summary: 'The rules of all policies with what each of them sees now, worst first; and mistakes in their files.',
        querystring: Query,
        response: {
          200: Type.Object({
            ...listOf('Rules', RuleSchema).properties,
            counts: Type.Record(text, count),
            services: Type.Array(text),
            teams: Type.Array(text),
            policies: count,
            files: FilesSchema,
          }),
          ...problems,
        },
      },
    },
    async ({ query }) => deps.rules.list(query),
  );

  app.get<{ Params: { policy: string; rule: string }; Querystring: { monitor?: string } }>(
    '/api/v1/rules/:policy/:rule',
    {
      schema: {
        summary: 'A rule with all that it watches, as it is written, and who would be told if it fired now.',
        params: Type.Object({ policy: Type.String({ maxLength: 200 }), rule: Type.String({ maxLength: 200 }) }),
        querystring: Type.Object({
          monitor: Type.Optional(
            Type.String({
              maxLength: 400,
              description: 'The instance that the forecast is about; the worst when absent.',
            }),
          ),
        }),
        response: {
          200: Type.Object(
            {
              ...RuleSchema.properties,
              written: textOrNull,
              forecast: Type.Union([ForecastSchema, Type.Null()]),
              forecast_of: textOrNull,
            },
            open,
          ),
          ...problems,
        },
      },
    },
    async ({ params, query }) => {
      const rule = deps.rules.find(params.policy, params.rule, query.monitor);
      if (!rule) throw notFound('a rule of that policy with that id');
      return rule;
    },
  );
};
