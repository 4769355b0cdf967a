import type { FastifyInstance } from 'fastify';

/** A route as it was declared: `/v1/posts/:id`. */
export interface KnownRoute {
  pattern: string;
  methods: string[];
}

/**
 * Collects the routes that are declared after this call. Fastify's router cannot say which methods a path takes,
 * which a 405 needs (RFC 9110 §15.5.6), and the fault plug-in tells a person what can be broken.
 */
export function collectRoutes(app: FastifyInstance): readonly KnownRoute[] {
  const routes: KnownRoute[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    const methods = typeof method === 'string' ? [method] : method;
    const known = routes.find((route) => route.pattern === url);
    if (known) known.methods.push(...methods.filter((name) => !known.methods.includes(name)));
    else routes.push({ pattern: url, methods: [...methods] });
  });
  return routes;
}

/** The methods that a path takes; empty when no route has it. Static segments win over parameters, as in the router. */
export function allowedMethods(routes: readonly KnownRoute[], path: string): string[] {
  const segments = path.split('/');
  const matching = routes
    .filter(({ pattern }) => matches(pattern.split('/'), segments))
    .sort((a, b) => parameters(a.pattern) - parameters(b.pattern));
  return [...(matching[0]?.methods ?? [])].sort();
}

function matches(pattern: string[], path: string[]): boolean {
  return (
    pattern.length === path.length &&
    pattern.every((segment, i) => (segment.startsWith(':') ? path[i] !== '' : segment === path[i]))
  );
}

function parameters(pattern: string): number {
  return pattern.split('/').filter((segment) => segment.startsWith(':')).length;
}
