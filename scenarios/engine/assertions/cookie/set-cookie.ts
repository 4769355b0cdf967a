/** A cookie as a Set-Cookie field gives it; attributes that are not there are undefined. */
export interface SetCookie {
  readonly name: string;
  readonly value: string;
  readonly domain?: string;
  readonly path?: string;
  readonly expires?: string;
  /** Seconds. */
  readonly max_age?: number;
  readonly same_site?: string;
  readonly secure: boolean;
  readonly http_only: boolean;
}

const ATTRIBUTES: Readonly<Record<string, string>> = {
  domain: 'domain',
  path: 'path',
  expires: 'expires',
  'max-age': 'max_age',
  samesite: 'same_site',
};

/** Reads a Set-Cookie field value (RFC 6265bis §5.6); undefined where it sets no cookie. A repeated attribute counts last. */
export function parseSetCookie(field: string): SetCookie | undefined {
  const [pair = '', ...rest] = field.split(';');
  const equals = pair.indexOf('=');
  // A cookie without a name is its value; nobody can ask for it.
  const name = equals < 0 ? '' : pair.slice(0, equals).trim();
  if (name === '') return undefined;
  const cookie: Record<string, unknown> = {
    name,
    value: pair.slice(equals + 1).trim(),
    secure: false,
    http_only: false,
  };
  for (const attribute of rest) {
    const [word = '', ...value] = attribute.split('=');
    const key = word.trim().toLowerCase();
    const text = value.join('=').trim();
    if (key === 'secure') cookie.secure = true;
    else if (key === 'httponly') cookie.http_only = true;
    else if (key === 'max-age') {
      if (/^-?\d+$/.test(text)) cookie.max_age = Number(text);
    } else if (Object.hasOwn(ATTRIBUTES, key)) cookie[ATTRIBUTES[key]!] = text;
  }
  return cookie as unknown as SetCookie;
}
