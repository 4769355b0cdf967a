import { suggestion } from '../../../../core/document/index.ts';
import { isMapping } from '../../../language/written.ts';
import { asWord } from '../condition.ts';
import type { Description, Place } from './description.ts';

export interface Operation {
  /** `GET /v1/posts/{id}`. */
  readonly name: string;
  readonly method: string;
  readonly place: Place;
}

interface Route {
  readonly template: string;
  readonly place: Place;
  readonly pattern: RegExp;
  /** Paths that its servers put in front of it. */
  readonly bases: readonly string[];
  /** Segments without a parameter come first (OpenAPI 3.1.0 §4.8.8.2). */
  readonly rank: string;
}

const MOST_FOUND = 1_000;
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query'];

/** The operations of a description, found by method and URL, by `GET /path` or by operationId. */
export class Operations {
  readonly #description: Description;
  readonly #routes: readonly Route[];
  /** What requests of late were served by. */
  readonly #found = new Map<string, Operation | { error: string }>();

  constructor(description: Description) {
    this.#description = description;
    const paths = description.child(description.top, 'paths');
    const { servers } = description.top.value;
    this.#routes = (paths ? description.children(paths) : [])
      .map(([template, place]) => ({
        template,
        place,
        bases: basesOf(place.value.servers ?? servers),
        ...patternOf(template),
      }))
      .sort((a, b) => (a.rank < b.rank ? -1 : 1));
  }

  /** The operation that serves a request; the error says what is described instead. */
  serving(method: string, url: string): Operation | { error: string } {
    const path = URL.parse(url)?.pathname ?? url;
    const key = `${method} ${path}`;
    const before = this.#found.get(key);
    if (before) return before;
    const found = this.#search(method, path);
    if (this.#found.size >= MOST_FOUND) this.#found.clear();
    this.#found.set(key, found);
    return found;
  }

  #search(method: string, path: string): Operation | { error: string } {
    const matches = this.#routes
      .flatMap((route) =>
        route.bases
          .filter((base) => path.startsWith(`${base}/`) && route.pattern.test(path.slice(base.length)))
          .map((base) => ({ route, base })),
      )
      .sort((a, b) => b.base.length - a.base.length);
    for (const { route } of matches) {
      const found = this.#operation(route, method);
      if (found) return found;
    }
    const [first] = matches;
    if (first) {
      const described = this.#methodsOf(first.route).join(', ').toUpperCase();
      return { error: `${method} is not described for ${first.route.template}, only ${described || 'nothing'}` };
    }
    const hint = suggestion(
      path,
      this.#routes.map(({ template }) => template),
    );
    return { error: `${method} ${path} is not described${hint ? `, ${hint}` : ''}` };
  }

  /** @param name `GET /v1/posts/{id}`, or an operationId */
  named(name: string): Operation | { error: string } {
    const known: string[] = [];
    for (const route of this.#routes) {
      for (const method of this.#methodsOf(route)) {
        const operation = this.#operation(route, method)!;
        const { operationId } = operation.place.value;
        if (operation.name === name || operationId === name) return operation;
        known.push(operation.name, ...(typeof operationId === 'string' ? [operationId] : []));
      }
    }
    const hint = suggestion(name, known);
    return { error: `there is no operation "${name}"${hint ? `, ${hint}` : ''}` };
  }

  /** A HEAD that is not described is answered as the GET is, without a body (RFC 9110 §9.3.2). */
  #operation({ template, place }: Route, method: string): Operation | undefined {
    const key = method.toLowerCase();
    const found =
      this.#description.child(place, key) ?? (key === 'head' ? this.#description.child(place, 'get') : undefined);
    return found && { name: `${method.toUpperCase()} ${template}`, method: key, place: found };
  }

  #methodsOf({ place }: Route): string[] {
    return METHODS.filter((method) => Object.hasOwn(place.value, method));
  }
}

function patternOf(template: string): { pattern: RegExp; rank: string } {
  const segments = template.split('/');
  const source = segments
    .map((segment) =>
      segment
        .split(/\{[^{}]*\}/)
        .map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join('[^/]+'),
    )
    .join('/');
  const rank = segments.map((segment) => (segment.includes('{') ? '1' : '0')).join('');
  // Two parameters in one segment could backtrack; paths are short, and so is what a `+` may take.
  return { pattern: new RegExp(`^${source}/?$`), rank };
}

/** Paths of the servers, variables at their defaults; without servers it begins at the root. */
function basesOf(servers: unknown): string[] {
  const found = (Array.isArray(servers) ? servers : []).flatMap((server) => {
    if (!isMapping(server) || typeof server.url !== 'string') return [];
    const { variables } = server;
    const url = server.url.replace(/\{([^{}]*)\}/g, (_, name: string) => {
      const variable = isMapping(variables) && Object.hasOwn(variables, name) ? variables[name] : undefined;
      return isMapping(variable) ? asWord(variable.default ?? '') : '';
    });
    return [(URL.parse(url, 'http://server.invalid')?.pathname ?? '').replace(/\/+$/, '')];
  });
  // The root as well, because a gateway may put the paths elsewhere.
  return [...new Set([...found, ''])];
}
