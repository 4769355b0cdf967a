import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { SESSION_COOKIE } from '../access.ts';
import { HttpProblem } from '../problems.ts';
import type { Session } from '../resources.ts';
import { problems } from '../schemas.ts';
import type { ControlRoutes } from '../server.ts';

const Token = Type.Object({ token: Type.String({ minLength: 1, maxLength: 512 }) });

export const sessionRoutes: ControlRoutes = async (app, { deps }) => {
  const startSession = (reply: FastifyReply) => {
    const { value, maxAgeSeconds } = deps.access.issueSession();
    reply.setCookie(SESSION_COOKIE, value, {
      path: '/',
      httpOnly: true,
      // Lax, not Strict: a link in a page must open the incident without a second sign-in.
      sameSite: 'lax',
      secure: deps.publicUrl().startsWith('https:'),
      maxAge: maxAgeSeconds,
    });
  };

  app.get<{ Querystring: { token?: string } }>(
    '/sign-in',
    { config: { public: true }, schema: { hide: true } },
    async (request, reply) => {
      if (request.query.token && deps.access.tokenMatches(request.query.token)) {
        startSession(reply);
        return reply.redirect('/', 303);
      }
      return reply.redirect('/?sign_in=refused', 303);
    },
  );

  app.get(
    '/api/v1/session',
    { schema: { summary: 'What this watcher is and which channels it has.' } },
    async (): Promise<Session> => ({
      version: deps.version,
      public_url: deps.publicUrl(),
      channels: deps.channels,
      can_page: deps.channels.some(({ type }) => type !== 'console'),
    }),
  );

  app.post<{ Body: { token: string } }>(
    '/api/v1/session',
    {
      config: { public: true },
      schema: { summary: 'Trades the token for a session cookie.', security: [], body: Token, response: problems },
    },
    async (request, reply) => {
      if (!deps.access.tokenMatches(request.body.token)) {
        throw new HttpProblem(
          401,
          'WRONG_TOKEN',
          'this is not the token of this watcher; `npx ringdown token` prints it',
        );
      }
      startSession(reply);
      return reply.code(204).send();
    },
  );

  app.delete('/api/v1/session', { schema: { summary: 'Signs out.' } }, async (_request, reply) =>
    reply.clearCookie(SESSION_COOKIE, { path: '/' }).code(204).send(),
  );
};
