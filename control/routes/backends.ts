import { Type } from 'typebox';
import type { RingdownError } from '../../core/errors.ts';
import { HttpProblem } from '../problems.ts';
import type { ReplayOutcome } from '../resources.ts';
import { problems } from '../schemas.ts';
import type { ControlRoutes } from '../server.ts';

const Name = Type.Object({ name: Type.String({ minLength: 1, maxLength: 200 }) });
const open = { additionalProperties: true };

const Letters = Type.Object(
  { items: Type.Array(Type.Object({ id: Type.String() }, open)), next_cursor: Type.Null() },
  { description: 'Records that the backend refused for good, newest first.' },
);

const ReplayBody = Type.Union([
  Type.Object(
    {
      ids: Type.Optional(
        Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
          minItems: 1,
          maxItems: 10_000,
          uniqueItems: true,
          description: 'Of dead letters; all of them when absent.',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  Type.Null(),
]);

const count = Type.Integer({ minimum: 0 });
const Outcome = Type.Object({ replayed: count, delivered: count, rejected: count, filtered: count, waiting: count });

/** What a relay's refusal is over HTTP; anything else means that it does not answer. */
const STATUSES: Record<string, number> = {
  UNKNOWN_BACKEND: 404,
  CANNOT_REPLAY: 409,
  REPLAY_RUNNING: 409,
  BACKEND_AWAY: 503,
};

export const backendRoutes: ControlRoutes = async (app, { deps }) => {
  app.get(
    '/api/v1/backends',
    {
      schema: {
        summary: 'The ledger: what each backend received, delivered, has pending, rejected, dropped, filtered.',
      },
    },
    async () => {
      try {
        const { backends, receiver, sources, relayPid } = await deps.backends();
        return { items: backends, next_cursor: null, receiver, sources, relay: { pid: relayPid } };
      } catch (error) {
        throw new HttpProblem(503, 'RELAY_AWAY', `the relay does not answer: ${(error as Error).message}`);
      }
    },
  );

  app.get<{ Params: { name: string }; Querystring: { limit: number } }>(
    '/api/v1/backends/:name/dead-letters',
    {
      schema: {
        summary: 'What a backend refused for good and is kept to be looked at and replayed.',
        params: Name,
        querystring: Type.Object({ limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 100 }) }),
        response: { 200: Letters, ...problems },
      },
    },
    async ({ params, query }) => {
      try {
        return { items: await deps.deadLetters(params.name, query.limit), next_cursor: null };
      } catch (error) {
        throw refusal(error);
      }
    },
  );

  app.post<{ Params: { name: string }; Body: { ids?: string[] } | null }>(
    '/api/v1/backends/:name/replay',
    {
      schema: {
        summary: 'Hands dead letters over once more: those named, or all.',
        params: Name,
        body: ReplayBody,
        response: { 200: Outcome, ...problems },
      },
      // Validation would drop a mistyped key, and what is left would mean all of them.
      preValidation: async ({ body }) => {
        const unknown = Object.keys(body ?? {}).find((key) => key !== 'ids');
        if (unknown !== undefined)
          throw new HttpProblem(400, 'INVALID_REQUEST', `unknown key "${unknown}"; "ids" is known`);
      },
    },
    async ({ params, body }): Promise<ReplayOutcome> => {
      try {
        return await deps.replay(params.name, body?.ids);
      } catch (error) {
        throw refusal(error);
      }
    },
  );
};

function refusal(error: unknown): HttpProblem {
  const { code, message, hint } = error as RingdownError;
  const status = STATUSES[code];
  if (status === undefined) return new HttpProblem(503, 'RELAY_AWAY', `the relay does not answer: ${message}`);
  return new HttpProblem(status, code, hint === undefined ? message : `${message}; ${hint}`);
}
