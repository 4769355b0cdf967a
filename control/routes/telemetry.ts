import { Type } from 'typebox';
import type { Aggregate, Answers, Question, TimeRange } from '../../monitoring/reader.ts';
import { HttpProblem, notFound } from '../problems.ts';
import { Cursor, Limit, problems } from '../schemas.ts';
import type { ControlRoutes } from '../server.ts';

const HOUR_MS = 3_600_000;
const QUERY_TIMEOUT_MS = 10_000;
/** More than a rule watches, so that it can tell how many it leaves out. */
const MOST_GROUPS = 10_000;

const Window = {
  from: Type.Optional(Type.String({ format: 'date-time', description: 'RFC 3339; one hour before `to` when absent.' })),
  to: Type.Optional(Type.String({ format: 'date-time', description: 'RFC 3339; now when absent.' })),
};
const From = {
  backend: Type.Optional(
    Type.String({
      pattern: '^[a-z0-9-]+$',
      description: 'Who is asked; the first backend that can be read when absent.',
    }),
  ),
};
const Service = Type.Optional(Type.String({ maxLength: 255 }));
const Synthetic = Type.Optional(
  Type.Boolean({ description: 'true: only requests made by scenarios; false: only real ones.' }),
);
const Level = Type.Optional(Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']));
const AggregateName = Type.Enum(['count', 'sum', 'rate', 'avg', 'min', 'max', 'p50', 'p90', 'p95', 'p99']);

/** A question without its name: what the query string holds. */
type Details<Ask extends Question['ask']> = Omit<Extract<Question, { ask: Ask }>, 'ask'>;

interface WindowQuery {
  from?: string;
  to?: string;
  backend?: string;
}

/** Problems of the question, not of the backend's health. */
const QUESTION_PROBLEMS: Readonly<Record<string, number>> = {
  UNKNOWN_BACKEND: 404,
  CANNOT_READ: 422,
  CANNOT_ANSWER: 422,
  TOO_MANY_INTERVALS: 400,
};

const Words = Type.Optional(Type.String({ maxLength: 1_000 }));
const GroupBy = Type.Optional(
  Type.Union([
    Type.String({ minLength: 1, maxLength: 255 }),
    Type.Array(Type.String({ minLength: 1, maxLength: 255 }), { maxItems: 10 }),
  ]),
);
const closed = { additionalProperties: false };

/**
 * What rules ask of telemetry, with the names that they have for a `Reader`. None of them is closed: the validator would take
 * away what the first of them does not know before it looks at the next.
 */
const RuleQuestion = Type.Union([
  Type.Object({
    ask: Type.Literal('metric'),
    name: Type.String({ maxLength: 1_000 }),
    attributes: Type.Optional(Type.Record(Type.String({ maxLength: 255 }), Type.String({ maxLength: 4_096 }))),
    group_by: GroupBy,
    aggregate: AggregateName,
  }),
  Type.Object({
    ask: Type.Literal('requests'),
    measure: Type.Enum(['count', 'p50', 'p95', 'p99']),
    group_by: GroupBy,
    service: Words,
    route: Words,
    status: Type.Optional(
      Type.Union([
        Type.Enum(['2xx', '3xx', '4xx', '5xx', 'ok', 'error']),
        Type.Integer({ minimum: 100, maximum: 599 }),
      ]),
    ),
    synthetic: Type.Optional(Type.Boolean()),
    limit: Type.Integer({ minimum: 1, maximum: MOST_GROUPS }),
  }),
  Type.Object({
    ask: Type.Literal('log_counts'),
    group_by: GroupBy,
    service: Words,
    level: Level,
    text: Words,
    limit: Type.Integer({ minimum: 1, maximum: MOST_GROUPS }),
  }),
]);

export const telemetryRoutes: ControlRoutes = async (app, { deps }) => {
  const windowOf = ({ from, to }: WindowQuery): TimeRange => {
    const end = to ? Date.parse(to) : deps.clock.now() + 60_000;
    const start = from ? Date.parse(from) : end - HOUR_MS;
    if (start >= end) throw new HttpProblem(400, 'INVALID_REQUEST', '"from" must be before "to"');
    return { from: start, to: end };
  };

  async function ask<Q extends Question>(
    question: Q,
    window: TimeRange,
    backend: string | undefined,
  ): Promise<Answers[Q['ask']]> {
    const reader = backend === undefined ? deps.telemetry : deps.telemetryOf(backend);
    try {
      return await reader.ask(question, window, AbortSignal.timeout(QUERY_TIMEOUT_MS));
    } catch (error) {
      const { code } = error as { code?: string };
      const status = code === undefined ? undefined : QUESTION_PROBLEMS[code];
      if (status !== undefined) throw new HttpProblem(status, code!, (error as Error).message);
      throw new HttpProblem(503, 'TELEMETRY_AWAY', `the telemetry store does not answer: ${(error as Error).message}`);
    }
  }

  app.get<{ Params: { trace_id: string }; Querystring: { backend?: string } }>(
    '/api/v1/telemetry/traces/:trace_id',
    {
      schema: {
        summary: 'All spans and logs of one trace.',
        params: Type.Object({ trace_id: Type.String({ pattern: '^[0-9a-f]{32}$', description: '32 hex digits' }) }),
        querystring: Type.Object(From),
        response: problems,
      },
    },
    async ({ params, query: { backend } }) => {
      const everything = { from: 0, to: deps.clock.now() + HOUR_MS };
      const trace = await ask({ ask: 'trace', trace_id: params.trace_id }, everything, backend);
      if (!trace) throw notFound(`trace "${params.trace_id}" (telemetry arrives within seconds of the request)`);
      return trace;
    },
  );

  app.get<{ Querystring: WindowQuery & Details<'traces'> }>(
    '/api/v1/telemetry/traces',
    {
      schema: {
        summary: 'Latest or slowest requests.',
        querystring: Type.Object({
          ...Window,
          ...From,
          order: Type.Enum(['latest', 'slowest'], { default: 'latest' }),
          service: Service,
          route: Type.Optional(Type.String({ maxLength: 1024 })),
          min_duration_ms: Type.Optional(Type.Number({ minimum: 0 })),
          errors_only: Type.Optional(Type.Boolean()),
          synthetic: Synthetic,
          limit: Limit,
          cursor: Cursor,
        }),
        response: problems,
      },
    },
    async ({ query: { from, to, backend, ...rest } }) =>
      ask({ ask: 'traces', ...rest }, windowOf({ from, to }), backend),
  );

  app.get<{ Querystring: WindowQuery & Details<'logs'> }>(
    '/api/v1/telemetry/logs',
    {
      schema: {
        summary: 'Logs by trace, level and text, newest first.',
        querystring: Type.Object({
          ...Window,
          ...From,
          trace_id: Type.Optional(Type.String({ pattern: '^[0-9a-f]{32}$' })),
          service: Service,
          level: Level,
          text: Type.Optional(Type.String({ maxLength: 1000 })),
          limit: Limit,
          cursor: Cursor,
        }),
        response: problems,
      },
    },
    async ({ query: { from, to, backend, ...rest } }) => ask({ ask: 'logs', ...rest }, windowOf({ from, to }), backend),
  );

  app.get<{
    Querystring: WindowQuery & { name?: string; aggregate: Aggregate; interval_ms: number; group_by?: string };
  }>(
    '/api/v1/telemetry/metrics',
    {
      schema: {
        summary: 'A metric over time; without a name, the metrics there are.',
        querystring: Type.Object({
          ...Window,
          ...From,
          name: Type.Optional(Type.String({ maxLength: 255 })),
          aggregate: Type.Unsafe<Aggregate>({ ...AggregateName, default: 'avg' }),
          interval_ms: Type.Integer({ minimum: 1_000, maximum: 86_400_000, default: 60_000 }),
          group_by: Type.Optional(Type.String({ maxLength: 255 })),
        }),
        response: problems,
      },
    },
    async ({ query: { from, to, backend, name, ...rest } }) => {
      const window = windowOf({ from, to });
      const items = name
        ? await ask({ ask: 'metric', name, ...rest }, window, backend)
        : await ask({ ask: 'metric_names' }, window, backend);
      return { items, next_cursor: null };
    },
  );

  app.get<{ Querystring: WindowQuery & { service?: string; synthetic?: boolean } }>(
    '/api/v1/telemetry/routes',
    {
      schema: {
        summary: 'Requests, errors and latency percentiles of each route.',
        querystring: Type.Object({ ...Window, ...From, service: Service, synthetic: Synthetic }),
        response: problems,
      },
    },
    async ({ query: { from, to, backend, ...rest } }) => ({
      items: await ask({ ask: 'routes', ...rest }, windowOf({ from, to }), backend),
      next_cursor: null,
    }),
  );

  app.get<{ Querystring: WindowQuery & Details<'requests'> }>(
    '/api/v1/telemetry/requests',
    {
      schema: {
        summary: 'Requests counted or measured: error rate, latency, distinct values, by any attribute over time.',
        querystring: Type.Object({
          ...Window,
          ...From,
          measure: Type.Enum(['count', 'error_rate', 'p50', 'p95', 'p99', 'distinct'], { default: 'count' }),
          attribute: Type.Optional(
            Type.String({ maxLength: 255, description: 'Whose distinct values are counted, such as user.id.' }),
          ),
          group_by: Type.Optional(
            Type.String({ maxLength: 255, description: 'Such as http.route or client.address.' }),
          ),
          interval_ms: Type.Optional(Type.Integer({ minimum: 1_000, maximum: 86_400_000 })),
          service: Service,
          synthetic: Synthetic,
          limit: Limit,
        }),
        response: problems,
      },
    },
    async ({ query: { from, to, backend, ...rest } }) => {
      if (rest.measure === 'distinct' && rest.attribute === undefined)
        throw new HttpProblem(400, 'INVALID_REQUEST', '"distinct" needs an "attribute", such as user.id');
      return { items: await ask({ ask: 'requests', ...rest }, windowOf({ from, to }), backend), next_cursor: null };
    },
  );

  app.post<{
    Body: { question: Extract<Question, { ask: 'metric' | 'requests' | 'log_counts' }>; from: number; to: number };
  }>(
    '/api/v1/telemetry/questions',
    {
      schema: {
        summary: 'What a rule asks, of a window of the past: for `ringdown alerts replay`.',
        body: Type.Object(
          {
            question: RuleQuestion,
            from: Type.Integer({ minimum: 0, description: 'Unix milliseconds, included.' }),
            to: Type.Integer({ minimum: 0, description: 'Unix milliseconds, excluded.' }),
          },
          closed,
        ),
        response: problems,
      },
    },
    async ({ body: { question, from, to } }) => {
      if (from >= to) throw new HttpProblem(400, 'INVALID_REQUEST', '"from" must be before "to"');
      return { answer: await ask(question, { from, to }, undefined) };
    },
  );
};
