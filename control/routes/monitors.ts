import { Type } from 'typebox';
import { HttpProblem, notFound } from '../problems.ts';
import type { RunStatus } from '../resources.ts';
import { listOf, MonitorSchema, PageQuery, problems, RunSummarySchema } from '../schemas.ts';
import type { ControlRoutes } from '../server.ts';

const KeyParams = Type.Object({ key: Type.String({ maxLength: 255, description: '`id@environment`' }) });
const RunStatusFilter = Type.Optional(Type.Enum(['passed', 'failed', 'error', 'skipped']));

export const monitorRoutes: ControlRoutes = async (app, { deps }) => {
  const find = (key: string) => {
    const monitor = deps.monitors.find(key);
    if (!monitor) throw notFound(`monitor "${key}"`);
    return monitor;
  };

  app.get(
    '/api/v1/monitors',
    {
      schema: {
        summary: 'All monitors, by service and name.',
        response: { 200: listOf('Monitors', MonitorSchema), ...problems },
      },
    },
    async () => ({ items: deps.monitors.list(), next_cursor: null }),
  );

  app.get<{ Params: { key: string } }>(
    '/api/v1/monitors/:key',
    { schema: { summary: 'One monitor.', params: KeyParams, response: { 200: MonitorSchema, ...problems } } },
    async ({ params }) => find(params.key),
  );

  app.post<{ Params: { key: string } }>(
    '/api/v1/monitors/:key/run',
    {
      schema: {
        summary: 'Runs it now; the result comes with the events.',
        params: KeyParams,
        response: { 202: Type.Object({ monitor: Type.String() }), ...problems },
      },
    },
    async ({ params }, reply) => {
      find(params.key);
      if (!deps.monitors.runNow(params.key)) {
        throw new HttpProblem(409, 'ALREADY_RUNNING', `"${params.key}" is running already`);
      }
      return reply.code(202).send({ monitor: params.key });
    },
  );

  for (const { path, summary, keyOf } of [
    { path: 'runs', summary: 'Its runs, newest first.', keyOf: (key: string) => key },
    // Kept apart: they are no part of uptime and flakiness.
    { path: 'load-tests', summary: 'Its load tests, newest first.', keyOf: (key: string) => `${key}:load` },
  ]) {
    app.get<{ Params: { key: string }; Querystring: { limit: number; cursor?: string; status?: RunStatus } }>(
      `/api/v1/monitors/:key/${path}`,
      {
        schema: {
          summary,
          params: KeyParams,
          querystring: Type.Object({ ...PageQuery.properties, status: RunStatusFilter }),
          response: { 200: listOf('Runs', RunSummarySchema), ...problems },
        },
      },
      async ({ params, query }) => {
        find(params.key);
        return deps.runs.list(keyOf(params.key), query);
      },
    );
  }
};
