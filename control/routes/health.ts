import { Type } from 'typebox';
import { problem, sendProblem } from '../problems.ts';
import type { ControlRoutes } from '../server.ts';

export const healthRoutes: ControlRoutes = async (app, { deps }) => {
  app.get(
    '/healthz',
    {
      config: { public: true },
      schema: {
        summary: 'The process answers.',
        security: [],
        response: { 200: Type.Object({ status: Type.Literal('ok'), version: Type.String() }) },
      },
    },
    async () => ({ status: 'ok' as const, version: deps.version }),
  );

  app.get(
    '/readyz',
    {
      config: { public: true },
      schema: { summary: 'The watcher can watch and page; 503 says what keeps it from that.', security: [] },
    },
    async (_request, reply) => {
      const reasons = deps.notReady();
      if (reasons.length > 0) return sendProblem(reply, problem(503, 'NOT_READY', reasons.join('; ')));
      return { status: 'ready' };
    },
  );

  app.get(
    '/metrics',
    { schema: { summary: "The watcher's own metrics, in the Prometheus text format." } },
    async (_request, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(await deps.metrics()),
  );
};
