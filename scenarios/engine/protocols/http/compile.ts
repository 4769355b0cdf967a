import { template } from '../../../language/template.ts';
import { entriesOf, isMapping } from '../../../language/written.ts';
import type { WrittenFields } from '../protocol.ts';
import { bodyEscaping, routeOf, splitRequestLine } from './request-line.ts';
import type { Auth, Body, Fields, HttpSpec } from './spec.ts';

/** Turns the checked keys of a step into the request that runs. */
export function compile(step: WrittenFields): HttpSpec {
  const { request } = step;
  const long = isMapping(request) ? request : undefined;
  const line = long ? { method: String(long.method), url: String(long.url) } : splitRequestLine(String(request))!;
  const headers = entriesOf(long?.headers);
  const contentType = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  return {
    method: line.method,
    url: template(line.url, 'url'),
    route: routeOf(line.url),
    query: fields(long?.query),
    headers: headers.map(([name, value]) => ({ name, value: template(String(value), 'header') })),
    body: compileBody(step, contentType === undefined ? undefined : String(contentType)),
    auth: compileAuth(step.auth),
    maxRedirects: Number(long?.max_redirects ?? 0),
  };
}

function compileBody(step: WrittenFields, contentType: string | undefined): Body | null {
  if (Object.hasOwn(step, 'json')) return { kind: 'json', value: template(step.json) };
  if (step.form) return { kind: 'form', fields: fields(step.form) };
  if (typeof step.body === 'string')
    return { kind: 'text', value: template(step.body, bodyEscaping(contentType, step.body)) };
  return null;
}

function compileAuth(written: unknown): Auth | null {
  if (!isMapping(written)) return null;
  if (written.bearer !== undefined) return { kind: 'bearer', token: template(written.bearer, 'header') };
  const { username, password } = written.basic as { username: string; password: string };
  return { kind: 'basic', username: template(username), password: template(password) };
}

function fields(written: unknown): Fields {
  return entriesOf(written).map(([name, value]) => ({ name, value: template(value) }));
}
