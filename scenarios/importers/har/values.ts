import { exactJson } from '../literal.ts';
import { identifier, Unique } from '../names.ts';
import { isSecretName, looksSecret } from '../secrets.ts';
import { BROWSER_HEADERS, type Entry } from './entries.ts';

/** A value of an answer that a later request uses. */
export interface Carried {
  readonly name: string;
  readonly value: string;
  /** As written under `capture`. */
  readonly from: string | Record<string, unknown>;
}

/** Shorter texts are equal by chance. */
const SHORTEST = 8;
/** Texts this long are found inside of others too. */
const LONG = 16;
const MOST_VALUES = 20_000;

interface Candidate {
  readonly entry: number;
  readonly key: string;
  readonly value: string;
  readonly from: string | Record<string, unknown>;
}

/**
 * Values that were seen in an answer and sent with a later request: tokens, ids, anti-forgery fields.
 * @returns for each entry what it has to capture
 */
export function carriedValues(entries: readonly Entry[]): Carried[][] {
  const names = new Unique('_');
  const captures: Carried[][] = entries.map(() => []);
  const candidates = new Map<string, Candidate>();
  const taken = new Set<Candidate>();
  const sent = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    for (const value of sentValues(entry)) {
      sent.add(value);
      const candidate = candidates.get(value);
      if (!candidate || taken.has(candidate)) continue;
      taken.add(candidate);
      const name = names.take(identifier(candidate.key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()));
      const { from } = candidate;
      const secret = isSecretName(candidate.key) || looksSecret(value);
      captures[candidate.entry]!.push({
        name,
        value,
        from: secret ? { ...(typeof from === 'string' ? { jsonpath: from } : from), secret: true } : from,
      });
    }
    // What was sent before it was answered is the client's own.
    for (const candidate of answeredValues(entry, index)) {
      const { value } = candidate;
      if (candidates.size < MOST_VALUES && !candidates.has(value) && !sent.has(value)) candidates.set(value, candidate);
    }
  }
  return captures;
}

/** Puts templates where carried values stand. */
export function withCarried(text: string, carried: readonly Carried[]): string {
  let replaced = text;
  for (const { name, value } of carried) {
    if (replaced === value) return `{{ ${name} }}`;
    if (value.length >= LONG) replaced = replaced.replaceAll(value, `{{ ${name} }}`);
  }
  return replaced;
}

/** The same for a URL, whose parts are encoded. */
export function urlWithCarried(path: string, carried: readonly Carried[]): string {
  return path
    .split(/([/?&=])/)
    .map((part) => {
      const found = carried.find(({ value }) => value === decoded(part));
      return found ? `{{ ${found.name} }}` : part;
    })
    .join('');
}

function sentValues({ url, requestHeaders, body }: Entry): Set<string> {
  const values = new Set<string>();
  for (const part of `${url.pathname}${url.search}`.split(/[/?&=]/)) values.add(decoded(part));
  for (const [name, value] of requestHeaders) {
    if (BROWSER_HEADERS.test(name)) continue;
    values.add(value).add(value.replace(/^\S+\s+/, ''));
  }
  if (body) {
    const json = exactJson(body.text);
    if (json) for (const { value } of leaves(json.value)) values.add(value);
    else for (const part of body.text.split(/[&=]/)) values.add(decoded(part));
    for (const { value } of body.params) if (typeof value === 'string') values.add(value);
  }
  values.delete('');
  return values;
}

function answeredValues({ method, responseType, responseText }: Entry, entry: number): Candidate[] {
  if (/json/i.test(responseType)) {
    let json: unknown;
    try {
      json = JSON.parse(responseText);
    } catch {
      return [];
    }
    return leaves(json).flatMap(({ key, value, path }): Candidate[] => {
      // A short id is believed where the request has just made something.
      const isId = method === 'POST' && /(^|_)id$|Id$/.test(key);
      return isId || value.length >= SHORTEST ? [{ entry, key, value, from: path }] : [];
    });
  }
  if (!/html/i.test(responseType)) return [];
  const found: Candidate[] = [];
  for (const [tag] of responseText.slice(0, 1_000_000).matchAll(/<(?:input|meta)\b[^>]{0,2000}>/gi)) {
    const attribute = (name: string) => new RegExp(`\\b${name}\\s*=\\s*["']([^"']*)["']`, 'i').exec(tag)?.[1];
    const isMeta = /^<meta/i.test(tag);
    const name = attribute('name');
    const value = attribute(isMeta ? 'content' : 'value');
    if (name && value && value.length >= SHORTEST && /^[\w.:[\]-]+$/.test(name))
      found.push({
        entry,
        key: name,
        value,
        from: { css: `${isMeta ? 'meta' : 'input'}[name="${name}"]@${isMeta ? 'content' : 'value'}` },
      });
  }
  return found;
}

/** Every text and number of a structure with its JSONPath. */
function leaves(value: unknown, path = '$', key = 'value', depth = 0): { key: string; value: string; path: string }[] {
  if (typeof value === 'string' || typeof value === 'number') return [{ key, value: String(value), path }];
  if (typeof value !== 'object' || value === null || depth > 20) return [];
  if (Array.isArray(value)) return value.flatMap((item, index) => leaves(item, `${path}[${index}]`, key, depth + 1));
  return Object.entries(value).flatMap(([name, item]) =>
    leaves(
      item,
      /^[A-Za-z_]\w*$/.test(name)
        ? `${path}.${name}`
        : `${path}['${name.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}']`,
      name,
      depth + 1,
    ),
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
