import { notFound } from '../problems.ts';
import { IdParams, problems, RunSchema } from '../schemas.ts';
import type { ControlRoutes } from '../server.ts';

export const runRoutes: ControlRoutes = async (app, { deps }) => {
  const find = async (id: string) => {
    const run = await deps.runs.find(id);
    if (!run) throw notFound(`run "${id}"`);
    return run;
  };

  app.get<{ Params: { id: string } }>(
    '/api/v1/runs/:id',
    {
      schema: {
        summary: 'One run with all its evidence.',
        params: IdParams,
        response: { 200: RunSchema, ...problems },
      },
    },
    async ({ params }) => find(params.id),
  );

  app.get<{ Params: { id: string } }>(
    '/api/v1/runs/:id/comparison',
    {
      schema: {
        summary: 'What differs from the last passing run, step by step.',
        params: IdParams,
        response: problems,
      },
    },
    async ({ params }) => deps.compare(await find(params.id)),
  );
};
