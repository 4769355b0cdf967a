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

// A name, a colon and a scalar. A string may be cut off by the end of the text, since evidence is capped.
const JSON_FIELD = /"((?:[^"\\]|\\.){1,40})"\s*:\s*(?:"([^"\\]*(?:\\.[^"\\]*)*)(?:"|\\?$)|(-?\d[^,}\]\s]*))/g;
const FORM_FIELD = /(?:^|[?&;#])([^=&;?#\s]{1,60})=([^&;#>\s]*)/g;

/** Where the values of token-like fields stand in JSON, whole or cut off. */
export function tokensInJson(text: string): Span[] {
  return spansOf(JSON_FIELD, text);
}

/** Where the values of token-like fields stand in a query, a fragment or a urlencoded form. */
export function tokensInForm(text: string): Span[] {
  return spansOf(FORM_FIELD, text);
}

function spansOf(pattern: RegExp, text: string): Span[] {
  const spans: Span[] = [];
  for (const match of text.matchAll(pattern)) {
    const value = match[2] ?? match[3];
    if (!value || !isTokenName(match[1]!)) continue;
    const end = match.index + match[0].length - (match[2] !== undefined && match[0].endsWith('"') ? 1 : 0);
    spans.push({ start: end - value.length, end });
  }
  return spans;
}
