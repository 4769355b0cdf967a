import { isMapping, type Mapping } from '../../language/written.ts';
import type { Omission, StepDraft } from '../draft.ts';
import { literal, literalValue } from '../literal.ts';
import { type ForeignBody, requestStep } from '../request.ts';
import { isSecretName, type Secrets } from '../secrets.ts';
import type { Description } from './document.ts';
import { nameOf, type Operation, type Parameter, successStatus, variableName } from './operations.ts';
import { sample } from './sample.ts';
import { credentialsOf } from './security.ts';

export interface StepContext {
  readonly description: Description;
  readonly server: string | null;
  readonly secrets: Secrets;
  /** What `expect: { openapi }` names; null where the description cannot be judged by. */
  readonly file: string | null;
  /** Captured names by the path that ends with their parameter. */
  readonly bound: ReadonlyMap<string, string>;
  /** Values that the description gives, or that somebody has to. */
  readonly variables: Record<string, unknown>;
  /** Variables that somebody was asked for already. */
  readonly told: Set<string>;
  /** Takes what has no step to stand at. */
  readonly omissions: Omission[];
  /** The file that a part of a form is sent from. */
  samplePath(): string;
}

const REQUEST = { direction: 'request', generators: true } as const;

/**
 * A step that calls an operation and expects what the description promises; null when no step can.
 * @param more `capture`, and fields that the body has to have
 */
export function operationStep(
  operation: Operation,
  context: StepContext,
  more: { capture?: Record<string, unknown>; fields?: Record<string, unknown> } = {},
): StepDraft | null {
  const { description, secrets, server, file } = context;
  const omissions: Omission[] = [];
  const omit = (what: string, why: string, instead: string) => {
    omissions.push({ item: `${operation.method} ${operation.path}`, what, why, instead });
  };
  if (operation.deprecated)
    omit(
      'a promise that it will stay',
      'the operation is deprecated',
      'leave the step out once nobody uses it any more',
    );
  const credentials = credentialsOf(operation.written, description, server, secrets, omit);
  const { query, headers } = parametersOf(operation, context, omit);
  const { body, contentType } = withFields(bodyOf(operation, context, omit), more.fields ?? {});
  const status = successStatus(operation, description);
  if (status === null) omit('what success looks like', 'the description lists errors only', 'write "expect" for it');
  const step = requestStep(
    nameOf(operation),
    {
      method: operation.method,
      url: pathOf(operation, context),
      query: [...query, ...credentials.query],
      headers: [...headers, ...credentials.headers, ...(contentType ? [['Content-Type', contentType] as const] : [])],
      body,
      auth: credentials.auth,
    },
    secrets,
    {
      ...(status === null
        ? {}
        : {
            expect: {
              status: /^\d+$/.test(status) ? Number(status) : status,
              ...(file === null ? {} : { openapi: file }),
            },
          }),
      ...(more.capture ? { capture: more.capture } : {}),
    },
    omissions,
  );
  if ('name' in step) return step;
  context.omissions.push(...step.lost);
  return null;
}

function withFields(made: ReturnType<typeof bodyOf>, fields: Record<string, unknown>): ReturnType<typeof bodyOf> {
  const { body } = made;
  if (body?.kind !== 'json' || !isMapping(body.value)) return made;
  return { ...made, body: { kind: 'json', value: { ...body.value, ...fields } } };
}

/** The path with a template for each parameter: a captured name, or a variable. */
function pathOf(operation: Operation, context: StepContext): string {
  const { path } = operation;
  let url = '';
  let at = 0;
  for (const match of path.matchAll(/\{([^{}]+)\}/g)) {
    const end = match.index + match[0].length;
    const name = match[1]!;
    const captured = context.bound.get(path.slice(0, end));
    url += `${path.slice(at, match.index)}{{ ${captured ?? variable(name, path, operation, context)} }}`;
    at = end;
  }
  return url + path.slice(at);
}

function variable(
  name: string,
  path: string,
  operation: Operation,
  { description, variables, omissions, told }: StepContext,
): string {
  const wanted = variableName(name, path);
  if (Object.hasOwn(variables, wanted)) return wanted;
  const parameter = operation.parameters.find((known) => known.in === 'path' && known.name === name);
  const given = parameter ? exampleOf(parameter, description) : undefined;
  const value = given
    ? given.value
    : sample(parameter?.written.schema ?? {}, description, { direction: 'response', generators: false });
  variables[wanted] = typeof value === 'string' ? literal(value) : value;
  if (!given && !told.has(wanted)) {
    told.add(wanted);
    omissions.push({
      item: `${operation.method} ${path}`,
      what: `a value of {${name}}`,
      why: 'the description gives no example',
      instead: `set "${wanted}" under "variables" to one that exists`,
    });
  }
  return wanted;
}

function parametersOf(
  operation: Operation,
  context: StepContext,
  omit: (what: string, why: string, instead: string) => void,
) {
  const query: [string, unknown][] = [];
  const headers: [string, string][] = [];
  const cookies: string[] = [];
  for (const parameter of operation.parameters) {
    if (!parameter.required || parameter.in === 'path') continue;
    const { name } = parameter;
    const value = valueFor(parameter, context.description);
    const text = isSecretName(name) ? context.secrets.declare(name) : texted(value);
    if (parameter.in === 'query') query.push(...inQuery(parameter, isSecretName(name) ? text : value, omit));
    else if (parameter.in === 'header' && !/^(accept|content-type|authorization)$/i.test(name))
      headers.push([name, text]);
    else if (parameter.in === 'cookie') cookies.push(`${name}=${text}`);
  }
  if (cookies.length > 0) headers.push(['Cookie', cookies.join('; ')]);
  return { query, headers };
}

/** `style` and `explode` of a query parameter (OpenAPI 3.1 §4.8.12). */
function inQuery(
  { name, written }: Parameter,
  value: unknown,
  omit: (what: string, why: string, instead: string) => void,
): [string, unknown][] {
  const style = written.style ?? 'form';
  const exploded = written.explode ?? style === 'form';
  if (Array.isArray(value)) {
    const separator = style === 'spaceDelimited' ? ' ' : style === 'pipeDelimited' ? '|' : ',';
    return [[name, exploded ? value.map(texted) : value.map(texted).join(separator)]];
  }
  if (isMapping(value)) {
    if (style === 'deepObject') return Object.entries(value).map(([key, item]) => [`${name}[${key}]`, texted(item)]);
    if (exploded) return Object.entries(value).map(([key, item]) => [key, texted(item)]);
    omit(`the parameter ${name}`, 'its value is a mapping in one text', 'check how the service reads it');
    return [[name, Object.entries(value).flat().map(texted).join(',')]];
  }
  return [[name, typeof value === 'number' || typeof value === 'boolean' ? value : texted(value)]];
}

function texted(value: unknown): string {
  return typeof value === 'string'
    ? value
    : value === null
      ? ''
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value);
}

function valueFor(parameter: Parameter, description: Description): unknown {
  const given = exampleOf(parameter, description);
  if (given) return literalValue(given.value);
  const content = description.entries(parameter.written.content)[0]?.[1];
  return sample(parameter.written.schema ?? content?.schema ?? {}, description, REQUEST);
}

function exampleOf({ written }: Parameter, description: Description): { value: unknown } | undefined {
  if ('example' in written) return { value: written.example };
  const [named] = description.entries(written.examples);
  if (named && 'value' in named[1]) return { value: named[1].value };
  const schema = description.field(written, 'schema');
  if ('example' in schema) return { value: schema.example };
  if (Array.isArray(schema.examples) && schema.examples.length > 0) return { value: schema.examples[0] };
  if ('default' in schema) return { value: schema.default };
  return Array.isArray(schema.enum) && schema.enum.length > 0 ? { value: schema.enum[0] } : undefined;
}

function bodyOf(
  operation: Operation,
  context: StepContext,
  omit: (what: string, why: string, instead: string) => void,
): { body: ForeignBody | null; contentType?: string } {
  const { description } = context;
  const written = description.field(operation.written, 'requestBody');
  const content = description.entries(written.content);
  if (content.length === 0) return { body: null };
  const find = (pattern: RegExp) => content.find(([type]) => pattern.test(type));
  const chosen =
    find(/^application\/json\b/i) ??
    find(/[/+]json\b/i) ??
    find(/x-www-form-urlencoded/i) ??
    find(/^multipart\/form-data/i) ??
    content[0]!;
  const [type, media] = chosen;
  const value = mediaExample(media, description)?.value;
  const made = () => (value === undefined ? sample(media.schema ?? {}, description, REQUEST) : literalValue(value));
  if (/json/i.test(type) || type === '*/*') {
    const exact = /^application\/json$/i.test(type) || type === '*/*';
    return { body: { kind: 'json', value: made() }, ...(exact ? {} : { contentType: type }) };
  }
  if (/x-www-form-urlencoded/i.test(type)) {
    const fields = made();
    return {
      body: {
        kind: 'form',
        fields: isMapping(fields) ? Object.entries(fields).map(([name, item]) => [name, texted(item)]) : [],
      },
    };
  }
  if (/^multipart\/form-data/i.test(type))
    return { body: { kind: 'multipart', parts: partsOf(media, made(), context) } };
  if (typeof value === 'string') return { body: { kind: 'text', text: literal(value) }, contentType: type };
  if (/^text\//i.test(type)) return { body: { kind: 'text', text: texted(made()) }, contentType: type };
  if (written.required !== true) return { body: null };
  omit(
    `the body as ${type}`,
    'the description has no example of it',
    'write it under "body", or name a file under "file"',
  );
  return { body: { kind: 'text', text: 'hello' }, contentType: type.includes('*') ? 'application/octet-stream' : type };
}

function mediaExample(media: Mapping, description: Description): { value: unknown } | undefined {
  if ('example' in media) return { value: media.example };
  const [named] = description.entries(media.examples);
  return named && 'value' in named[1] ? { value: named[1].value } : undefined;
}

/** Binary parts are sent from a file that stands beside the scenarios. */
function partsOf(media: Mapping, value: unknown, { description, samplePath }: StepContext): [string, unknown][] {
  const properties = description.field(description.field(media, 'schema'), 'properties');
  const isFile = (name: string) => {
    const property = description.field(properties, name);
    return (
      property.format === 'binary' ||
      'contentMediaType' in property ||
      (property.type === undefined && 'contentEncoding' in property)
    );
  };
  const names = isMapping(value) ? Object.keys(value) : [];
  for (const name of Object.keys(properties))
    if (isFile(name) && !names.includes(name) && names.length === 0) names.push(name);
  return names.map((name) => [name, isFile(name) ? { file: samplePath() } : texted((value as Mapping)[name])]);
}
