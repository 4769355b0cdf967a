import { Type } from 'typebox';
import { HttpProblem } from '../problems.ts';
import { inboundRequest, takeRawBodies } from '../raw-body.ts';
import { problems } from '../schemas.ts';
import type { ControlRoutes } from '../server.ts';
import { notBelieved } from './inbound.ts';

const LARGEST_ANSWER_BODY = 262_144;

export const answerRoutes: ControlRoutes = async (app, { deps }) => {
  takeRawBodies(app);
  app.post<{ Params: { channel: string } }>(
    '/api/v1/answers/:channel',
    {
      config: { public: true },
      bodyLimit: LARGEST_ANSWER_BODY,
      schema: {
        summary: 'What people did where a channel told them, as its vendor reports it.',
        description: "Open to the channel's vendor, which signs what it sends.",
        security: [],
        params: Type.Object({ channel: Type.String({ maxLength: 255 }) }),
        response: problems,
      },
    },
    async (request, reply) => {
      const receipt = await deps.answers.answer(request.params.channel, inboundRequest(request, deps.publicUrl()));
      if (receipt.status === 'refused') {
        throw receipt.refused === 'unauthentic' ? notBelieved() : new HttpProblem(400, 'MALFORMED', receipt.reason);
      }
      if (receipt.status === 'unavailable') throw new HttpProblem(503, 'NOT_WRITTEN', receipt.reason);
      if (!receipt.reply) return reply.code(200).send();
      // As bytes: the vendor's own format passes by the serializer of JSON.
      return reply.type(receipt.reply.content_type).send(Buffer.from(receipt.reply.body));
    },
  );
};
