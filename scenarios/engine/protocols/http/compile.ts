import { template } from '../../../language/template.ts';
import { entriesOf, isMapping } from '../../../language/written.ts';
import { authKind } from '../../auth/registry.ts';
import type { Files } from '../../files.ts';
import type { WrittenFields } from '../protocol.ts';
import { contentTypeOf, nameOf } from './file-facts.ts';
import { bodyEscaping, routeOf, splitRequestLine } from './request-line.ts';
import type { Auth, Body, Fields, HttpSpec, Part } from './spec.ts';

/** Turns the checked keys of a step into the request that runs. */
export function compile(step: WrittenFields, files: Files): HttpSpec {
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
    body: compileBody(step, contentType === undefined ? undefined : String(contentType), files),
    auth: compileAuth(step.auth),
    maxRedirects: Number(long?.max_redirects ?? 0),
  };
}

function compileBody(step: WrittenFields, contentType: string | undefined, files: Files): Body | null {
  if (Object.hasOwn(step, 'json')) return { kind: 'json', value: template(step.json) };
  if (step.form) return { kind: 'form', fields: fields(step.form) };
  if (typeof step.body === 'string')
    return { kind: 'text', value: template(step.body, bodyEscaping(contentType, step.body)) };
  if (typeof step.file === 'string')
    return { kind: 'file', bytes: bytesOf(step.file, files), contentType: contentTypeOf(step.file) };
  if (step.multipart)
    return {
      kind: 'multipart',
      parts: entriesOf(step.multipart).map(([name, part]) => compilePart(name, part, files)),
    };
  return null;
}

function compilePart(name: string, written: unknown, files: Files): Part {
  if (!isMapping(written)) return { name, value: template(written) };
  const path = String(written.file);
  const { filename = nameOf(path), content_type: contentType = contentTypeOf(path) } = written;
  return {
    name,
    file: { bytes: bytesOf(path, files), filename: String(filename), contentType: String(contentType) },
  };
}

/** Empty where `check` has complained that it cannot be read. */
function bytesOf(path: string, files: Files): Uint8Array {
  const read = files.bytes(path);
  return 'value' in read ? read.value : new Uint8Array();
}

function compileAuth(written: unknown): Auth | null {
  for (const [kind, spec] of entriesOf(written)) {
    const compiled = authKind(kind)?.compile(spec);
    if (compiled) return compiled as Auth;
  }
  return null;
}

function fields(written: unknown): Fields {
  return entriesOf(written).map(([name, value]) => ({ name, value: template(value) }));
}
