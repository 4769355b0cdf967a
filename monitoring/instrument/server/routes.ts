import type { FastifyRequest } from 'fastify';
import { encodeAttributes } from '../protobuf/attributes.ts';
import { SPAN } from '../protobuf/span.ts';
import { ProtobufWriter } from '../protobuf/writer.ts';
import type { Series } from './request-metrics.ts';

/** One method of one route: the low-cardinality part of a span, encoded once. */
export interface Route {
  /** One of the methods that exist, or `_OTHER`. */
  method: string;
  /** The template, such as `/posts/:id`; undefined where nothing matched. */
  template: string | undefined;
  /** `Span.name`, `Span.kind` and the attributes of method and route. */
  head: Buffer;
  name: string;
  /** Its metrics, one entry per outcome seen; see `RequestMetrics`. */
  series: Series[];
}

// RFC 9110 and PATCH (RFC 5789), as the semantic conventions list them; anything else would let clients
// invent as many metric series as they like.
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY']);
const SERVER_KIND = 2;

/** Finds the route of a request; equal requests get the identical object. */
export class Routes {
  // Fastify keeps one config object per route, and a route may have several methods.
  readonly #byConfig = new WeakMap<object, Map<string, Route>>();
  readonly #unmatched = new Map<string, Route>();

  of(method: string | undefined, request: FastifyRequest | undefined): Route {
    const known = METHODS.has(method ?? '') ? (method as string) : '_OTHER';
    const config = request?.routeOptions.config as { url?: string } | undefined;
    const byMethod = config?.url === undefined ? this.#unmatched : this.#methodsOf(config);
    let route = byMethod.get(known);
    if (!route) {
      route = describe(known, config?.url);
      byMethod.set(known, route);
    }
    return route;
  }

  #methodsOf(config: object): Map<string, Route> {
    let byMethod = this.#byConfig.get(config);
    if (!byMethod) {
      byMethod = new Map();
      this.#byConfig.set(config, byMethod);
    }
    return byMethod;
  }
}

function describe(method: string, template: string | undefined): Route {
  const shown = method === '_OTHER' ? 'HTTP' : method;
  const name = template === undefined ? shown : `${shown} ${template}`;
  const writer = new ProtobufWriter(256);
  writer.byte(SPAN.name);
  writer.string(name);
  writer.byte(SPAN.kind);
  writer.byte(SERVER_KIND);
  writer.raw(
    encodeAttributes(SPAN.attribute, {
      'http.request.method': method,
      'http.route': template,
    }),
  );
  return { method, template, head: writer.finish(), name, series: [] };
}
