import { Type } from 'typebox';
import { parseDuration } from '../../core/units.ts';
import type { ControlDeps } from '../deps.ts';
import { HttpProblem, notFound } from '../problems.ts';
import type { Incident } from '../resources.ts';
import { ActorName, IdParams, IncidentSchema, problems, SilenceSchema } from '../schemas.ts';
import type { ControlRoutes } from '../server.ts';
import { written } from '../written.ts';

const LONGEST_NOTE = 5_000;
const LONGEST_SILENCE_MS = 30 * 86_400_000;

type On<Body> = { Params: { id: string }; Body: Body };
interface By {
  by?: string;
}

/** What people do to an open incident, besides taking and closing it. */
export const incidentActionRoutes: ControlRoutes = async (app, { deps }) => {
  const { incidents } = deps;
  const schemaOf = (summary: string, body: ReturnType<typeof Type.Object>) => ({
    schema: { summary, params: IdParams, body, response: { 200: IncidentSchema, ...problems } },
  });

  app.post<On<By | null>>(
    '/api/v1/incidents/:id/escalate',
    {
      schema: {
        summary: 'Carries the next step out now, whatever holds the incident.',
        params: IdParams,
        body: Type.Union([Type.Object({ by: ActorName }), Type.Null()]),
        response: { 200: IncidentSchema, ...problems },
      },
    },
    async ({ params, body }) => open(deps, params.id, await incidents.escalate(params.id, name(body))),
  );

  app.post<On<By & { text: string }>>(
    '/api/v1/incidents/:id/note',
    schemaOf(
      'Adds a note to the timeline.',
      Type.Object({ text: Type.String({ minLength: 1, maxLength: LONGEST_NOTE, pattern: '\\S' }), by: ActorName }),
    ),
    async ({ params, body }) => open(deps, params.id, await incidents.note(params.id, body.text.trim(), name(body))),
  );

  app.post<On<By & { to: string | null }>>(
    '/api/v1/incidents/:id/assign',
    schemaOf(
      'Says who works on it.',
      Type.Object({
        to: Type.Union([Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' }), Type.Null()], {
          description: 'A name; null lets go.',
        }),
        by: ActorName,
      }),
    ),
    async ({ params, body }) =>
      open(deps, params.id, await incidents.assign(params.id, body.to?.trim() ?? null, name(body))),
  );

  app.post<On<By & { into: string }>>(
    '/api/v1/incidents/:id/merge',
    schemaOf(
      'Ends it as a part of another open incident, which takes its monitors.',
      Type.Object({
        into: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the other one.' }),
        by: ActorName,
      }),
    ),
    async ({ params, body }) => {
      const { into } = body;
      if (into === params.id) throw new HttpProblem(400, 'INVALID_MERGE', 'an incident cannot be merged into itself');
      const merged = await incidents.merge(params.id, into, name(body));
      if (merged) return written(deps, merged);
      // One of the two is missing or over: the answer says which.
      await open(deps, params.id, await openOne(deps, params.id));
      return open(deps, into, await openOne(deps, into));
    },
  );

  app.post<On<By & { duration?: string; ends_at?: string }>>(
    '/api/v1/incidents/:id/silence',
    {
      schema: {
        summary: 'Silences what holds it open: its service, environment, policy and monitors.',
        params: IdParams,
        body: Type.Object({
          duration: Type.Optional(Type.String({ maxLength: 20, description: 'Such as 30m; 30 days at most.' })),
          ends_at: Type.Optional(Type.String({ format: 'date-time', description: 'Instead of `duration`.' })),
          by: ActorName,
        }),
        response: { 201: SilenceSchema, ...problems },
      },
    },
    async ({ params, body }, reply) => {
      const lasts = lengthOf(body, deps.clock.now());
      const silence = await incidents.silence(params.id, lasts, name(body));
      if (!silence) return open(deps, params.id, null);
      return reply.code(201).send(await written(deps, silence));
    },
  );
};

function name(body: By | null): string {
  return body?.by ?? 'operator';
}

/** @throws what kept it from being done, or from being written: there is no such incident, or it is over */
async function open(deps: ControlDeps, id: string, done: Incident | null): Promise<Incident> {
  // What has just been resolved is still known, and stays as it is.
  if (done && done.state !== 'resolved') return written(deps, done);
  const known = await deps.incidents.find(id);
  if (!known) throw notFound(`incident "${id}"`);
  throw new HttpProblem(409, 'NOT_OPEN', `incident "${id}" is ${known.state}: this can be done to open ones alone`);
}

async function openOne(deps: ControlDeps, id: string): Promise<Incident | null> {
  const found = await deps.incidents.find(id);
  return found && found.state !== 'resolved' ? found : null;
}

function lengthOf({ duration, ends_at }: { duration?: string; ends_at?: string }, now: number): number {
  const invalid = (detail: string) => new HttpProblem(400, 'INVALID_SILENCE', detail);
  if ((duration === undefined) === (ends_at === undefined)) throw invalid('a silence needs either duration or ends_at');
  const lasts = duration === undefined ? Date.parse(ends_at!) - now : parseDuration(duration);
  if (lasts === undefined || Number.isNaN(lasts)) throw invalid(`duration: "${duration}" is no duration such as 30m`);
  if (lasts <= 0) throw invalid('a silence must end in the future');
  if (lasts > LONGEST_SILENCE_MS) throw invalid('a silence must not last longer than 30 days');
  return lasts;
}
