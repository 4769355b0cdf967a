import { trace } from '@opentelemetry/api';
import type { FastifyRequest } from 'fastify';
import type { Clock } from '../../core/clock.ts';
import { ProblemError } from '../problems/problem.ts';
import type { Session, SessionRepository } from './session.ts';
import type { AccessTokens } from './tokens.ts';

/** An `onRequest` hook: it runs before the body is read. */
export type Authenticate = (request: FastifyRequest) => Promise<void>;

const principals = new WeakMap<FastifyRequest, Session>();

/** Lets a request in when its bearer token is good and its session still stands; revocation therefore works at once. */
export function authenticator(tokens: AccessTokens, sessions: SessionRepository, clock: Clock): Authenticate {
  return async (request) => {
    const token = bearerToken(request);
    if (token === undefined) {
      throw new ProblemError('unauthenticated', 'send Authorization: Bearer <access_token>', {
        headers: { 'www-authenticate': 'Bearer' },
      });
    }
    const sessionId = await tokens.verify(token);
    const session = sessionId && (await sessions.active(sessionId, clock.now()));
    if (!session) {
      throw new ProblemError('invalid_token', 'refresh the session or sign in again', {
        headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
      });
    }
    principals.set(request, session);
    // The account's id says nothing about the person, and lets an operator count and find who is affected.
    trace.getActiveSpan()?.setAttribute('user.id', session.account_id);
  };
}

/** Who is asking. @throws when the route has no `authenticate` hook */
export function principal(request: FastifyRequest): Session {
  const session = principals.get(request);
  if (!session) throw new Error(`the route ${request.routeOptions.url} does not authenticate`);
  return session;
}

/** RFC 6750 §2.1; the scheme's name is case-insensitive. */
export function bearerToken(request: FastifyRequest): string | undefined {
  return /^bearer +([\w.~+/-]+=*) *$/i.exec(request.headers.authorization ?? '')?.[1];
}
