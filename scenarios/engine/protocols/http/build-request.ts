import type { Rendered, Template } from '../../../language/template.ts';
import type { HttpRequest } from '../../http/http-session.ts';
import { joinUrl } from '../base-url.ts';
import type { ProtocolContext } from '../protocol.ts';
import { type FilledPart, multipartBody } from './multipart.ts';
import type { Body, HttpSpec } from './spec.ts';

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
  const body = spec.body && fillBody(spec.body, headers, context);
  for (const { name, value } of spec.headers) headers[name.toLowerCase()] = fill.text(value);
  // A scenario may name itself as well, but synthetic traffic stays recognisable and every request is traced.
  const own = headers['user-agent'];
  headers['user-agent'] = own === undefined ? context.userAgent : `${context.userAgent} ${own}`;
  headers.traceparent = context.traceparent;
  if (fill.error) return { error: fill.error };

  const url = joinUrl(context.baseUrl, path);
  if (!url) {
    const message = `${JSON.stringify(path)} is not a URL`;
    return {
      error: { code: 'unusable', message, hint: 'write a path that begins with /, or a whole URL', name: path },
    };
  }
  if (query !== '') url.search += (url.search === '' ? '?' : '&') + query;
  return { value: { method: spec.method, url, headers, body, maxRedirects: spec.maxRedirects, connection, cookies } };
}

function fillBody(
  body: Body,
  headers: Record<string, string>,
  { fill, traceparent }: RequestContext,
): string | Uint8Array {
  switch (body.kind) {
    case 'json':
      headers['content-type'] = 'application/json';
      return JSON.stringify(fill.value(body.value) ?? null);
    case 'form':
      headers['content-type'] = 'application/x-www-form-urlencoded';
      return fill.pairs(body.fields);
    case 'text':
      return fill.text(body.value);
    case 'file':
      headers['content-type'] = body.contentType;
      return body.bytes;
    case 'multipart': {
      // Ids of the step's own trace: no part can hold them by chance.
      const boundary = `ringdown-${traceparent.split('-').slice(1, 3).join('-')}`;
      headers['content-type'] = `multipart/form-data; boundary=${boundary}`;
      return multipartBody(
        body.parts.flatMap((part) => ('file' in part ? [part] : filled(part, fill))),
        boundary,
      );
    }
  }
}

function filled({ name, value }: { name: string; value: Template }, fill: ProtocolContext['fill']): FilledPart[] {
  const found = fill.value(value);
  return (Array.isArray(found) ? found : [found]).map((one: unknown) => ({
    name,
    text: typeof one === 'object' && one !== null ? JSON.stringify(one) : String(one ?? ''),
  }));
}
