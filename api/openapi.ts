import swagger from '@fastify/swagger';
import fp from 'fastify-plugin';
import { Type } from 'typebox';

/** Describes every route that is registered after it, and serves the description at `/openapi.json`. */
export const openapi = fp<{ version: string; faults: boolean }>(
  async (app, { version, faults }) => {
    await app.register(swagger, {
      refResolver: {
        buildLocalReference: ({ $id }, _base, _fragment, i) => (typeof $id === 'string' ? $id : `schema-${i}`),
      },
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'Ringdown reference API',
          version,
          description: 'The service that Ringdown watches out of the box. Errors are problem details (RFC 9457).',
          license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
        },
        tags: [
          { name: 'users', description: 'Accounts' },
          { name: 'sessions', description: 'Signing in and out' },
          { name: 'posts', description: 'What users write' },
          { name: 'health', description: 'For whoever watches' },
          ...(faults ? [{ name: 'faults', description: 'Breaking it on purpose' }] : []),
        ],
        components: {
          securitySchemes: {
            bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
            ...(faults
              ? { fault_token: { type: 'http' as const, scheme: 'bearer', description: 'API_FAULTS_TOKEN' } }
              : {}),
          },
        },
      },
    });

    app.get(
      '/openapi.json',
      {
        schema: {
          operationId: 'openapi',
          summary: 'This document',
          tags: ['health'],
          response: { 200: Type.Any({ description: 'OpenAPI 3.1' }) },
        },
      },
      async () => app.swagger(),
    );
  },
  { name: 'openapi' },
);
