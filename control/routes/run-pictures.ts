import { notFound } from '../problems.ts';
import type { ControlRoutes } from '../server.ts';

/** A picture beside a page. The token in its name is what authorizes: vendors fetch it without signing in. */
export const runPictureRoutes: ControlRoutes = async (app, { deps }) => {
  app.get<{ Params: { '*': string } }>(
    '/p/*',
    { config: { public: true }, schema: { hide: true } },
    async (request, reply) => {
      const [, token] = /^([\w.-]{1,1024})\.png$/.exec(request.params['*']) ?? [];
      const picture = token === undefined ? null : await deps.runPictures.draw(token);
      if (picture === null) throw notFound('this picture');
      return reply
        .headers({
          // It grows with every run.
          'cache-control': 'private, max-age=30',
          'x-content-type-options': 'nosniff',
          'content-security-policy': "default-src 'none'",
          // Shown in the vendor's pages.
          'cross-origin-resource-policy': 'cross-origin',
        })
        .type('image/png')
        .send(picture);
    },
  );
};
