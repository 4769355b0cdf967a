import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { onRequestAsyncHookHandler } from 'fastify';
import { Type } from 'typebox';
import { ProblemError, problemResponses } from '../problems/problem.ts';
import type { KnownRoute } from '../routing/known-routes.ts';
import { bearerToken } from '../sessions/authenticate.ts';
import { concerns, FAULTS_PATH, type Fault, parseTarget } from './fault.ts';
import type { FaultInjector } from './fault-injector.ts';

export interface FaultRoutes {
  injector: FaultInjector;
  token: string;
  knownRoutes: readonly KnownRoute[];
}

const DEFAULT_STATUS = 500;

const SetFault = Type.Object(
  {
    route: Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'A path prefix or a word of the path, with or without a method',
      examples: ['posts', '/v1/posts', 'POST /v1/posts'],
    }),
    status: Type.Optional(
      Type.Integer({ minimum: 400, maximum: 599, description: '500 when neither status nor latency is given' }),
    ),
    latency_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 60_000, default: 0 })),
    rate: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 1, description: 'Share of requests' })),
  },
  { additionalProperties: false, title: 'SetFault' },
);

const FaultBody = Type.Object(
  {
    route: Type.String(),
    status: Type.Union([Type.Integer(), Type.Null()]),
    latency_ms: Type.Integer(),
    rate: Type.Number(),
  },
  { title: 'Fault', description: 'The fault as it is set' },
);

const DENIALS = ['unauthenticated', 'invalid_token'] as const;

/** `/__faults`: breaks the service on purpose. Registered only where that is wanted. */
export const faultRoutes: FastifyPluginAsyncTypebox<FaultRoutes> = async (app, { injector, token, knownRoutes }) => {
  app.addHook('onRequest', requireToken(token));
  const security = [{ fault_token: [] }];
  const tags = ['faults'];

  app.put(
    FAULTS_PATH,
    {
      schema: {
        operationId: 'setFault',
        summary: 'Break a route',
        description: 'From 500 on the failure is thrown inside the handler and logged, as a real one would be.',
        tags,
        security,
        body: SetFault,
        response: { 200: FaultBody, ...problemResponses('invalid_request', 'unknown_route', ...DENIALS) },
      },
    },
    async (request) => {
      const { route, latency_ms = 0, rate = 1 } = request.body;
      const status = request.body.status ?? (latency_ms > 0 ? null : DEFAULT_STATUS);
      const target = parseTarget(route);
      if (!target) {
        throw new ProblemError('invalid_request', 'body/route is a path or a word, with or without a method before it');
      }
      const breakable = knownRoutes.filter(({ pattern }) => pattern !== FAULTS_PATH);
      if (!breakable.some(({ pattern, methods }) => methods.some((method) => concerns(target, method, pattern)))) {
        const names = breakable.map(({ pattern }) => pattern).join(', ');
        throw new ProblemError('unknown_route', `nothing matches ${JSON.stringify(route)}; there are ${names}`);
      }
      const fault: Fault = { route, status, latency_ms, rate };
      injector.set(fault, target);
      request.log.warn({ fault }, 'fault set');
      return fault;
    },
  );

  app.get(
    FAULTS_PATH,
    {
      schema: {
        operationId: 'listFaults',
        summary: 'The faults that are set',
        tags,
        security,
        response: {
          200: Type.Object(
            { items: Type.Array(FaultBody), next_cursor: Type.Null() },
            { title: 'FaultList', description: 'Every fault that is set' },
          ),
          ...problemResponses(...DENIALS),
        },
      },
    },
    async () => ({ items: injector.faults, next_cursor: null }),
  );

  app.delete(
    FAULTS_PATH,
    {
      schema: {
        operationId: 'clearFaults',
        summary: 'Mend one route, or everything',
        tags,
        security,
        querystring: Type.Object(
          { route: Type.Optional(Type.String({ maxLength: 200, description: 'All faults when left out' })) },
          { additionalProperties: false },
        ),
        response: {
          204: Type.Null({ description: 'Mended' }),
          ...problemResponses('invalid_request', 'fault_not_found', ...DENIALS),
        },
      },
    },
    async (request, reply) => {
      const { route } = request.query;
      if (route === undefined) injector.clearAll();
      else if (!injector.clear(route)) {
        throw new ProblemError('fault_not_found', `no fault is set on ${JSON.stringify(route)}`);
      }
      request.log.warn({ route: route ?? 'all' }, 'fault cleared');
      return reply.code(204).send(null);
    },
  );
};

function requireToken(token: string): onRequestAsyncHookHandler {
  // Hashing first makes both sides the same length, which timingSafeEqual needs and which hides the length.
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(token);
  return async (request) => {
    const given = bearerToken(request);
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return;
    throw new ProblemError(
      given === undefined ? 'unauthenticated' : 'invalid_token',
      'send Authorization: Bearer <API_FAULTS_TOKEN>',
      { headers: { 'www-authenticate': 'Bearer' } },
    );
  };
}
