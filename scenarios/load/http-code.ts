import type { HttpSpec, Part } from '../engine/protocols/http/spec.ts';
import type { Template } from '../language/template.ts';
import { type Code, call, flat, list, literal, mapping, quoted } from './code.ts';
import { textCode, valueCode, written } from './expression.ts';
import { Refused } from './refusal.ts';
import type { ScriptFiles } from './script-files.ts';

/** The arguments of `send` for a step's request. */
export function requestCode(
  spec: HttpSpec,
  { timeoutMs, bytes }: { readonly timeoutMs: number | null; readonly bytes: boolean },
  files: ScriptFiles,
): Code[] {
  const { method, url, route, query, headers, body, auth, maxRedirects } = spec;
  const options: [string, Code][] = [];
  if (url.kind !== 'constant') options.push(['name', quoted(`${method} ${route}`)]);
  if (query.length > 0) options.push(['query', fieldsCode(query)]);
  const fields: [string, Code][] = [];
  if (auth && !identityCode(auth)) fields.push(['authorization', authCode(auth)]);
  for (const { name, value } of headers) fields.push([name, headerCode(name, value)]);
  if (fields.length > 0) options.push(['headers', mapping(fields)]);
  if (body) options.push(...bodyCode(body, files));
  if (bytes) options.push(['bytes', 'true']);
  if (timeoutMs !== null) options.push(['timeout', literal(timeoutMs)]);
  if (maxRedirects > 0) {
    // Go makes a GET of everything that a 301 or 302 redirects, this engine of POST alone (RFC 9110 §15.4).
    if (!['GET', 'HEAD', 'POST'].includes(method)) throw new Refused(`max_redirects with ${method}`);
    options.push(['redirects', literal(maxRedirects)]);
  }
  return [quoted(method), urlCode(url), ...(options.length > 0 ? [mapping(options)] : [])];
}

/** A URL; Go sends it as it is written, or refuses it. @throws Refused */
export function urlCode(url: Template): string {
  const [path = ''] = String(written(url)).split('?');
  if (/\/(?:\.|%2e){1,2}(?=\/|$)/i.test(path))
    throw new Refused('a path with . or .. in it', 'write the path that is meant');
  if (/%(?![0-9a-f]{2})/i.test(path)) throw new Refused('a % in a path that escapes nothing', 'write %25');
  return textCode(url);
}

function headerCode(name: string, value: Template): string {
  if (/[\u0080-\uffff]/.test(String(written(value)))) throw new Refused(`letters beyond ASCII in the header ${name}`);
  return textCode(value);
}

function bodyCode(body: NonNullable<HttpSpec['body']>, files: ScriptFiles): [string, Code][] {
  switch (body.kind) {
    case 'json':
      return [['json', valueCode(body.value)]];
    case 'form':
      return [['form', fieldsCode(body.fields)]];
    case 'text':
      return [['body', textCode(body.value)]];
    case 'file':
      return [
        ['type', quoted(body.contentType)],
        ['body', files.of(body.bytes, 'body')],
      ];
    case 'multipart':
      return [['multipart', call('multipartOf', list(body.parts.map((part) => partCode(part, files))))]];
  }
}

function partCode(part: Part, files: ScriptFiles): Code {
  if (!('file' in part)) return `[${quoted(part.name)}, ${flat(valueCode(part.value))}]`;
  const { bytes, filename, contentType } = part.file;
  const file = mapping([
    ['filename', quoted(filename)],
    ['type', quoted(contentType)],
    ['bytes', files.of(bytes, filename)],
  ]);
  return `[${quoted(part.name)}, null, ${flat(file)}]`;
}

/** Who asks, where that takes more than a header which is known beforehand; null otherwise. */
export function identityCode(auth: HttpSpec['auth']): Code | null {
  if (auth?.kind === 'digest') return call('digest', textCode(auth.username), textCode(auth.password));
  if (auth?.kind !== 'aws') return null;
  return call('aws', mapping(auth.fields.map(({ name, value }) => [name, textCode(value)])));
}

function authCode(auth: NonNullable<HttpSpec['auth']>): Code {
  switch (auth.kind) {
    case 'bearer':
      return textCode(prefixedBy('Bearer ', auth.token));
    case 'basic':
      return call('basic', textCode(auth.username), textCode(auth.password));
    case 'oauth2': {
      const fields = auth.fields.map(({ name, value }) => [name, textCode(value)] as const);
      return call('oauth2', mapping([['grant', quoted(auth.grant)], ['send', quoted(auth.send)], ...fields]));
    }
    default:
      throw new Refused(`auth: ${auth.kind}`);
  }
}

/** A text in front of a template, escaped as the template is. */
function prefixedBy(text: string, template: Template): Template {
  if (template.kind === 'text') return { ...template, parts: [text, ...template.parts] };
  return { kind: 'constant', value: `${text}${String(template.kind === 'constant' ? template.value : '')}` };
}

function fieldsCode(fields: HttpSpec['query']): Code {
  return {
    before: '',
    brackets: '[]',
    items: fields.map(({ name, value }) => `[${quoted(name)}, ${flat(valueCode(value))}]`),
  };
}
