import type { FastifyReply, FastifyRequest } from 'fastify';
import type { LinkAction, LinkView } from '../../alerts/inbound/answer-links.ts';
import { ANSWER_PAGE_HEADERS, answerPage } from '../answer-page.ts';
import { HttpProblem } from '../problems.ts';
import { takeRawBodies } from '../raw-body.ts';
import type { ControlRoutes } from '../server.ts';

// A token is longer than the router lets a named parameter be.
const PATH = '/a/*';

const ACTIONS: readonly string[] = ['acknowledge', 'escalate', 'resolve'] satisfies LinkAction[];

/**
 * The link in a page. Looking at it changes nothing, because previews of links and scanners of mail look as well; only its
 * buttons do. The token is what authorizes, so no session is asked for and none is used.
 */
export const answerLinkRoutes: ControlRoutes = async (app, { deps }) => {
  takeRawBodies(app);
  const show = (reply: FastifyReply, view: LinkView) => {
    const { status, html } = answerPage(view, deps.publicUrl());
    return reply.code(status).headers(ANSWER_PAGE_HEADERS).type('text/html; charset=utf-8').send(Buffer.from(html));
  };

  app.get<{ Params: { '*': string } }>(
    PATH,
    { config: { public: true }, schema: { hide: true } },
    async (request, reply) => show(reply, await deps.answerLinks.look(request.params['*'])),
  );

  app.post<{ Params: { '*': string } }>(
    PATH,
    { config: { public: true }, bodyLimit: 1_024, schema: { hide: true } },
    async (request, reply) => {
      if (isCrossSite(request)) throw new HttpProblem(403, 'CROSS_SITE', 'open the link itself, and answer there');
      const action = new URLSearchParams(Buffer.isBuffer(request.body) ? request.body.toString() : '').get('action');
      if (action === null || !ACTIONS.includes(action)) {
        throw new HttpProblem(400, 'INVALID_REQUEST', `action must be one of ${ACTIONS.join(', ')}`);
      }
      const view = await deps.answerLinks.act(request.params['*'], action as LinkAction);
      if (view.status !== 'open') return show(reply, view);
      // So that going back or reloading does not ask to send it again.
      return reply.headers(ANSWER_PAGE_HEADERS).redirect(request.url, 303);
    },
  );
};

/** What a browser says of where a form was sent from (Fetch Metadata). */
function isCrossSite({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin';
}
