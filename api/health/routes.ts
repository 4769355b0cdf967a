import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Clock } from '../../core/clock.ts';
import { toError } from '../../core/errors.ts';
import { ProblemError, problemResponses } from '../problems/problem.ts';

export interface HealthRoutes {
  version: string;
  clock: Clock;
  /** Rejects when the store cannot be read. */
  checkStore(): Promise<void>;
}

const Health = Type.Object(
  { status: Type.Literal('ok'), version: Type.String(), uptime_s: Type.Number() },
  { title: 'Health', description: 'It can' },
);

/** `/healthz`: whether this process can do its work. */
export const healthRoutes: FastifyPluginAsyncTypebox<HealthRoutes> = async (app, { version, clock, checkStore }) => {
  const startedAt = clock.monotonic();

  app.get(
    '/healthz',
    {
      schema: {
        operationId: 'health',
        summary: 'Whether the service can do its work',
        tags: ['health'],
        response: { 200: Health, ...problemResponses('unavailable') },
      },
    },
    async (request, reply) => {
      try {
        await checkStore();
      } catch (error) {
        request.log.error({ err: toError(error) }, 'the store does not answer the health check');
        throw new ProblemError('unavailable', 'the store does not answer');
      }
      reply.header('cache-control', 'no-store');
      return { status: 'ok' as const, version, uptime_s: Math.round(clock.monotonic() - startedAt) / 1_000 };
    },
  );
};
