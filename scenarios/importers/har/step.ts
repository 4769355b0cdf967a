import type { BaseUrl } from '../base-url.ts';
import type { Omission, StepDraft } from '../draft.ts';
import { exactJson, literal } from '../literal.ts';
import { type ForeignBody, requestStep } from '../request.ts';
import type { Secrets } from '../secrets.ts';
import { BROWSER_HEADERS, type Entry } from './entries.ts';
import { type Carried, urlWithCarried, withCarried } from './values.ts';

interface StepContext {
  readonly base: BaseUrl;
  readonly secrets: Secrets;
  /** Values captured by earlier steps, the longest first. */
  readonly known: readonly Carried[];
  readonly captures: readonly Carried[];
  readonly cookies: Cookies;
  readonly source: string;
  /** Keeps the content of a file that was sent. @returns how the scenario names it */
  keep(fileName: string, text: string): string;
}

/** Names that analytics give their cookies. */
const TRACKERS =
  /^(_ga|_gid|_gat|_gcl|__utm|_fbp|_fbc|_hj|ajs_|amplitude|mp_|optimizely|_pk_|hubspotutk|__hs|intercom-|OptanonConsent|__cf|_clck|_clsk)/i;

/** Which cookies of a recording its own answers have set: those a jar brings back by itself. */
export class Cookies {
  readonly #set = new Set<string>();

  constructor(entries: readonly Entry[]) {
    for (const { responseHeaders } of entries)
      for (const [name, value] of responseHeaders)
        if (name.toLowerCase() === 'set-cookie')
          for (const line of value.split('\n')) this.#set.add(line.slice(0, Math.max(0, line.indexOf('='))).trim());
  }

  /** Cookies of a request that were there before the recording began. */
  foreign(header: string): string[] {
    return header
      .split(';')
      .map((pair) => pair.trim())
      .filter((pair) => pair.includes('=') && !this.#set.has(pair.slice(0, pair.indexOf('='))) && !TRACKERS.test(pair));
  }
}

/** A recorded request as a step that expects the recorded status. */
export function entryStep(entry: Entry, context: StepContext): StepDraft | { lost: Omission[] } {
  const { base, secrets, known, captures, cookies } = context;
  const { method, url, requestHeaders, status } = entry;
  const path = base.relative(`${url.origin}${url.pathname}${url.search}`);
  const called = urlWithCarried(decoded(base.relative(`${url.origin}${url.pathname}`)), known);
  const name = `${method} ${called.replace(/\{\{ (\w+) \}\}/g, '{$1}')}`;
  const omissions: Omission[] = [];
  const headers = requestHeaders.filter(
    ([header, value]) => !BROWSER_HEADERS.test(header) && !(header.toLowerCase() === 'accept' && isUsual(value)),
  );
  const sent = requestHeaders
    .filter(([header]) => header.toLowerCase() === 'cookie')
    .flatMap(([, value]) => cookies.foreign(value));
  if (sent.length > 0)
    omissions.push({
      item: name,
      what: `where the cookies ${sent.map((pair) => pair.slice(0, pair.indexOf('='))).join(', ')} come from`,
      why: 'they were set before the recording began',
      instead: 'record from the sign-in on, or keep the secrets up to date',
    });
  const texts = (text: string) => withCarried(literal(text), known);
  const json = entry.responseHeaders.some(([header, value]) => /^content-type$/i.test(header) && /json/i.test(value));
  return requestStep(
    name,
    {
      method,
      url: urlWithCarried(literal(path), known),
      headers: [
        ...headers.map(([header, value]) => [header, texts(value)] as const),
        ...(sent.length > 0 ? [['Cookie', literal(sent.join('; '))] as const] : []),
      ],
      body: bodyOf(entry, context, name, omissions),
    },
    secrets,
    {
      // What was not modified then is sent whole to somebody who does not know it.
      expect: {
        status: status === 304 ? 200 : status,
        ...(json && status !== 304 && status < 300 ? { header: { 'content-type': { contains: 'json' } } } : {}),
      },
      ...(captures.length > 0
        ? { capture: Object.fromEntries(captures.map(({ name: captured, from }) => [captured, from])) }
        : {}),
    },
    omissions,
  );
}

/** What every browser accepts. */
function isUsual(accept: string): boolean {
  return accept === '*/*' || accept.includes('text/html');
}

function bodyOf(
  { body }: Entry,
  { known, keep }: StepContext,
  item: string,
  omissions: Omission[],
): ForeignBody | null {
  if (!body) return null;
  const { text, type, params } = body;
  const put = (value: unknown): unknown => {
    if (typeof value === 'string') return withCarried(literal(value), known);
    if (typeof value === 'number') {
      const found = known.find((carried) => carried.value === String(value));
      return found ? `{{ ${found.name} }}` : value;
    }
    if (Array.isArray(value)) return value.map(put);
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, put(inner)]));
    return value;
  };
  if (/x-www-form-urlencoded/i.test(type)) {
    const pairs =
      text === ''
        ? params.map((param) => [String(param.name ?? ''), String(param.value ?? '')] as const)
        : [...new URLSearchParams(text)];
    return pairs.length > 0 ? { kind: 'form', fields: pairs.map(([name, value]) => [name, String(put(value))]) } : null;
  }
  if (/^multipart\/form-data/i.test(type)) {
    const parts = params.length > 0 ? params.map(recordedPart) : multipartParts(text);
    return {
      kind: 'multipart',
      parts: parts.map(({ name, value, fileName, contentType }): [string, unknown] => {
        if (fileName === null) return [name, put(value ?? '')];
        const file = keep(fileName, value ?? '');
        if (!value)
          omissions.push({
            item,
            what: `the content of ${fileName}`,
            why: 'the recording does not hold it',
            instead: `put the file at ${file}, where an empty one stands`,
          });
        return [name, { file, ...(contentType ? { content_type: contentType } : {}) }];
      }),
    };
  }
  if (text === '') return null;
  const json = exactJson(text);
  return json && /json/i.test(type)
    ? { kind: 'text', text, json: { value: put(json.value) } }
    : { kind: 'text', text: withCarried(literal(text), known) };
}

interface Part {
  readonly name: string;
  /** Undefined when it was not recorded. */
  readonly value: string | undefined;
  /** Null for a field that is no file. */
  readonly fileName: string | null;
  readonly contentType?: string;
}

function recordedPart({ name, value, fileName, contentType }: Readonly<Record<string, unknown>>): Part {
  return {
    name: String(name ?? ''),
    value: typeof value === 'string' ? value : undefined,
    fileName: typeof fileName === 'string' && fileName !== '' ? fileName : null,
    ...(typeof contentType === 'string' && /^[\w.+-]+\/[\w.+-]+$/.test(contentType) ? { contentType } : {}),
  };
}

/** Fields of a recorded multipart body (RFC 7578 §4.2). */
function multipartParts(text: string): Part[] {
  const boundary = /^--([^\r\n]+)/.exec(text)?.[1];
  if (boundary === undefined) return [];
  return text
    .split(`--${boundary}`)
    .slice(1, -1)
    .flatMap((part): Part[] => {
      const blank = part.search(/\r?\n\r?\n/);
      const head = part.slice(0, Math.max(0, blank));
      const [, name] = /\bname="([^"]*)"/.exec(head) ?? [];
      const [, fileName = null] = /\bfilename="([^"]*)"/.exec(head) ?? [];
      const value = part
        .slice(blank)
        .replace(/^\r?\n\r?\n/, '')
        .replace(/\r?\n$/, '');
      return name === undefined ? [] : [{ name, value, fileName: fileName === '' ? null : fileName }];
    });
}

function decoded(url: string): string {
  try {
    return decodeURI(url);
  } catch {
    return url;
  }
}
