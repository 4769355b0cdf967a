import cookie from '@fastify/cookie';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyPluginAsync, LogController } from 'fastify';
import { SESSION_COOKIE } from './access.ts';
import type { ControlDeps } from './deps.ts';
import { answerError, problem, sendProblem } from './problems.ts';
import { answerLinkRoutes } from './routes/answer-links.ts';
import { answerRoutes } from './routes/answers.ts';
import { backendRoutes } from './routes/backends.ts';
import { deploymentRoutes } from './routes/deployments.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { heartbeatRoutes } from './routes/heartbeats.ts';
import { inboundRoutes } from './routes/inbound.ts';
import { incidentActionRoutes } from './routes/incident-actions.ts';
import { incidentRoutes } from './routes/incidents.ts';
import { maintenanceRoutes } from './routes/maintenance-windows.ts';
import { monitorRoutes } from './routes/monitors.ts';
import { onCallRoutes } from './routes/on-call.ts';
import { ruleRoutes } from './routes/rules.ts';
import { runPictureRoutes } from './routes/run-pictures.ts';
import { runRoutes } from './routes/runs.ts';
import { scenarioRoutes } from './routes/scenarios.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { silenceRoutes } from './routes/silences.ts';
import { telemetryRoutes } from './routes/telemetry.ts';
import { uiRoutes } from './routes/ui.ts';
import { workerRoutes } from './routes/workers.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers without a token. Everything else is 401 to strangers. */
    public?: boolean;
  }
}

export type ControlRoutes = FastifyPluginAsync<{ deps: ControlDeps }>;

const CONTENT_SECURITY_POLICY =
  "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/** The watcher's HTTP API and web UI. Never listens: the caller does. */
export async function buildControl(deps: ControlDeps): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: deps.log as unknown as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1_048_576,
    // Streams of events never end by themselves; shutdown must not wait for them.
    forceCloseConnections: true,
  }).withTypeProvider<TypeBoxTypeProvider>();

  // Response schemas describe; they must not drop a field that a newer resource carries.
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      problem(404, 'NOT_FOUND', `there is nothing at ${request.method} ${request.url.split('?', 1)[0]}`),
    ),
  );
  // First, so that its hook has read the cookies when ours looks at them.
  await app.register(cookie);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    if (request.routeOptions.config.public) return;
    if (deps.access.bearerMatches(request.headers.authorization)) return;
    const bySession = deps.access.sessionValid(request.cookies[SESSION_COOKIE]);
    if (!bySession) {
      reply.header('www-authenticate', 'Bearer');
      return sendProblem(
        reply,
        problem(401, 'UNAUTHENTICATED', 'send the token as "Authorization: Bearer …"; `npx ringdown token` prints it'),
      );
    }
    // A cookie travels with requests that other sites provoke; this header does not.
    if (request.method !== 'GET' && request.method !== 'HEAD' && request.headers['x-requested-with'] !== 'ringdown') {
      return sendProblem(
        reply,
        problem(403, 'CROSS_SITE', 'changes made with a session cookie need the header "X-Requested-With: ringdown"'),
      );
    }
  });

  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Ringdown',
        version: deps.version,
        description: 'Monitors, runs, incidents and telemetry of one watcher.',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
  });
  app.get('/api/openapi.json', { config: { public: true }, schema: { hide: true } }, async () => app.swagger());

  for (const routes of [
    healthRoutes,
    sessionRoutes,
    monitorRoutes,
    runRoutes,
    ruleRoutes,
    scenarioRoutes,
    workerRoutes,
    incidentRoutes,
    incidentActionRoutes,
    silenceRoutes,
    maintenanceRoutes,
    inboundRoutes,
    answerRoutes,
    answerLinkRoutes,
    runPictureRoutes,
    heartbeatRoutes,
    onCallRoutes,
    deploymentRoutes,
    telemetryRoutes,
    backendRoutes,
    eventRoutes,
    uiRoutes,
  ]) {
    await app.register(routes, { deps });
  }
  return app as unknown as FastifyInstance;
}
