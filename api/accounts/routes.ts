import { randomUUID } from 'node:crypto';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Clock } from '../../core/clock.ts';
import { ProblemError, problemResponses } from '../problems/problem.ts';
import { type Authenticate, principal } from '../sessions/authenticate.ts';
import { type Account, type AccountRepository, normalizeEmail } from './account.ts';
import type { Passwords } from './passwords.ts';
import { SignUp } from './schemas.ts';

export interface AccountRoutes {
  accounts: AccountRepository;
  passwords: Passwords;
  clock: Clock;
  authenticate: Authenticate;
}

const User = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    email: Type.String({ format: 'email' }),
    created_at: Type.String({ format: 'date-time' }),
  },
  { title: 'User', description: 'The account' },
);

/** `/v1/users`: signing up, oneself, and leaving again with everything one wrote. */
export const accountRoutes: FastifyPluginAsyncTypebox<AccountRoutes> = async (app, deps) => {
  const { accounts, passwords, clock, authenticate } = deps;

  app.post(
    '',
    {
      schema: {
        operationId: 'signUp',
        summary: 'Sign up',
        tags: ['users'],
        body: SignUp,
        response: {
          201: User,
          ...problemResponses(
            'invalid_request',
            'malformed_request',
            'email_taken',
            'payload_too_large',
            'unsupported_media_type',
            'internal_error',
          ),
        },
      },
    },
    async (request, reply) => {
      const account: Account = {
        id: randomUUID(),
        email: normalizeEmail(request.body.email),
        password_hash: await passwords.hash(request.body.password),
        created_at: clock.now(),
      };
      if (!(await accounts.add(account))) {
        throw new ProblemError('email_taken', 'sign in instead, or use another e-mail');
      }
      return reply.code(201).header('location', '/v1/users/me').send(asUser(account));
    },
  );

  app.get(
    '/me',
    {
      onRequest: authenticate,
      schema: {
        operationId: 'currentUser',
        summary: 'The account that is signed in',
        tags: ['users'],
        security: [{ bearer: [] }],
        response: { 200: User, ...problemResponses('unauthenticated', 'invalid_token', 'internal_error') },
      },
    },
    async (request) => {
      const account = await accounts.byId(principal(request).account_id);
      // Removed between the check of the token and here.
      if (!account) throw new ProblemError('invalid_token', 'the account is gone');
      return asUser(account);
    },
  );

  app.delete(
    '/me',
    {
      onRequest: authenticate,
      schema: {
        operationId: 'deleteUser',
        summary: 'Delete the account, its posts and its sessions',
        tags: ['users'],
        security: [{ bearer: [] }],
        response: {
          204: Type.Null({ description: 'Gone; its tokens are refused from now on' }),
          ...problemResponses('unauthenticated', 'invalid_token', 'internal_error'),
        },
      },
    },
    async (request, reply) => {
      await accounts.remove(principal(request).account_id);
      return reply.code(204).send(null);
    },
  );
};

function asUser(account: Account): { id: string; email: string; created_at: string } {
  return { id: account.id, email: account.email, created_at: new Date(account.created_at).toISOString() };
}
