import type { Body, HttpStep } from '../language/model.ts';
import {
  type Rendered,
  render,
  renderString,
  type Scope,
  type Template,
  type TemplateError,
} from '../language/template.ts';
import type { HttpRequest } from './http/http-session.ts';

export interface RequestContext {
  baseUrl: string;
  /** `ringdown/<version>`: what the watched service tells scenario traffic by. */
  userAgent: string;
  traceparent: string;
}

/** Fills a step's request in. The only failure is a template without a value, or one whose value does not fit. */
export function buildRequest(step: HttpStep, scope: Scope, context: RequestContext): Rendered<HttpRequest> {
  const { request } = step;
  const fill = new Filling(scope);
  const path = fill.text(request.url);
  const query = fill.pairs(request.query);
  const headers: Record<string, string> = {
    accept: '*/*',
    'accept-encoding': 'gzip, deflate, br',
  };
  const body = request.body && fill.body(request.body, headers);
  if (request.auth) headers.authorization = fill.authorization(request.auth);
  for (const { name, value } of request.headers) headers[name.toLowerCase()] = fill.text(value);
  // A scenario may name itself as well, but synthetic traffic stays recognisable and every request is traced.
  const own = headers['user-agent'];
  headers['user-agent'] = own === undefined ? context.userAgent : `${context.userAgent} ${own}`;
  headers.traceparent = context.traceparent;
  if (fill.error) return { error: fill.error };

  const url = targetOf(context.baseUrl, path);
  if (!url) {
    const message = `${JSON.stringify(path)} is not a URL`;
    return {
      error: { code: 'unusable', message, hint: 'write a path that begins with /, or a whole URL', name: path },
    };
  }
  if (query !== '') url.search += (url.search === '' ? '?' : '&') + query;
  return { value: { method: request.method, url, headers, body, maxRedirects: request.maxRedirects } };
}

/** Joins a path to base_url, whose own path stays in front; what has a scheme stands for itself. */
function targetOf(baseUrl: string, path: string): URL | null {
  if (/^[a-z][a-z0-9+.-]*:/i.test(path)) return URL.parse(path);
  const base = baseUrl.endsWith('/') ? baseUrl.slice(0, -1) : baseUrl;
  return URL.parse(base + (path.startsWith('/') ? path : `/${path}`));
}

/** Renders the parts of a request, keeping the first error; after it, what it returns is of no use. */
class Filling {
  readonly #scope: Scope;
  error: TemplateError | null = null;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  text(template: Template): string {
    return this.#unless(renderString(template, this.#scope)) ?? '';
  }

  value(template: Template): unknown {
    return this.#unless(render(template, this.#scope));
  }

  /** `application/x-www-form-urlencoded`; a list repeats its name. */
  pairs(fields: readonly { name: string; value: Template }[]): string {
    if (fields.length === 0) return '';
    const pairs = new URLSearchParams();
    for (const { name, value } of fields) {
      const filled = this.value(value);
      for (const one of Array.isArray(filled) ? filled : [filled]) {
        pairs.append(name, typeof one === 'object' && one !== null ? JSON.stringify(one) : String(one ?? ''));
      }
    }
    return pairs.toString();
  }

  body(body: Body, headers: Record<string, string>): string {
    switch (body.kind) {
      case 'json':
        headers['content-type'] = 'application/json';
        return JSON.stringify(this.value(body.value) ?? null);
      case 'form':
        headers['content-type'] = 'application/x-www-form-urlencoded';
        return this.pairs(body.fields);
      case 'text':
        return this.text(body.value);
    }
  }

  authorization(auth: NonNullable<HttpStep['request']['auth']>): string {
    if (auth.kind === 'bearer') return `Bearer ${this.text(auth.token)}`;
    const credentials = `${this.text(auth.username)}:${this.text(auth.password)}`;
    return `Basic ${Buffer.from(credentials).toString('base64')}`;
  }

  #unless<T>(rendered: Rendered<T>): T | undefined {
    if ('value' in rendered) return rendered.value;
    this.error ??= rendered.error;
    return undefined;
  }
}
