import { tokensInForm, tokensInJson } from '../engine/evidence/token-fields.ts';
import type { Omission, StepDraft } from './draft.ts';
import { exactJson } from './literal.ts';
import { isSecretName, looksSecret, type Secrets } from './secrets.ts';

/** A request as most formats have it. All texts are texts of a scenario: templates in them are meant. */
export interface ForeignRequest {
  readonly method: string;
  /** A path, or a whole URL. */
  readonly url: string;
  readonly query?: readonly (readonly [string, unknown])[];
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: ForeignBody | null;
  /** As written under `auth`. */
  readonly auth?: Readonly<Record<string, unknown>> | null;
  readonly maxRedirects?: number;
}

export type ForeignBody =
  /** `json`: what it is when read as JSON, with its templates; absent when it is not to be read. */
  | { readonly kind: 'text'; readonly text: string; readonly json?: { readonly value: unknown } | undefined }
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'form'; readonly fields: readonly (readonly [string, string])[] }
  | { readonly kind: 'multipart'; readonly parts: readonly (readonly [string, unknown])[] }
  | { readonly kind: 'file'; readonly path: string };

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'];

/** Set by the runner or by the connection (RFC 9110 §7.6.1, RFC 9113 §8.3): a recording has them, a scenario does not. */
const NOT_WRITTEN = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'traceparent',
  'tracestate',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'upgrade-insecure-requests',
]);

type Omit = (what: string, why: string, instead: string) => void;

/**
 * The keys of an HTTP step: request, body and auth, with credentials hidden.
 * @returns null for a request that no step can be; the omission says why
 */
export function requestFields(request: ForeignRequest, secrets: Secrets, omit: Omit): Record<string, unknown> | null {
  const method = request.method.toUpperCase();
  if (!METHODS.includes(method)) {
    omit(
      `the request ${method} ${withoutQuery(request.url)}`,
      `the method ${method} is not known to a scenario`,
      `one of ${METHODS.join(', ')}`,
    );
    return null;
  }
  let auth = request.auth ?? null;
  const headers: Record<string, string> = {};
  for (const [name, value] of request.headers ?? []) {
    const lower = name.toLowerCase();
    if (lower.startsWith(':') || NOT_WRITTEN.has(lower)) continue;
    if (lower === 'authorization') {
      const read = authorization(value, secrets);
      if (auth) {
        // What signs a request writes this header anew; one of its own scheme is what it wrote last time.
        if (!Object.keys(auth).some((scheme) => value.toLowerCase().startsWith(scheme)))
          omit('the header Authorization', 'the request has an "auth" of its own', 'keep one of the two');
      } else if (read) auth = read;
      else headers[name] = secrets.hide('authorization', value);
      continue;
    }
    const same = Object.keys(headers).find((known) => known.toLowerCase() === lower);
    if (same) headers[same] += `, ${value}`;
    else headers[name] = lower === 'cookie' ? hideCookies(value, secrets) : hideIfSecret(name, value, secrets);
  }
  const body = bodyFields(request.body ?? null, headers, secrets, omit);
  const url = cleanUrl(request.url, secrets, omit);
  const query = Object.entries(groupPairs(request.query ?? [])).map(([name, value]) => [
    name,
    typeof value === 'string' ? hideIfSecret(name, value, secrets) : value,
  ]);
  const plain = query.length === 0 && Object.keys(headers).length === 0 && !request.maxRedirects;
  return {
    request: plain
      ? `${method} ${url}`
      : {
          method,
          url,
          ...(query.length > 0 ? { query: Object.fromEntries(query) } : {}),
          ...(Object.keys(headers).length > 0 ? { headers } : {}),
          ...(request.maxRedirects ? { max_redirects: Math.min(20, request.maxRedirects) } : {}),
        },
    ...body,
    ...(auth ? { auth } : {}),
  };
}

/** A step of an HTTP request; null with the omission in `lost` when there can be none. */
export function requestStep(
  name: string,
  request: ForeignRequest,
  secrets: Secrets,
  rest: Readonly<Record<string, unknown>>,
  omissions: readonly Omission[] = [],
): StepDraft | { lost: Omission[] } {
  const found: Omission[] = [...omissions];
  const fields = requestFields(request, secrets, (what, why, instead) => {
    found.push({ item: name, what: secrets.blacken(what), why, instead });
  });
  return fields ? { name, fields: { ...fields, ...rest }, omissions: found } : { lost: found };
}

/** A URL that can be shown: credentials stand in queries. */
export function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '').replace(/^(https?:\/\/)[^/]*@/i, '$1');
}

/** `Authorization: Bearer …` and `Basic …` as `auth`; null for schemes that stay a header. */
function authorization(value: string, secrets: Secrets): Record<string, unknown> | null {
  const [, scheme = '', credentials = ''] = /^(\S+)\s+(.+)$/s.exec(value.trim()) ?? [];
  if (/^bearer$/i.test(scheme)) return { bearer: secrets.hide('token', credentials) };
  if (/^basic$/i.test(scheme) && !credentials.includes('{{')) {
    const decoded = Buffer.from(credentials, 'base64').toString('utf8');
    const colon = decoded.indexOf(':');
    if (colon >= 0) return basicAuth(decoded.slice(0, colon), decoded.slice(colon + 1), secrets);
  }
  return null;
}

export function basicAuth(username: string, password: string, secrets: Secrets): Record<string, unknown> {
  return { basic: { username, password: secrets.hide('password', password) } };
}

function bodyFields(
  body: ForeignBody | null,
  headers: Record<string, string>,
  secrets: Secrets,
  omit: Omit,
): Record<string, unknown> {
  const typeName = Object.keys(headers).find((name) => name.toLowerCase() === 'content-type');
  const type = typeName === undefined ? undefined : headers[typeName]!;
  const implied = (pattern: RegExp) => {
    if (typeName !== undefined && pattern.test(type!)) delete headers[typeName];
  };
  switch (body?.kind) {
    case undefined:
      return {};
    case 'json':
      implied(/^application\/json(;\s*charset=utf-8)?$/i);
      return { json: hideInside(body.value, secrets) };
    case 'text': {
      const json = body.json ?? (body.text.includes('{{') ? undefined : exactJson(body.text));
      // Without a type, only what is an object or a list is surely meant as JSON.
      const meant = type === undefined ? typeof json?.value === 'object' && json.value !== null : /json/i.test(type);
      if (json && meant) {
        implied(/^application\/json(;\s*charset=utf-8)?$/i);
        return { json: hideInside(json.value, secrets) };
      }
      return { body: hideInText(body.text, secrets) };
    }
    case 'form':
      implied(/^application\/x-www-form-urlencoded(;\s*charset=utf-8)?$/i);
      return {
        form: groupPairs(body.fields.map(([name, value]) => [name, hideIfSecret(name, value, secrets)] as const)),
      };
    case 'multipart': {
      // The boundary in a recorded type belongs to the recorded body.
      if (typeName !== undefined) delete headers[typeName];
      const parts: Record<string, unknown> = {};
      for (const [name, value] of body.parts) {
        if (Object.hasOwn(parts, name))
          omit(
            `a second part "${name}" of the body`,
            'a part has one value',
            'give it another name, or send the body as a file',
          );
        else parts[name] = typeof value === 'string' ? hideIfSecret(name, value, secrets) : value;
      }
      return { multipart: parts };
    }
    case 'file':
      return { file: body.path };
  }
}

/** Repeated names become a list. */
function groupPairs(pairs: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of pairs) {
    if (!Object.hasOwn(fields, name)) fields[name] = value;
    else fields[name] = Array.isArray(fields[name]) ? [...fields[name], value] : [fields[name], value];
  }
  return fields;
}

/** Encodes what a URL of a scenario cannot hold, and takes fragments and credentials out. */
function cleanUrl(written: string, secrets: Secrets, omit: Omit): string {
  const parts = written.split(/(\{\{.*?\}\})/s);
  let url = '';
  for (const [index, part] of parts.entries()) {
    if (index % 2 === 1) url += part;
    else {
      const fragment = part.indexOf('#');
      url += (fragment < 0 ? part : part.slice(0, fragment)).replace(/[\s"<>\\^`|]/g, (letter) =>
        encodeURIComponent(letter),
      );
      if (fragment >= 0) break;
    }
  }
  if (/^https?:\/\/[^/?]*@/i.test(url)) {
    omit(
      'the user and password in the URL',
      'a URL with credentials ends up in logs',
      'write "auth: { basic: … }" with a secret',
    );
    url = url.replace(/^(https?:\/\/)[^/?]*@/i, '$1');
  }
  if (!/^(\/|https?:\/\/|\{\{)/.test(url)) url = `/${url}`;
  return url.replace(/([?&])([^=&]+)=([^&]*)/g, (whole, sign: string, name: string, value: string) => {
    if (value.includes('{{') || !isSecretName(decoded(name))) return whole;
    return `${sign}${name}=${secrets.hide(name, decoded(value))}`;
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

export function hideIfSecret(name: string, value: string, secrets: Secrets): string {
  return isSecretName(name) || looksSecret(value) ? secrets.hide(name, value) : value;
}

function hideCookies(header: string, secrets: Secrets): string {
  return header
    .split(';')
    .map((pair) => {
      const equals = pair.indexOf('=');
      const name = pair.slice(0, equals).trim();
      return equals < 0 ? pair.trim() : `${name}=${secrets.hide(`cookie_${name}`, pair.slice(equals + 1).trim())}`;
    })
    .join('; ');
}

/** Credentials in a text that stays one: JSON with numbers too large to read, a form of another type. */
function hideInText(text: string, secrets: Secrets): string {
  const spans = /^\s*[{[]/.test(text) ? tokensInJson(text) : tokensInForm(text);
  let hidden = text;
  for (const { start, end } of [...spans].sort((a, b) => b.start - a.start)) {
    const value = text.slice(start, end);
    const name = /([\w.-]+)["']?\s*[:=]\s*["']?$/.exec(text.slice(Math.max(0, start - 80), start))?.[1] ?? 'secret';
    hidden = hidden.slice(0, start) + secrets.hide(name, value) + hidden.slice(end);
  }
  return hidden;
}

function hideInside(value: unknown, secrets: Secrets, name = ''): unknown {
  if (typeof value === 'string') return hideIfSecret(name, value, secrets);
  if (typeof value === 'number' && isSecretName(name)) return secrets.hide(name, String(value));
  if (Array.isArray(value)) return value.map((item) => hideInside(item, secrets, name));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hideInside(item, secrets, key)]));
  return value;
}
