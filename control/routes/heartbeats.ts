import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { HttpProblem } from '../problems.ts';
import { queryOf, takeRawBodies } from '../raw-body.ts';
import { problems } from '../schemas.ts';
import type { ControlRoutes } from '../server.ts';
import { notBelieved } from './inbound.ts';

const LARGEST_BODY = 65_536;

const Query = Type.Object({
  token: Type.Optional(Type.String({ maxLength: 1_024 })),
  status: Type.Optional(
    Type.Enum(['ok', 'fail'], { description: '`fail`: the job ran and failed, which a rule may ring for at once.' }),
  ),
  message: Type.Optional(Type.String({ maxLength: 4_000 })),
});

export const heartbeatRoutes: ControlRoutes = async (app, { deps }) => {
  takeRawBodies(app);
  app.route<{ Params: { name: string }; Querystring: { status?: 'ok' | 'fail'; message?: string } }>({
    method: ['GET', 'HEAD', 'POST'],
    url: '/api/v1/heartbeats/:name',
    config: { public: true },
    bodyLimit: LARGEST_BODY,
    schema: {
      summary: 'A job reports that it ran.',
      description: "Open to whoever brings the heartbeat's token: `Authorization: Bearer` or `?token=`.",
      security: [],
      params: Type.Object({ name: Type.String({ maxLength: 64 }) }),
      querystring: Query,
      response: { 200: Type.Object({ name: Type.String(), at: Type.String() }), ...problems },
    },
    handler: async (request) => {
      const tokens = tokensOf(request);
      const trusted = tokens.some((token) => deps.access.tokenMatches(token));
      const { status, message = null } = request.query;
      const taken = await deps.heartbeats.beat(request.params.name, tokens, trusted, {
        failed: status === 'fail',
        message,
      });
      if (!taken) throw notBelieved();
      const { name, at, written } = taken;
      if (!written)
        throw new HttpProblem(
          503,
          'NOT_WRITTEN',
          'it counts, but a restart of the watcher would forget it: send it again',
        );
      return { name, at };
    },
  });
};

function tokensOf(request: FastifyRequest): string[] {
  const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const { token } = queryOf(request.url);
  return [bearer, token].filter((each): each is string => each !== undefined && each !== '');
}
