import { createHash } from 'node:crypto';
import { Type } from 'typebox';
import type { OnCall, Override, Schedule, Shift } from '../../alerts/on-call/on-call.ts';
import type { ControlDeps } from '../deps.ts';
import { HttpProblem, notFound, problem, sendProblem } from '../problems.ts';
import type { OnCallOverride, OnCallPerson, OnCallSchedule, OnCallShift, OnCallUser } from '../resources.ts';
import { listOf, problems } from '../schemas.ts';
import type { ControlRoutes } from '../server.ts';

const YEAR_MS = 366 * 86_400_000;
const DEFAULT_LOOK_MS = 28 * 86_400_000;

const text = Type.String();
const textOrNull = Type.Union([text, Type.Null()]);
const Person = Type.Object({ key: text, name: text });
const ShiftSchema = Type.Object({
  from: text,
  to: text,
  users: Type.Array(Person, { description: 'Empty where nobody is on call.' }),
  rotation: textOrNull,
  override: textOrNull,
});
const OverrideSchema = Type.Object({
  id: text,
  users: Type.Array(Person),
  from: text,
  to: text,
  source: Type.Enum(['config', 'api']),
  created_by: text,
});
const ScheduleSchema = Type.Object({
  key: text,
  name: text,
  timezone: text,
  now: Type.Object({ users: Type.Array(Person), until: textOrNull }),
  next: Type.Union([ShiftSchema, Type.Null()]),
  overrides: Type.Array(OverrideSchema),
  ics_url: Type.String({ description: 'For calendars; whoever has it can read the schedule.' }),
});
const UserSchema = Type.Object({
  key: text,
  name: text,
  timezone: textOrNull,
  on_call: Type.Array(text),
  ics_url: text,
});

const Key = Type.String({ maxLength: 64 });
const Period = Type.Object({
  from: Type.Optional(Type.String({ format: 'date-time', description: 'RFC 3339; now when absent.' })),
  to: Type.Optional(
    Type.String({ format: 'date-time', description: 'At most a year after `from`; four weeks when absent.' }),
  ),
});
const NewOverride = Type.Object({
  users: Type.Array(Key, { minItems: 1, maxItems: 50, description: 'Keys of users, on call together.' }),
  from: Type.String({
    maxLength: 40,
    description: "RFC 3339, or a local time of the schedule's zone: 2026-12-24T09:00.",
  }),
  to: Type.String({ maxLength: 40 }),
  created_by: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'A name; `api` when absent.' })),
});
const FeedQuery = Type.Object({ token: Type.Optional(Type.String({ maxLength: 200 })) });

interface NewOverrideBody {
  users: string[];
  from: string;
  to: string;
  created_by?: string;
}

const REFUSALS = {
  unknown_schedule: [404, 'NOT_FOUND'],
  unknown_override: [404, 'NOT_FOUND'],
  invalid: [400, 'INVALID_OVERRIDE'],
  not_ours: [409, 'FROM_CONFIG'],
} as const;

export const onCallRoutes: ControlRoutes = async (app, { deps }) => {
  const { access, clock, onCall } = deps;

  app.get(
    '/api/v1/on-call',
    {
      schema: {
        summary: 'Who is on call, and who is next, by schedule.',
        response: { 200: listOf('Schedules', ScheduleSchema), ...problems },
      },
    },
    async () => {
      const items = [...onCall.onCall().schedules.values()].map((schedule) => toSchedule(schedule, deps));
      return { items, next_cursor: null };
    },
  );

  app.get(
    '/api/v1/on-call/users',
    {
      schema: {
        summary: 'People who can be on call, and whether they are.',
        response: { 200: listOf('Users', UserSchema), ...problems },
      },
    },
    async () => ({ items: toUsers(deps), next_cursor: null }),
  );

  app.get<{ Params: { schedule: string }; Querystring: { from?: string; to?: string } }>(
    '/api/v1/on-call/:schedule/shifts',
    {
      schema: {
        summary: 'Shifts one after the other, without gap: where nobody is on call, one without users says so.',
        params: Type.Object({ schedule: Key }),
        querystring: Period,
        response: { 200: listOf('Shifts', ShiftSchema), ...problems },
      },
    },
    async ({ params, query }) => {
      const schedule = onCall.onCall().schedules.get(params.schedule);
      if (!schedule) throw notFound(`schedule ${params.schedule}`);
      const from = query.from === undefined ? clock.now() : Date.parse(query.from);
      const to = query.to === undefined ? from + DEFAULT_LOOK_MS : Date.parse(query.to);
      if (!(to > from) || to - from > YEAR_MS)
        throw new HttpProblem(400, 'INVALID_PERIOD', '`to` comes after `from`, a year at most');
      const items = onCall.shifts(schedule, from, to).map((shift) => toShift(shift, onCall.onCall()));
      return { items, next_cursor: null };
    },
  );

  app.post<{ Params: { schedule: string }; Body: NewOverrideBody }>(
    '/api/v1/on-call/:schedule/overrides',
    {
      schema: {
        summary: 'Somebody else, for once. Stands over rotations and over overrides that were added before.',
        params: Type.Object({ schedule: Key }),
        body: NewOverride,
        response: { 201: OverrideSchema, ...problems },
      },
    },
    async ({ params, body }, reply) => {
      const added = accepted(await onCall.addOverride(params.schedule, { created_by: 'api', ...body }));
      return reply.code(201).send(toOverride(added, onCall.onCall()));
    },
  );

  app.delete<{ Params: { schedule: string; id: string } }>(
    '/api/v1/on-call/:schedule/overrides/:id',
    {
      schema: {
        summary: 'Takes an override back. One that has begun ends now.',
        params: Type.Object({ schedule: Key, id: Key }),
        response: { 200: OverrideSchema, ...problems },
      },
    },
    async ({ params }) =>
      toOverride(accepted(await onCall.removeOverride(params.schedule, params.id)), onCall.onCall()),
  );

  const feed = (path: string, summary: string, read: (key: string) => string | undefined) =>
    app.get<{ Params: { key: string }; Querystring: { token?: string } }>(
      `${path}/:key(^[a-z0-9_-]+).ics`,
      // Calendars send no headers: the token in the URL opens this feed and nothing else.
      { config: { public: true }, schema: { summary, params: Type.Object({ key: Key }), querystring: FeedQuery } },
      async ({ params, query, headers }, reply) => {
        const own = `${path}/${params.key}.ics`;
        if (!access.feedTokenMatches(own, query.token ?? ''))
          return sendProblem(
            reply,
            problem(
              401,
              'UNAUTHENTICATED',
              'the token of this feed is missing or old: /api/v1/on-call has the whole URL',
            ),
          );
        const calendar = read(params.key);
        if (calendar === undefined) throw notFound(own);
        const etag = `"${createHash('sha256').update(calendar).digest('base64url').slice(0, 22)}"`;
        reply.headers({ etag, 'cache-control': 'private, max-age=300', 'x-robots-tag': 'noindex' });
        if (headers['if-none-match'] === etag) return reply.code(304).send();
        return reply.type('text/calendar; charset=utf-8').send(calendar);
      },
    );
  feed('/api/v1/on-call', 'A schedule as iCalendar.', (key) => onCall.calendarOf(key));
  feed('/api/v1/on-call/users', 'When a person is on call, as iCalendar.', (key) => onCall.calendarOfUser(key));
};

function accepted(outcome: Awaited<ReturnType<ControlDeps['onCall']['addOverride']>>): Override {
  if (!('refused' in outcome)) return outcome;
  const [status, code] = REFUSALS[outcome.refused];
  throw new HttpProblem(status, code, outcome.reason);
}

function toSchedule(schedule: Schedule, { access, clock, onCall, publicUrl }: ControlDeps): OnCallSchedule {
  const all = onCall.onCall();
  const { users, until, next } = onCall.now(schedule);
  const path = `/api/v1/on-call/${schedule.key}.ics`;
  return {
    key: schedule.key,
    name: schedule.name,
    timezone: schedule.timezone,
    now: { users: toPeople(users, all), until: until === null ? null : time(until) },
    next: next && toShift(next, all),
    overrides: schedule.overrides
      .filter((override) => override.until > clock.now())
      .map((override) => toOverride(override, all)),
    ics_url: `${publicUrl()}${path}?token=${access.feedToken(path)}`,
  };
}

function toUsers({ access, onCall, publicUrl }: ControlDeps): OnCallUser[] {
  const { users, schedules } = onCall.onCall();
  const now = [...schedules.values()].map((schedule) => ({ key: schedule.key, users: onCall.now(schedule).users }));
  return [...users.values()].map(({ key, name, timezone }) => {
    const path = `/api/v1/on-call/users/${key}.ics`;
    const on_call = now.filter((schedule) => schedule.users.includes(key)).map((schedule) => schedule.key);
    return { key, name, timezone, on_call, ics_url: `${publicUrl()}${path}?token=${access.feedToken(path)}` };
  });
}

function toShift({ from, until, users, rotation, override }: Shift, onCall: OnCall): OnCallShift {
  return { from: time(from), to: time(until), users: toPeople(users, onCall), rotation, override };
}

function toOverride({ id, users, from, until, source, created_by }: Override, onCall: OnCall): OnCallOverride {
  return { id, users: toPeople(users, onCall), from: time(from), to: time(until), source, created_by };
}

function toPeople(keys: readonly string[], { users }: OnCall): OnCallPerson[] {
  return keys.map((key) => ({ key, name: users.get(key)?.name ?? key }));
}

const time = (instant: number) => new Date(instant).toISOString();
