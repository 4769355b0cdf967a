import { Type } from 'typebox';
import type { Refused } from '../deps.ts';
import { HttpProblem, notFound } from '../problems.ts';
import type { NewSilenceBody, WrittenMatcher } from '../resources.ts';
import {
  ActorName,
  IdParams,
  IncidentSchema,
  ListedSilenceSchema,
  listOf,
  MatchersSchema,
  problems,
} from '../schemas.ts';
import type { ControlRoutes } from '../server.ts';
import { written } from '../written.ts';

const Time = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }));

const NewSilence = Type.Object({
  matchers: MatchersSchema,
  starts_at: Time('RFC 3339; now when absent.'),
  ends_at: Time('At most 30 days after it starts.'),
  duration: Type.Optional(Type.String({ maxLength: 20, description: 'Instead of `ends_at`: such as 30m.' })),
  reason: Type.Optional(Type.String({ maxLength: 1_000 })),
  by: ActorName,
});

const PreviewSchema = Type.Object({
  incidents: Type.Array(IncidentSchema, { description: 'Open ones that match, the first 50.' }),
  incident_count: Type.Integer(),
  monitors: Type.Array(Type.Object({ key: Type.String(), name: Type.String() }), {
    description: 'Whose next incident would match, the first 50.',
  }),
  monitor_count: Type.Integer(),
  unknown_labels: Type.Array(Type.String(), {
    description: 'Labels of the matchers that an incident gets when it opens; monitors are looked for without them.',
  }),
});

/** Silences: incidents open and are shown, and nobody is told. */
export const silenceRoutes: ControlRoutes = async (app, { deps }) => {
  app.get(
    '/api/v1/silences',
    {
      schema: {
        summary: 'Silences that stand, are to come, or ended within a day.',
        response: { 200: listOf('Silences', ListedSilenceSchema), ...problems },
      },
    },
    async () => ({ items: deps.silences.list(), next_cursor: null }),
  );

  app.post<{ Body: NewSilenceBody & { by?: string } }>(
    '/api/v1/silences',
    {
      schema: {
        summary: 'Silences incidents that all matchers match, until a time at most 30 days away.',
        body: NewSilence,
        response: { 201: ListedSilenceSchema, ...problems },
      },
    },
    async ({ body: { by = 'operator', ...body } }, reply) =>
      reply.code(201).send(await written(deps, accepted(await deps.silences.create(body, by)))),
  );

  app.post<{ Body: { matchers: WrittenMatcher[] } }>(
    '/api/v1/silences/preview',
    {
      schema: {
        summary: 'Which open incidents and monitors these matchers match. Changes nothing.',
        body: Type.Object({ matchers: MatchersSchema }),
        response: { 200: PreviewSchema, ...problems },
      },
    },
    async ({ body }) => accepted(deps.silences.preview(body.matchers)),
  );

  app.delete<{ Params: { id: string }; Querystring: { by?: string } }>(
    '/api/v1/silences/:id',
    {
      schema: {
        summary: 'Ends it now: what is still open rings. It stays listed for a day.',
        params: IdParams,
        querystring: Type.Object({ by: ActorName }),
        response: { 200: ListedSilenceSchema, ...problems },
      },
    },
    async ({ params, query }) => {
      const ended = await deps.silences.end(params.id, query.by ?? 'operator');
      if (!ended) throw notFound(`silence "${params.id}"`);
      return written(deps, ended);
    },
  );
};

function accepted<T extends object>(outcome: T | Refused): T {
  if ('refused' in outcome) throw new HttpProblem(400, 'INVALID_SILENCE', outcome.refused);
  return outcome;
}
