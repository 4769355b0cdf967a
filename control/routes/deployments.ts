import { Type } from 'typebox';
import { DeploymentSchema, listOf, PageQuery, problems } from '../schemas.ts';
import type { ControlRoutes } from '../server.ts';

const NewDeployment = Type.Object({
  service: Type.String({ minLength: 1, maxLength: 255 }),
  version: Type.String({ minLength: 1, maxLength: 255 }),
  environment: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
  deployed_at: Type.Optional(Type.String({ format: 'date-time', description: 'RFC 3339; now when absent.' })),
  description: Type.Optional(Type.String({ maxLength: 2000 })),
});

interface NewDeploymentBody {
  service: string;
  version: string;
  environment?: string;
  deployed_at?: string;
  description?: string;
}

export const deploymentRoutes: ControlRoutes = async (app, { deps }) => {
  app.get<{ Querystring: { limit: number; cursor?: string } }>(
    '/api/v1/deployments',
    {
      schema: {
        summary: 'Deployments, newest first.',
        querystring: PageQuery,
        response: { 200: listOf('Deployments', DeploymentSchema), ...problems },
      },
    },
    async ({ query }) => deps.deployments.list(query),
  );

  app.post<{ Body: NewDeploymentBody }>(
    '/api/v1/deployments',
    {
      schema: {
        summary: 'Tells that a version went live; pages name the last one.',
        body: NewDeployment,
        response: { 201: DeploymentSchema, ...problems },
      },
    },
    async ({ body }, reply) => {
      const deployment = await deps.deployments.record({
        service: body.service,
        version: body.version,
        environment: body.environment ?? null,
        deployed_at: new Date(body.deployed_at ?? deps.clock.now()).toISOString(),
        description: body.description ?? null,
      });
      return reply.code(201).send(deployment);
    },
  );
};
