import { isMapping, type Mapping } from '../../language/written.ts';
import type { BaseUrl } from '../base-url.ts';
import type { Omission, StepDraft } from '../draft.ts';
import type { ForeignVariables } from '../handlebars.ts';
import type { Source } from '../importer.ts';
import { identifier, oneLine } from '../names.ts';
import { basicAuth, type ForeignBody, requestStep, withoutQuery } from '../request.ts';
import { isSecretName, type Secrets } from '../secrets.ts';
import { readChecks } from './checks.ts';

interface Context {
  readonly base: BaseUrl;
  readonly secrets: Secrets;
  readonly variables: ForeignVariables;
  readonly source: Source;
  /** Puts the address in that a URL begins with. */
  fill(url: string): string;
}

/** Keys of `http`. */
const CARRIED_OVER = [
  'url method params headers cookies auth followRedirects check captures',
  'json form formData graphql body',
].flatMap((keys) => keys.split(' '));

const TEMPLATE = /\$\{\{\s*([^{}]*?)\s*\}\}/;
type Omit = (what: string, why: string, instead: string) => void;

export function stepCiStep(step: Mapping, context: Context): StepDraft | { lost: Omission[] } {
  const { base, secrets, variables, source, fill } = context;
  const http = isMapping(step.http) ? step.http : null;
  const name =
    oneLine(String(step.name ?? step.id ?? '')) ||
    (http ? `${String(http.method ?? 'GET')} ${withoutQuery(String(http.url ?? ''))}` : 'a step');
  const omissions: Omission[] = [];
  const omit: Omit = (what, why, instead) => {
    omissions.push({ item: name, what: secrets.blacken(what), why, instead });
  };
  if (!http) {
    if (typeof step.delay === 'string' || isMapping(step.delay))
      return { name, fields: { pause: String(step.delay) }, omissions };
    omit(
      `the step of kind ${Object.keys(step).find((key) => !['name', 'id', 'if'].includes(key)) ?? 'unknown'}`,
      'it is not carried over',
      'write it by hand',
    );
    return { lost: omissions };
  }
  const text = (written: unknown): string => translate(String(written ?? ''), variables, secrets);
  const deep = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return value.map(deep);
    return isMapping(value)
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, deep(inner)]))
      : value;
  };
  const pairs = (value: unknown) =>
    Object.entries(isMapping(value) ? value : {}).map(([key, item]) => [key, text(item)] as const);
  if (step.if !== undefined) omit(`if: ${String(step.if)}`, 'it is an expression', 'write "if: { value, equals }"');
  for (const key of Object.keys(step))
    if (!['name', 'id', 'if', 'http'].includes(key)) omit(key, 'it is not carried over', 'write it by hand');
  for (const key of Object.keys(http))
    if (!CARRIED_OVER.includes(key)) omit(`http.${key}`, 'it is not carried over', 'write it by hand');
  const method = String(http.method ?? 'GET');
  const cookies = pairs(http.cookies).map(([key, value]) => `${key}=${value}`);
  const url = base.relative(fill(String(http.url ?? ''))).replace(/^(https?:\/\/)?\$\{\{[^{}]*\}\}(?=\/|\?|$)/, '');
  const { expect, rest } = readChecks(isMapping(http.check) ? http.check : {}, deep);
  for (const { check, why } of rest) omit(`the check ${check}`, why, 'write it with "expect"');
  const capture: Record<string, unknown> = {};
  for (const [key, from] of Object.entries(isMapping(http.captures) ? http.captures : {})) {
    const source = captureOf(from);
    if (!source) omit(`the capture ${key}`, 'a capture does not take that', 'write it under "capture"');
    else {
      variables.capture(key);
      capture[identifier(key)] = isSecretName(key)
        ? { ...(typeof source === 'string' ? { jsonpath: source } : source), secret: true }
        : source;
    }
  }
  return requestStep(
    name,
    {
      method,
      url: text(url === '' ? '/' : url),
      query: pairs(http.params),
      headers: [...pairs(http.headers), ...(cookies.length > 0 ? [['Cookie', cookies.join('; ')] as const] : [])],
      body: bodyOf(http, text, deep, source),
      auth: authOf(http.auth, text, secrets, omit),
      maxRedirects: http.followRedirects === false || !/^(GET|HEAD)$/i.test(method) ? 0 : 10,
    },
    secrets,
    { ...(expect ? { expect } : {}), ...(Object.keys(capture).length > 0 ? { capture } : {}) },
    omissions,
  );
}

/** `${{ env.x }}`, `${{ captures.x }}`, `${{ secrets.x }}` as templates of a scenario. */
function translate(written: string, variables: ForeignVariables, secrets: Secrets): string {
  const secret = /^secrets\.(\w+)$/;
  const prepared = written.replace(new RegExp(TEMPLATE, 'g'), (_, inner: string) => {
    const [, name] = secret.exec(inner) ?? [];
    return name
      ? `\u0001${secrets.declare(name).slice(2, -2).trim()}\u0001`
      : `\${{ ${inner.replace(/^captures\./, '')} }}`;
  });
  return variables.translate(prepared, TEMPLATE).replace(/\u0001([^\u0001]*)\u0001/g, '{{ $1 }}');
}

function bodyOf(
  http: Mapping,
  text: (written: unknown) => string,
  deep: (value: unknown) => unknown,
  source: Source,
): ForeignBody | null {
  if (http.json !== undefined) return { kind: 'json', value: deep(http.json) };
  if (isMapping(http.form))
    return { kind: 'form', fields: Object.entries(http.form).map(([key, value]) => [key, text(value)]) };
  if (isMapping(http.formData))
    return {
      kind: 'multipart',
      parts: Object.entries(http.formData).map(([key, value]) => [
        key,
        isMapping(value) && typeof value.file === 'string' ? { file: source.reference(value.file) } : text(value),
      ]),
    };
  if (isMapping(http.graphql))
    return {
      kind: 'json',
      value: {
        query: text(http.graphql.query),
        ...(http.graphql.variables === undefined ? {} : { variables: deep(http.graphql.variables) }),
      },
    };
  if (isMapping(http.body))
    return typeof http.body.file === 'string' ? { kind: 'file', path: source.reference(http.body.file) } : null;
  return http.body === undefined ? null : { kind: 'text', text: text(http.body) };
}

function authOf(
  auth: unknown,
  text: (written: unknown) => string,
  secrets: Secrets,
  omit: Omit,
): Record<string, unknown> | null {
  if (!isMapping(auth)) return null;
  if (isMapping(auth.bearer)) return { bearer: secrets.hide('token', text(auth.bearer.token)) };
  if (isMapping(auth.basic)) return basicAuth(text(auth.basic.username), text(auth.basic.password), secrets);
  if (isMapping(auth.oauth) && typeof auth.oauth.endpoint === 'string')
    return {
      oauth2: {
        grant: 'client_credentials',
        token_url: text(auth.oauth.endpoint),
        client_id: text(auth.oauth.client_id),
        client_secret: secrets.hide('client_secret', text(auth.oauth.client_secret)),
      },
    };
  omit(`the authentication ${Object.keys(auth).join(', ')}`, 'it is not carried over', 'write "auth" with secrets');
  return null;
}

function captureOf(from: unknown): string | Record<string, unknown> | null {
  if (!isMapping(from)) return null;
  const [kind, value] = Object.entries(from)[0] ?? [];
  switch (kind) {
    case 'jsonpath':
      return String(value);
    case 'header':
      return { header: String(value).toLowerCase() };
    case 'xpath':
    case 'cookie':
    case 'regex':
      return { [kind]: String(value) };
    case 'selector':
      return { css: String(value) };
    case 'body':
      return { body: true };
    default:
      return null;
  }
}
