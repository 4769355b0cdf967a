import { Type } from 'typebox';
import { notFound } from '../problems.ts';
import type { IncidentState } from '../resources.ts';
import { ActorName, IdParams, IncidentSchema, listOf, PageQuery, problems } from '../schemas.ts';
import type { ControlRoutes } from '../server.ts';
import { written } from '../written.ts';

const StateFilter = Type.Optional(Type.Enum(['triggered', 'acknowledged', 'resolved']));
const Actor = Type.Union([Type.Object({ by: ActorName }), Type.Null()]);
const ExplanationSchema = Type.Object({
  incident: IncidentSchema,
  words: Type.Array(
    Type.Object({
      stage: Type.String(),
      at: Type.String(),
      verdict: Type.Enum(['passed', 'held', 'released', 'told', 'nobody']),
      why: Type.String(),
    }),
    { description: 'Oldest first; the last 200.' },
  ),
});

export const incidentRoutes: ControlRoutes = async (app, { deps }) => {
  app.get<{ Querystring: { state?: IncidentState; limit: number; cursor?: string } }>(
    '/api/v1/incidents',
    {
      schema: {
        summary: 'Incidents, newest first.',
        querystring: Type.Object({ ...PageQuery.properties, state: StateFilter }),
        response: { 200: listOf('Incidents', IncidentSchema), ...problems },
      },
    },
    async ({ query }) => deps.incidents.list(query),
  );

  app.get<{ Params: { id: string } }>(
    '/api/v1/incidents/:id',
    {
      schema: {
        summary: 'One incident with its timeline and deliveries.',
        params: IdParams,
        response: { 200: IncidentSchema, ...problems },
      },
    },
    async ({ params }) => {
      const incident = await deps.incidents.find(params.id);
      if (!incident) throw notFound(`incident "${params.id}"`);
      return incident;
    },
  );

  app.get<{ Params: { id: string } }>(
    '/api/v1/incidents/:id/explain',
    {
      schema: {
        summary: 'Why it paged, or did not: what each stage of the chain said.',
        params: IdParams,
        response: { 200: ExplanationSchema, ...problems },
      },
    },
    async ({ params }) => {
      const explanation = await deps.incidents.explain(params.id);
      if (!explanation) throw notFound(`incident "${params.id}"`);
      return explanation;
    },
  );

  app.get<{ Params: { id: string } }>(
    '/api/v1/incidents/:id/export',
    {
      schema: {
        summary: 'The post-incident document: timeline, deliveries, notes and evidence, as Markdown.',
        params: IdParams,
        response: problems,
      },
    },
    async ({ params }, reply) => {
      const document = await deps.incidents.export(params.id);
      if (document === null) throw notFound(`incident "${params.id}"`);
      const name = params.id.replace(/[^\w-]/g, '_');
      return reply
        .header('content-disposition', `attachment; filename="incident-${name}.md"`)
        .type('text/markdown; charset=utf-8')
        .send(document);
    },
  );

  for (const action of ['acknowledge', 'resolve'] as const) {
    app.post<{ Params: { id: string }; Body: { by?: string } | null }>(
      `/api/v1/incidents/:id/${action}`,
      {
        schema: {
          summary: action === 'acknowledge' ? 'Stops the escalation: somebody is on it.' : 'Closes it by hand.',
          params: IdParams,
          body: Actor,
          response: { 200: IncidentSchema, ...problems },
        },
      },
      async ({ params, body }) => {
        const incident = await deps.incidents[action](params.id, body?.by ?? 'operator');
        if (!incident) throw notFound(`incident "${params.id}"`);
        return written(deps, incident);
      },
    );
  }
};
