import { Type } from 'typebox';
import { HttpProblem } from '../problems.ts';
import { inboundRequest, takeRawBodies } from '../raw-body.ts';
import { problems } from '../schemas.ts';
import type { ControlRoutes } from '../server.ts';

export const LARGEST_ALERT_BODY = 1_048_576;

export const inboundRoutes: ControlRoutes = async (app, { deps }) => {
  takeRawBodies(app);
  app.post<{ Params: { source: string } }>(
    '/api/v1/inbound/:source',
    {
      config: { public: true },
      bodyLimit: LARGEST_ALERT_BODY,
      schema: {
        summary: "Alerts of another system, in that system's own format.",
        description:
          'Open to whoever brings the token of that source, or signs as its vendor does: `Authorization: Bearer`, `X-Ringdown-Token`, the password of `Basic`, or `?token=`.',
        security: [],
        params: Type.Object({ source: Type.String({ maxLength: 64 }) }),
        response: {
          200: Type.Object(
            {
              status: Type.Enum(['taken', 'replayed', 'confirmed']),
              alerts: Type.Optional(Type.Integer()),
              changed: Type.Optional(Type.Integer({ description: 'Those that said something new.' })),
              skipped: Type.Optional(Type.Array(Type.String(), { description: 'What was not understood, and why.' })),
            },
            { additionalProperties: true },
          ),
          ...problems,
        },
      },
    },
    async (request) => {
      const receipt = await deps.inbound.receive(request.params.source, inboundRequest(request, deps.publicUrl()));
      switch (receipt.status) {
        case 'refused':
          throw receipt.refused === 'unauthentic' ? notBelieved() : new HttpProblem(400, 'MALFORMED', receipt.reason);
        case 'too_many':
          throw new HttpProblem(429, 'TOO_MANY_ALERTS', 'more alerts of this source fire than are kept');
        case 'unavailable':
          throw new HttpProblem(503, 'UNAVAILABLE', receipt.reason);
        default:
          return receipt;
      }
    },
  );
};

/** Without detail: whoever guesses learns nothing, not even which names there are. The log says more. */
export const notBelieved = () =>
  new HttpProblem(401, 'UNAUTHENTICATED', 'there is nothing of that name, or its token or signature is wrong');
