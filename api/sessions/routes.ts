import { randomUUID } from 'node:crypto';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Clock } from '../../core/clock.ts';
import { type AccountRepository, normalizeEmail } from '../accounts/account.ts';
import type { Passwords } from '../accounts/passwords.ts';
import { SignIn } from '../accounts/schemas.ts';
import { ProblemError, problemResponses } from '../problems/problem.ts';
import { type Authenticate, principal } from './authenticate.ts';
import type { Session, SessionRepository } from './session.ts';
import { ACCESS_TOKEN_SECONDS, type AccessTokens, hashRefreshToken, newRefreshToken, SESSION_MS } from './tokens.ts';

export interface SessionRoutes {
  accounts: AccountRepository;
  sessions: SessionRepository;
  passwords: Passwords;
  tokens: AccessTokens;
  clock: Clock;
  authenticate: Authenticate;
}

/** RFC 6749 §5.1. */
const Tokens = Type.Object(
  {
    access_token: Type.String(),
    refresh_token: Type.String({ description: 'Good for one refresh' }),
    token_type: Type.Literal('Bearer'),
    expires_in: Type.Integer({ description: 'Seconds until the access token expires' }),
  },
  { title: 'Tokens', description: 'The tokens of a session' },
);

const CurrentSession = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    user_id: Type.String({ format: 'uuid' }),
    created_at: Type.String({ format: 'date-time' }),
    expires_at: Type.String({ format: 'date-time', description: 'When a new sign-in is needed' }),
  },
  { title: 'Session', description: 'The session' },
);

const Refresh = Type.Object(
  { refresh_token: Type.String({ minLength: 1, maxLength: 256 }) },
  { additionalProperties: false, title: 'Refresh' },
);

/** `/v1/sessions`: signing in, staying in, and out. */
export const sessionRoutes: FastifyPluginAsyncTypebox<SessionRoutes> = async (app, deps) => {
  const { accounts, sessions, passwords, tokens, clock, authenticate } = deps;

  const answer = async (session: Session, refreshToken: string) => ({
    access_token: await tokens.issue(session.account_id, session.id),
    refresh_token: refreshToken,
    token_type: 'Bearer' as const,
    expires_in: ACCESS_TOKEN_SECONDS,
  });

  // RFC 6749 §5.1: what carries tokens is kept by no cache.
  app.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store'));

  app.post(
    '',
    {
      schema: {
        operationId: 'signIn',
        summary: 'Sign in',
        tags: ['sessions'],
        body: SignIn,
        response: {
          201: Tokens,
          ...problemResponses(
            'invalid_request',
            'malformed_request',
            'invalid_credentials',
            'payload_too_large',
            'unsupported_media_type',
            'internal_error',
          ),
        },
      },
    },
    async (request, reply) => {
      const account = await accounts.byEmail(normalizeEmail(request.body.email));
      const good = await passwords.verify(request.body.password, account?.password_hash);
      if (!account || !good) {
        throw new ProblemError('invalid_credentials', 'check both and try again');
      }
      const now = clock.now();
      const session = { id: randomUUID(), account_id: account.id, created_at: now, expires_at: now + SESSION_MS };
      const refreshToken = newRefreshToken();
      if (!(await sessions.add(session, hashRefreshToken(refreshToken)))) {
        throw new ProblemError('invalid_credentials', 'the account was deleted meanwhile');
      }
      return reply
        .code(201)
        .header('location', '/v1/sessions/current')
        .send(await answer(session, refreshToken));
    },
  );

  app.post(
    '/refresh',
    {
      schema: {
        operationId: 'refreshSession',
        summary: 'Trade a refresh token for new tokens',
        description:
          'Each refresh token works once. Using one again means that somebody has a copy, so the whole session is revoked.',
        tags: ['sessions'],
        body: Refresh,
        response: {
          200: Tokens,
          ...problemResponses(
            'invalid_request',
            'malformed_request',
            'invalid_refresh_token',
            'refresh_token_reused',
            'payload_too_large',
            'unsupported_media_type',
            'internal_error',
          ),
        },
      },
    },
    async (request) => {
      const next = newRefreshToken();
      const rotation = await sessions.rotate(
        hashRefreshToken(request.body.refresh_token),
        hashRefreshToken(next),
        clock.now(),
      );
      if (rotation.outcome === 'refused') throw new ProblemError('invalid_refresh_token', 'sign in again');
      if (rotation.outcome === 'reused') {
        request.log.warn({ session_id: rotation.session.id }, 'a spent refresh token was used again; session revoked');
        throw new ProblemError('refresh_token_reused', 'sign in again');
      }
      return answer(rotation.session, next);
    },
  );

  app.get(
    '/current',
    {
      onRequest: authenticate,
      schema: {
        operationId: 'currentSession',
        summary: 'The session of this access token',
        tags: ['sessions'],
        security: [{ bearer: [] }],
        response: { 200: CurrentSession, ...problemResponses('unauthenticated', 'invalid_token', 'internal_error') },
      },
    },
    async (request) => {
      const session = principal(request);
      return {
        id: session.id,
        user_id: session.account_id,
        created_at: new Date(session.created_at).toISOString(),
        expires_at: new Date(session.expires_at).toISOString(),
      };
    },
  );

  app.delete(
    '',
    {
      onRequest: authenticate,
      schema: {
        operationId: 'signOut',
        summary: 'Sign out: revoke the session of this access token',
        tags: ['sessions'],
        security: [{ bearer: [] }],
        response: {
          204: Type.Null({ description: 'Revoked; its access and refresh tokens are refused from now on' }),
          ...problemResponses('unauthenticated', 'invalid_token', 'internal_error'),
        },
      },
    },
    async (request, reply) => {
      await sessions.revoke(principal(request).id, clock.now());
      return reply.code(204).send(null);
    },
  );
};
