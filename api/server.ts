import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyServerOptions } from 'fastify';
import type { Clock } from '../core/clock.ts';
import type { AccountRepository } from './accounts/account.ts';
import type { Passwords } from './accounts/passwords.ts';
import { accountRoutes } from './accounts/routes.ts';
import { draining } from './draining.ts';
import { FaultInjector } from './faults/fault-injector.ts';
import { faultRoutes } from './faults/routes.ts';
import { healthRoutes } from './health/routes.ts';
import { openapi } from './openapi.ts';
import type { PostRepository } from './posts/post.ts';
import { postRoutes } from './posts/routes.ts';
import { answerBrokenSocket } from './problems/broken-socket.ts';
import { answerError, problemDetails } from './problems/error-handler.ts';
import { collectRoutes } from './routing/known-routes.ts';
import { authenticator } from './sessions/authenticate.ts';
import { sessionRoutes } from './sessions/routes.ts';
import type { SessionRepository } from './sessions/session.ts';
import type { AccessTokens } from './sessions/tokens.ts';

export interface ServerDeps {
  version: string;
  clock: Clock;
  accounts: AccountRepository;
  sessions: SessionRepository;
  posts: PostRepository;
  passwords: Passwords;
  tokens: AccessTokens;
  /** Rejects when the store cannot be read; asked by `/healthz`. */
  checkStore(): Promise<void>;
  /** Present only where breaking the service on purpose is wanted. `random` is uniform in [0, 1). */
  faults?: { token: string; random: () => number };
  /** Registers telemetry; called before any route exists, so that it sees them all. */
  instrument?(app: FastifyInstance): Promise<void>;
  logger?: FastifyServerOptions['logger'];
  loggerInstance?: FastifyBaseLogger;
}

/** Holds the longest post with every character escaped; anything larger is answered with 413. */
const BODY_LIMIT_BYTES = 256 * 1024;

/** Builds the reference API. It never listens: the caller does, or a test injects requests. */
export async function buildServer(deps: ServerDeps): Promise<FastifyInstance> {
  const { version, clock, accounts, sessions, posts, passwords, tokens, checkStore } = deps;
  const app = Fastify({
    ...(deps.loggerInstance ? { loggerInstance: deps.loggerInstance } : { logger: deps.logger ?? false }),
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: 30_000,
    frameworkErrors: answerError,
    clientErrorHandler: answerBrokenSocket,
  }).withTypeProvider<TypeBoxTypeProvider>();
  // Ajv as Fastify sets it up turns 5 into "5" and drops unknown keys; a wrong body is refused here instead.
  app.setValidatorCompiler(TypeBoxValidatorCompiler);

  await deps.instrument?.(app);
  await app.register(draining);
  const knownRoutes = collectRoutes(app);
  await app.register(problemDetails, { knownRoutes });
  await app.register(openapi, { version, faults: deps.faults !== undefined });

  if (deps.faults) {
    const injector = new FaultInjector(clock, deps.faults.random);
    breakHandlers(app, injector);
    await app.register(faultRoutes, { injector, token: deps.faults.token, knownRoutes });
  }

  const authenticate = authenticator(tokens, sessions, clock);
  await app.register(healthRoutes, { version, clock, checkStore });
  await app.register(accountRoutes, { prefix: '/v1/users', accounts, passwords, clock, authenticate });
  await app.register(sessionRoutes, {
    prefix: '/v1/sessions',
    accounts,
    sessions,
    passwords,
    tokens,
    clock,
    authenticate,
  });
  await app.register(postRoutes, { prefix: '/v1/posts', posts, clock, authenticate });
  return app;
}

/** Puts the injector inside every handler declared from now on: where a real failure would come from. */
function breakHandlers(app: FastifyInstance, injector: FaultInjector): void {
  app.addHook('onRoute', (route) => {
    const { handler } = route;
    route.handler = async function (request, reply) {
      await injector.strike(request);
      return handler.call(this, request, reply);
    };
  });
  app.addHook('preClose', async () => injector.close());
}
