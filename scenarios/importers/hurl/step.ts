import type { BaseUrl } from '../base-url.ts';
import type { Omission, StepDraft } from '../draft.ts';
import type { Source } from '../importer.ts';
import { exactJson, literal } from '../literal.ts';
import { identifier } from '../names.ts';
import { basicAuth, type ForeignBody, requestStep, withoutQuery } from '../request.ts';
import { isSecretName, type Secrets } from '../secrets.ts';
import { readAssert, readCapture } from './assert.ts';
import type { HurlBody, HurlEntry, HurlPair } from './parse.ts';

export interface HurlContext {
  readonly base: BaseUrl;
  readonly secrets: Secrets;
  readonly source: Source;
  /** Names that earlier steps capture; those of this step are added. */
  readonly captured: Set<string>;
  /** What stands between braces, as a scenario's expression. */
  expression(written: string): string;
  /** A variable of [Options]. */
  declare(name: string, value: string): void;
}

type Omit = (line: number, what: string, why: string, instead: string) => void;

/** A request of a Hurl file as a step, a pause before it where it was delayed. */
export function entryStep(entry: HurlEntry, context: HurlContext): { steps: StepDraft[] } | { lost: Omission[] } {
  const { base, secrets } = context;
  const omissions: Omission[] = [];
  const item = `${entry.method} ${withoutQuery(entry.url)}`;
  const omit: Omit = (line, what, why, instead) => {
    omissions.push({ item, what: secrets.blacken(`line ${line}: ${what}`), why, instead });
  };
  const settings = settingsOf(entry, context, omit);
  const text = (written: string) => translate(written, context);
  const path = base.relative(entry.url);
  const leading = /^\{\{[^}]*\}\}(\/.*)?$/.exec(path);
  if (leading && base.url === null)
    omit(
      entry.line,
      `the address ${path.slice(0, path.indexOf('}}') + 2)}`,
      'it is the base_url of an environment',
      'set it in ringdown.yaml',
    );
  const section = (name: string) =>
    (entry.sections[name] ?? []).map(({ key, value }) => [text(key), text(unquoted(value))] as const);
  const cookies = section('Cookies').map(([name, value]) => `${name}=${value}`);
  const [login] = entry.sections.BasicAuth ?? [];
  const expect = expectOf(entry, context, omit);
  const capture = captureOf(entry, context, omit);
  const step = requestStep(
    `${entry.method} ${path.replace(/[?#].*$/s, '').replace(/\{\{\s*|\s*\}\}/g, '')}`,
    {
      method: entry.method,
      url: text(leading ? (leading[1] ?? '/') : path),
      query: section('Query'),
      headers: [
        ...entry.headers.map(({ key, value }) => [text(key), text(unescapedHeader(value))] as const),
        ...(cookies.length > 0 ? [['Cookie', cookies.join('; ')] as const] : []),
      ],
      body: bodyOf(entry, context, omit),
      auth: login ? basicAuth(text(login.key), text(login.value), secrets) : null,
      maxRedirects: settings.maxRedirects,
    },
    secrets,
    { ...settings.fields, ...(expect ? { expect } : {}), ...(capture ? { capture } : {}) },
    omissions,
  );
  if ('lost' in step) return step;
  const { repeat, expect: wanted, ...fields } = step.fields;
  // Hurl tries again until all that it asserts holds.
  const repeated =
    repeat && wanted
      ? { ...fields, repeat: { until: wanted, ...(repeat as object) }, expect: wanted }
      : { ...fields, ...(wanted ? { expect: wanted } : {}) };
  const pause = settings.delay
    ? [{ name: `waiting before ${step.name}`, fields: { pause: settings.delay }, omissions: [] }]
    : [];
  return { steps: [...pause, { ...step, fields: repeated }] };
}

/** `{{name}}` of Hurl; other text is meant as it stands. */
function translate(written: string, { expression }: HurlContext): string {
  return written
    .split(/(\{\{[^{}]*\}\})/)
    .map((part, index) => (index % 2 === 0 ? literal(part) : `{{ ${expression(part.slice(2, -2))} }}`))
    .join('');
}

function unquoted(value: string): string {
  return /^`.*`$/s.test(value) ? value.slice(1, -1) : unescapedHeader(value);
}

function unescapedHeader(value: string): string {
  return value.replace(/\\([#\\])/g, '$1');
}

function duration(value: string, unit: string): string {
  const [, number = '0', written = ''] = /^(\d+)\s*(ms|s|m)?$/.exec(value.trim()) ?? [];
  return `${Number(number)}${written || unit}`;
}

function settingsOf(entry: HurlEntry, context: HurlContext, omit: Omit) {
  const connection: Record<string, unknown> = {};
  const fields: Record<string, unknown> = {};
  let maxRedirects = 0;
  let delay: string | null = null;
  let follows = false;
  let repeat: { at_most: number; every: string } | null = null;
  let every = '1s';
  const certificate: Record<string, unknown> = {};
  for (const { key, value, line } of entry.sections.Options ?? []) {
    switch (key) {
      case 'location':
      case 'location-trusted':
        follows = value === 'true';
        break;
      case 'max-redirs':
        maxRedirects = Math.max(0, Number(value) < 0 ? 20 : Number(value));
        break;
      case 'insecure':
        if (value === 'true') connection.verify = false;
        break;
      case 'http2':
        if (value === 'true') connection.http = '2';
        break;
      case 'http1.1':
        if (value === 'true') connection.http = '1.1';
        break;
      case 'ipv4':
        if (value === 'true') connection.ip = 4;
        break;
      case 'ipv6':
        if (value === 'true') connection.ip = 6;
        break;
      case 'proxy':
        connection.proxy = /^[a-z0-9]+:\/\//i.test(value) ? value : `http://${value}`;
        break;
      case 'cacert':
        connection.ca = context.source.reference(value);
        break;
      case 'cert':
      case 'key':
        certificate[key] = context.source.reference(value);
        break;
      case 'resolve':
        connection.resolve = value.replace(/^[^:]*:\d+:/, '');
        break;
      case 'delay':
        delay = duration(value, 'ms');
        break;
      case 'retry':
        repeat = { every, at_most: Number(value) < 0 ? 100 : Number(value) + 1 };
        break;
      case 'retry-interval':
        every = duration(value, 'ms');
        break;
      case 'max-time':
        fields.timeout = duration(value, 's');
        break;
      case 'variable': {
        const [, name = '', given = ''] = /^([^=]+)=(.*)$/s.exec(value) ?? [];
        context.declare(name.trim(), given.trim().replace(/^"(.*)"$/s, '$1'));
        break;
      }
      case 'verbose':
      case 'very-verbose':
      case 'output':
      case 'compressed':
      case 'path-as-is':
        break;
      case 'skip':
        if (value === 'true')
          omit(line, 'skip: true', 'a step that never runs is left out', 'take the step out, or write "if"');
        break;
      default:
        omit(
          line,
          `${key}: ${value}`,
          'a scenario has nothing for this option',
          'see "connection" and "repeat" in docs/scenarios.md',
        );
    }
  }
  if (follows && maxRedirects === 0) maxRedirects = 20;
  if (Object.keys(certificate).length > 0) connection.client_certificate = certificate;
  if (Object.keys(connection).length > 0) fields.connection = connection;
  if (repeat) fields.repeat = { ...repeat, every };
  return { fields, maxRedirects: follows ? maxRedirects : 0, delay };
}

function bodyOf(entry: HurlEntry, context: HurlContext, omit: Omit): ForeignBody | null {
  const text = (written: string) => translate(written, context);
  const { Form: form, Multipart: multipart } = entry.sections;
  if (form) return { kind: 'form', fields: form.map(({ key, value }) => [text(key), text(unquoted(value))]) };
  if (multipart) return { kind: 'multipart', parts: multipart.map((pair) => part(pair, context)) };
  const { body } = entry;
  switch (body?.kind) {
    case undefined:
      return null;
    case 'json':
      return { kind: 'text', text: text(body.text), json: templated(body, context) };
    case 'graphql': {
      const variables =
        body.variables === undefined ? undefined : templated({ kind: 'json', text: body.variables }, context)?.value;
      if (body.variables !== undefined && variables === undefined)
        omit(
          entry.line,
          'the variables of a GraphQL query',
          'they are no JSON that can be read',
          'write them under "variables"',
        );
      return {
        kind: 'json',
        value: { query: text(body.text.trim()), ...(variables === undefined ? {} : { variables }) },
      };
    }
    case 'file':
      return { kind: 'file', path: context.source.reference(body.text) };
    case 'base64':
    case 'hex': {
      const decoded = Buffer.from(body.text.replace(/\s/g, ''), body.kind);
      const plain = decoded.toString('utf8');
      if (Buffer.from(plain).equals(decoded) && !plain.includes('\0')) return { kind: 'text', text: literal(plain) };
      omit(entry.line, 'a body of bytes', 'a scenario is a text', 'save the bytes to a file and write "file: ./…"');
      return null;
    }
    default:
      return { kind: 'text', text: text(body!.text) };
  }
}

/** JSON whose texts hold templates; a template without quotes leaves the body a text. */
function templated(body: HurlBody, context: HurlContext): { value: unknown } | undefined {
  const read = exactJson(body.text);
  if (!read) return undefined;
  const put = (value: unknown): unknown => {
    if (typeof value === 'string') {
      const translated = translate(value, context);
      const [, only] = /^\{\{ ([^{}]+) \}\}$/.exec(translated) ?? [];
      // In quotes it is a text for Hurl, whatever was captured.
      return only && context.captured.has(only) ? `{{ ${only} | string }}` : translated;
    }
    if (Array.isArray(value)) return value.map(put);
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, put(item)]));
    return value;
  };
  return { value: put(read.value) };
}

function part({ key, value }: HurlPair, context: HurlContext): [string, unknown] {
  const [, path, type] = /^file,\s*([^;]*);\s*(.*)$/s.exec(value) ?? [];
  const name = translate(key, context);
  if (path === undefined) return [name, translate(unquoted(value), context)];
  return [name, { file: context.source.reference(path.trim()), ...(type ? { content_type: type.trim() } : {}) }];
}

const BY_HAND = 'write it under "expect"';

function expectOf({ response, line }: HurlEntry, context: HurlContext, omit: Omit): Record<string, unknown> | null {
  if (!response) return null;
  const text = (written: string) => translate(written, context);
  const expect: Record<string, unknown> =
    response.status === '*' ? { status: { gte: 100 } } : { status: Number(response.status) };
  const put = (kind: string, name: string | null, condition: Record<string, unknown>): boolean => {
    const short =
      'equals' in condition &&
      Object.keys(condition).length === 1 &&
      (typeof condition.equals !== 'object' || condition.equals === null)
        ? condition.equals
        : condition;
    if (kind === 'status') {
      if (response.status !== '*' && JSON.stringify(short) !== JSON.stringify(expect.status)) return false;
      expect.status = short;
      return true;
    }
    if (name === null) {
      const known = expect[kind];
      if (kind === 'sha256') expect[kind] = short;
      else if (known === undefined) expect[kind] = kind === 'body' || kind === 'bytes' ? short : condition;
      else if (typeof known !== 'object' || typeof short !== 'object') return false;
      else if (Object.keys(condition).some((operator) => Object.hasOwn(known as object, operator))) {
        const { contains } = condition;
        if (kind !== 'body' || typeof contains !== 'string' || contains.includes('{{')) return false;
        return put('regex', contains.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'), { exists: true });
      } else expect[kind] = { ...known, ...condition };
      return true;
    }
    const spec = (expect[kind] ?? {}) as Record<string, unknown>;
    const known = spec[name];
    if (
      known !== undefined &&
      (typeof known !== 'object' ||
        known === null ||
        typeof short !== 'object' ||
        Object.keys(condition).some((operator) => Object.hasOwn(known, operator)))
    )
      return false;
    expect[kind] = { ...spec, [name]: typeof known === 'object' ? { ...known, ...condition } : short };
    return true;
  };
  for (const { key, value } of response.headers) put('header', key.toLowerCase(), { equals: text(value) });
  for (const assert of response.asserts) {
    const read = readAssert(assert.text, text);
    if ('why' in read) omit(assert.line, assert.text, read.why, BY_HAND);
    else if (!put(read.kind, read.name, read.condition))
      omit(assert.line, assert.text, 'the same value is judged in this way already', BY_HAND);
  }
  const { body } = response;
  if (body) {
    const json = body.kind === 'json' ? templated(body, context) : undefined;
    if (json) put('jsonpath', '$', { equals: json.value });
    else if (body.kind === 'text' || body.kind === 'xml' || body.kind === 'json')
      put('body', null, { equals: text(body.text) });
    else
      omit(
        line,
        `the expected body (${body.kind})`,
        'a body is compared with a text',
        'write "sha256" or "json_schema"',
      );
  }
  return expect;
}

function captureOf({ response }: HurlEntry, context: HurlContext, omit: Omit): Record<string, unknown> | null {
  const capture: Record<string, unknown> = {};
  for (const { key, value, line } of response?.captures ?? []) {
    const redacted = /\s+redact$/.test(value);
    const read = readCapture(value.replace(/\s+redact$/, ''), (written) => translate(written, context));
    if ('why' in read) {
      omit(line, `${key}: ${value}`, read.why, 'capture the value itself, and use a filter in the template');
      continue;
    }
    const { from } = read;
    const secret = redacted || isSecretName(key);
    capture[identifier(key)] = secret
      ? { ...(typeof from === 'string' ? { jsonpath: from } : from), secret: true }
      : from;
    context.captured.add(identifier(key));
  }
  return Object.keys(capture).length > 0 ? capture : null;
}
