import { readdirSync } from 'node:fs';
import { sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import { problem, sendProblem } from '../problems.ts';
import type { ControlRoutes } from '../server.ts';

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Ringdown</title>
<p>The web UI is not built. Run <code>npm run prepare</code>, then start again. The HTTP API works: <a href="/api/openapi.json">/api/openapi.json</a>.</p></html>`;

/** The single-page UI: its files as they are, and the page itself for every other path that a browser opens. */
export const uiRoutes: ControlRoutes = async (app, { deps }) => {
  const directory = deps.uiDirectory;
  const files = new Set<string>();
  if (directory) {
    await app.register(fastifyStatic, { root: directory, serve: false, cacheControl: false });
    for (const path of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
      files.add(`/${path.split(sep).join('/')}`);
    }
    files.delete('/index.html');
  }

  app.get('/*', { config: { public: true }, schema: { hide: true } }, async (request, reply) => {
    const path = request.url.split('?', 1)[0]!;
    // Files under /assets/ may be newer than this process: a build puts new ones there.
    if (files.has(path) || (directory && path.startsWith('/assets/'))) {
      // Vite puts a hash into the names under /assets/.
      reply.header('cache-control', path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
      return reply.sendFile(path);
    }
    if (path.startsWith('/api/') || !request.headers.accept?.includes('text/html')) {
      return sendProblem(reply, problem(404, 'NOT_FOUND', `there is nothing at ${path}`));
    }
    reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8');
    return directory ? reply.sendFile('index.html') : reply.code(503).send(NOT_BUILT);
  });
};
