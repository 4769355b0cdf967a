import { Type } from 'typebox';
import type { Aggregate, Answers, Question, TimeRange } from '../../monitoring/reader.ts';
import { HttpProblem, notFound } from '../problems.ts';
import { Cursor, Limit, problems } from '../schemas.ts';
import type { ControlRoutes } from '../server.ts';

const HOUR_MS = 3_600_000;
const QUERY_TIMEOUT_MS = 10_000;

const Window = {
  from: Type.Optional(Type.String({ format: 'date-time', description: 'RFC 3339; one hour before `to` when absent.' })),
  to: Type.Optional(Type.String({ format: 'date-time', description: 'RFC 3339; now when absent.' })),
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
}

export const telemetryRoutes: ControlRoutes = async (app, { deps }) => {
  const windowOf = ({ from, to }: WindowQuery): TimeRange => {
    const end = to ? Date.parse(to) : deps.clock.now() + 60_000;
    const start = from ? Date.parse(from) : end - HOUR_MS;
    if (start >= end) throw new HttpProblem(400, 'INVALID_REQUEST', '"from" must be before "to"');
    return { from: start, to: end };
  };

  async function ask<Q extends Question>(question: Q, window: TimeRange): Promise<Answers[Q['ask']]> {
    try {
      return await deps.telemetry.ask(question, window, AbortSignal.timeout(QUERY_TIMEOUT_MS));
    } catch (error) {
      throw new HttpProblem(503, 'TELEMETRY_AWAY', `the telemetry store does not answer: ${(error as Error).message}`);
    }
  }

  app.get<{ Params: { trace_id: string } }>(
    '/api/v1/telemetry/traces/:trace_id',
    {
      schema: {
        summary: 'All spans and logs of one trace.',
        params: Type.Object({ trace_id: Type.String({ pattern: '^[0-9a-f]{32}$', description: '32 hex digits' }) }),
        response: problems,
      },
    },
    async ({ params }) => {
      const everything = { from: 0, to: deps.clock.now() + HOUR_MS };
      const trace = await ask({ ask: 'trace', trace_id: params.trace_id }, everything);
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
    async ({ query: { from, to, ...rest } }) => ask({ ask: 'traces', ...rest }, windowOf({ from, to })),
  );

  app.get<{ Querystring: WindowQuery & Details<'logs'> }>(
    '/api/v1/telemetry/logs',
    {
      schema: {
        summary: 'Logs by trace, level and text, newest first.',
        querystring: Type.Object({
          ...Window,
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
    async ({ query: { from, to, ...rest } }) => ask({ ask: 'logs', ...rest }, windowOf({ from, to })),
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
          name: Type.Optional(Type.String({ maxLength: 255 })),
          aggregate: Type.Unsafe<Aggregate>({ ...AggregateName, default: 'avg' }),
          interval_ms: Type.Integer({ minimum: 1_000, maximum: 86_400_000, default: 60_000 }),
          group_by: Type.Optional(Type.String({ maxLength: 255 })),
        }),
        response: problems,
      },
    },
    async ({ query: { from, to, name, ...rest } }) => {
      const window = windowOf({ from, to });
      const items = name
        ? await ask({ ask: 'metric', name, ...rest }, window)
        : await ask({ ask: 'metric_names' }, window);
      return { items, next_cursor: null };
    },
  );

  app.get<{ Querystring: WindowQuery & { service?: string; synthetic?: boolean } }>(
    '/api/v1/telemetry/routes',
    {
      schema: {
        summary: 'Requests, errors and latency percentiles of each route.',
        querystring: Type.Object({ ...Window, service: Service, synthetic: Synthetic }),
        response: problems,
      },
    },
    async ({ query: { from, to, ...rest } }) => ({
      items: await ask({ ask: 'routes', ...rest }, windowOf({ from, to })),
      next_cursor: null,
    }),
  );
};
