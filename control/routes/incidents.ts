import { Type } from 'typebox';
import { notFound } from '../problems.ts';
import type { IncidentState } from '../resources.ts';
import { IdParams, IncidentSchema, listOf, PageQuery, problems } from '../schemas.ts';
import type { ControlRoutes } from '../server.ts';

const StateFilter = Type.Optional(Type.Enum(['triggered', 'acknowledged', 'resolved']));
const Actor = Type.Union([
  Type.Object({ by: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })) }),
  Type.Null(),
]);

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
        return incident;
      },
    );
  }
};
