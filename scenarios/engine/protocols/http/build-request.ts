import type { Rendered } from '../../../language/template.ts';
import type { HttpRequest } from '../../http/http-session.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { Auth, Body, HttpSpec } from './spec.ts';

export type RequestContext = Pick<
  ProtocolContext,
  'fill' | 'baseUrl' | 'userAgent' | 'traceparent' | 'connection' | 'cookies'
>;

/** Fills a request in. The only failure is a template without a value, or one whose value does not fit. */
export function buildRequest(spec: HttpSpec, context: RequestContext): Rendered<HttpRequest> {
  const { fill, connection, cookies } = context;
  const path = fill.text(spec.url);
  const query = fill.pairs(spec.query);
  const headers: Record<string, string> = {
    accept: '*/*',
    'accept-encoding': 'gzip, deflate, br',
  };
  const body = spec.body && fillBody(spec.body, headers, fill);
  if (spec.auth) headers.authorization = authorization(spec.auth, fill);
  for (const { name, value } of spec.headers) headers[name.toLowerCase()] = fill.text(value);
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
  return { value: { method: spec.method, url, headers, body, maxRedirects: spec.maxRedirects, connection, cookies } };
}

/** Joins a path to base_url, whose own path stays in front; what has a scheme stands for itself. */
function targetOf(baseUrl: string, path: string): URL | null {
  if (/^[a-z][a-z0-9+.-]*:/i.test(path)) return URL.parse(path);
  const base = baseUrl.endsWith('/') ? baseUrl.slice(0, -1) : baseUrl;
  return URL.parse(base + (path.startsWith('/') ? path : `/${path}`));
}

function fillBody(body: Body, headers: Record<string, string>, fill: ProtocolContext['fill']): string {
  switch (body.kind) {
    case 'json':
      headers['content-type'] = 'application/json';
      return JSON.stringify(fill.value(body.value) ?? null);
    case 'form':
      headers['content-type'] = 'application/x-www-form-urlencoded';
      return fill.pairs(body.fields);
    case 'text':
      return fill.text(body.value);
  }
}

function authorization(auth: Auth, fill: ProtocolContext['fill']): string {
  if (auth.kind === 'bearer') return `Bearer ${fill.text(auth.token)}`;
  const credentials = `${fill.text(auth.username)}:${fill.text(auth.password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}
