import { Type } from 'typebox';
import { HttpProblem, notFound } from '../problems.ts';
import type { NewMaintenanceBody, WrittenMatcher } from '../resources.ts';
import { ActorName, IdParams, listOf, MaintenanceSchema, MatchersSchema, problems } from '../schemas.ts';
import type { ControlRoutes } from '../server.ts';
import { written } from '../written.ts';

/** One shape of the two, because a union of closed ones loses the members of the second. */
const Schedule = Type.Object(
  {
    starts_at: Type.Optional(Type.String({ format: 'date-time', description: 'Once: when it begins.' })),
    ends_at: Type.Optional(Type.String({ format: 'date-time', description: 'At most 30 days later.' })),
    cron: Type.Optional(Type.String({ maxLength: 200, description: 'Again and again: begins at every match.' })),
    timezone: Type.Optional(Type.String({ maxLength: 100, description: 'IANA name, with `cron`.' })),
    duration: Type.Optional(Type.String({ maxLength: 20, description: 'Such as 2h, with `cron`; 7 days at most.' })),
  },
  { description: 'Either starts_at and ends_at, or cron, timezone and duration.' },
);
type WrittenSchedule = Partial<Record<'starts_at' | 'ends_at' | 'cron' | 'timezone' | 'duration', string>>;

interface Body {
  name: string;
  matchers: WrittenMatcher[];
  schedule: WrittenSchedule;
  by?: string;
}

/** Planned work: as silences, known beforehand. */
export const maintenanceRoutes: ControlRoutes = async (app, { deps }) => {
  app.get(
    '/api/v1/maintenance-windows',
    {
      schema: {
        summary: 'Maintenance windows with their next occurrences.',
        response: { 200: listOf('Maintenance windows', MaintenanceSchema), ...problems },
      },
    },
    async () => ({ items: deps.maintenance.list(), next_cursor: null }),
  );

  app.post<{ Body: Body }>(
    '/api/v1/maintenance-windows',
    {
      schema: {
        summary: 'Plans one, once or again and again.',
        body: Type.Object({
          name: Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' }),
          matchers: MatchersSchema,
          schedule: Schedule,
          by: ActorName,
        }),
        response: { 201: MaintenanceSchema, ...problems },
      },
    },
    async ({ body }, reply) => {
      const { name, matchers, by = 'operator' } = body;
      const planned = await deps.maintenance.plan({ name, matchers, schedule: scheduleOf(body.schedule) }, by);
      if ('refused' in planned) throw invalid(planned.refused);
      return reply.code(201).send(await written(deps, planned));
    },
  );

  app.delete<{ Params: { id: string }; Querystring: { by?: string } }>(
    '/api/v1/maintenance-windows/:id',
    {
      schema: {
        summary: 'Takes it back; one that stands ends now.',
        params: IdParams,
        querystring: Type.Object({ by: ActorName }),
        response: { 204: Type.Null(), ...problems },
      },
    },
    async ({ params, query }, reply) => {
      const outcome = await deps.maintenance.cancel(params.id, query.by ?? 'operator');
      if (outcome === 'unknown') throw notFound(`maintenance window "${params.id}"`);
      if (outcome === 'from_config')
        throw new HttpProblem(409, 'FROM_CONFIG', 'it stands in ringdown.yaml: remove it there');
      await written(deps, null);
      return reply.code(204).send();
    },
  );
};

function scheduleOf({ starts_at, ends_at, cron, timezone, duration }: WrittenSchedule): NewMaintenanceBody['schedule'] {
  const once = starts_at !== undefined && ends_at !== undefined;
  const recurring = cron !== undefined && timezone !== undefined && duration !== undefined;
  const given = [starts_at, ends_at, cron, timezone, duration].filter((value) => value !== undefined).length;
  if (once && given === 2) return { starts_at, ends_at };
  if (recurring && given === 3) return { cron, timezone, duration };
  throw invalid('schedule: needs either starts_at and ends_at, or cron, timezone and duration');
}

function invalid(detail: string): HttpProblem {
  return new HttpProblem(400, 'INVALID_MAINTENANCE_WINDOW', detail);
}
