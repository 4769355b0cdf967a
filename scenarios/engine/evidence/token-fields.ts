/** Names of fields whose values are credentials, whoever sends them. Compared without case, `-` and `_`. */
const TOKEN_NAMES = new Set([
  'password',
  'passwd',
  'pwd',
  'passphrase',
  'newpassword',
  'oldpassword',
  'currentpassword',
  'secret',
  'clientsecret',
  'token',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'authtoken',
  'sessiontoken',
  'csrftoken',
  'bearer',
  'apikey',
  'xapikey',
  'apitoken',
  'privatekey',
  'secretkey',
  'authorization',
  'cookie',
  'setcookie',
  'sessionid',
  'credential',
  'credentials',
  'jwt',
  'otp',
  'xauthtoken',
  'xcsrftoken',
  'proxyauthorization',
  'signature',
  'clientassertion',
]);

/** The names of a service's fields come again in every body. */
const known = new Map<string, boolean>();
const MOST_KNOWN = 1_000;

export function isTokenName(name: string): boolean {
  let found = known.get(name);
  if (found === undefined) {
    found = TOKEN_NAMES.has(name.replace(/[-_\s]/g, '').toLowerCase());
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(name, found);
  }
  return found;
}

/** A span of text, `end` exclusive. */
export interface Span {
  start: number;
  end: number;
}

const FORM_FIELD = /(?:^|[?&;#])([^=&;?#\s]{1,60})=([^&;#>\s]*)/g;

/** Where the values of token-like fields stand in JSON, and in JSON that is a text in JSON, as messages in a list are. */
export function tokensInJson(text: string): Span[] {
  const spans = tokensInPlainJson(text);
  if (!text.includes('\\"')) return spans;
  const all = [...spans, ...tokensInQuotedJson(text)].sort((a, b) => a.start - b.start);
  let end = 0;
  return all.filter((span) => {
    const apart = span.start >= end;
    if (apart) end = span.end;
    return apart;
  });
}

/**
 * Where the values of token-like fields stand in JSON: strings and numbers behind a name and a colon. A string may be
 * cut off by the end of the text, since evidence is capped. Reads characters, because a regular expression makes
 * an array of every field that it passes.
 */
function tokensInPlainJson(text: string): Span[] {
  const spans: Span[] = [];
  let quote = text.indexOf('"');
  while (quote >= 0) {
    const nameEnd = stringEnd(text, quote, LONGEST_NAME);
    const colon = nameEnd < 0 ? -1 : skipSpace(text, nameEnd + 1);
    if (colon < 0 || text.charCodeAt(colon) !== COLON || nameEnd === quote + 1) {
      quote = text.indexOf('"', quote + 1);
      continue;
    }
    const value = skipSpace(text, colon + 1);
    const isString = text.charCodeAt(value) === QUOTE;
    const start = isString ? value + 1 : value;
    const end = isString ? valueEnd(text, value) : numberEnd(text, value);
    if (end > start && isTokenName(text.slice(quote + 1, nameEnd))) spans.push({ start, end });
    quote = text.indexOf('"', isString ? end + 1 : end);
  }
  return spans;
}

/**
 * The same where quotes are escaped, once or more: every quote of a field has as many backslashes in front of it, and those
 * inside its value have more.
 */
function tokensInQuotedJson(text: string): Span[] {
  const spans: Span[] = [];
  let quote = text.indexOf('\\"') + 1;
  while (quote > 0) {
    const depth = backslashesBefore(text, quote);
    const nameEnd = depth > DEEPEST ? -1 : quotedNameEnd(text, quote, depth);
    const colon = nameEnd < 0 ? -1 : skipSpace(text, nameEnd + 1);
    let next = quote;
    if (colon >= 0 && text.charCodeAt(colon) === COLON) {
      // Another document may stand inside a value that is shown.
      next = nameEnd;
      const value = skipSpace(text, colon + 1);
      if (isTokenName(text.slice(quote + 1, nameEnd - depth))) {
        const opening = value + depth;
        const isString = text.charCodeAt(opening) === QUOTE && backslashesBefore(text, opening) === depth;
        const start = isString ? opening + 1 : value;
        const end = isString ? quotedValueEnd(text, opening, depth) : numberEnd(text, value);
        if (end > start) spans.push({ start, end });
        next = Math.max(nameEnd, end + depth);
      }
    }
    quote = text.indexOf('\\"', next) + 1;
  }
  return spans;
}

/** Where the values of token-like fields stand in a query, a fragment or a urlencoded form. */
export function tokensInForm(text: string): Span[] {
  const spans: Span[] = [];
  for (const match of text.matchAll(FORM_FIELD)) {
    const value = match[2]!;
    const end = match.index + match[0].length;
    if (value !== '' && isTokenName(match[1]!)) spans.push({ start: end - value.length, end });
  }
  return spans;
}

const QUOTE = 34;
const COLON = 58;
const BACKSLASH = 92;
const LONGEST_NAME = 80;
/** Backslashes in front of a quote: 1, 3, 7, 15 for a document in a document and so on. */
const DEEPEST = 15;

/** @returns where the string that begins at `quote` ends, or -1 where it does not within so many characters */
function stringEnd(text: string, quote: number, most: number): number {
  const last = Math.min(text.length, quote + 1 + most + 1);
  for (let at = quote + 1; at < last; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return -1;
}

/** As stringEnd, however long; a string that is cut off ends with the text. */
function valueEnd(text: string, quote: number): number {
  for (let at = text.indexOf('"', quote + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}

/** @returns the quote that ends a name, with as many backslashes in front of it, or -1 */
function quotedNameEnd(text: string, opening: number, depth: number): number {
  const last = opening + 1 + LONGEST_NAME + depth;
  for (let at = text.indexOf('"', opening + 1); at >= 0 && at <= last; at = text.indexOf('"', at + 1)) {
    const found = backslashesBefore(text, at);
    if (found <= depth) return found === depth ? at : -1;
  }
  return -1;
}

/** @returns where a value ends that stands between quotes with so many backslashes: before theirs, or with the text */
function quotedValueEnd(text: string, opening: number, depth: number): number {
  for (let at = text.indexOf('"', opening + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    const found = backslashesBefore(text, at);
    if (found <= depth) return at - found;
  }
  return text.length;
}

function backslashesBefore(text: string, quote: number): number {
  let count = 0;
  while (text.charCodeAt(quote - 1 - count) === BACKSLASH) count++;
  return count;
}

function numberEnd(text: string, from: number): number {
  const first = text.charCodeAt(from);
  const digit = text.charCodeAt(first === 45 ? from + 1 : from);
  if (!(digit >= 48 && digit <= 57)) return from;
  let at = from + 1;
  while (at < text.length && !/[,}\]\s]/.test(text[at]!)) at++;
  return at;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); code === 32 || (code >= 9 && code <= 13); code = text.charCodeAt(++at));
  return at;
}
