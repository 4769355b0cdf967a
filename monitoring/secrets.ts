import { Buffer } from 'node:buffer';
import { types } from 'node:util';

/** Names of settings and headers whose values nobody may read. */
const SECRET_NAME =
  /pass(word|wd|phrase)|secret|token|cookie|authorization|credential|(^|[-_])(key|auth|signature|sig)$/i;
/** Not a secret, and the first thing that one who mends access needs to know. */
const NO_SECRET = new Set(['access_key_id']);
const SCHEME = /^(Bearer|Basic|Token|ApiKey|Api-Token)\s+/i;
/** A header without such a name may carry one all the same, when it is as long as keys are. */
const LEAST_KEY_LENGTH = 16;
/** Shorter ones would take letters out of the middle of words. */
const LEAST_LENGTH = 4;
const LEAST_BEGINNING = 6;

/** Characters that steer a terminal or turn the direction of writing. Whoever answers us must not write to anybody's screen. */
const STEERING = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

export type Scrub = (text: string) => string;

/**
 * Makes what others say fit to be told: in one line, and without the secrets of a backend's or a source's settings, be it as
 * they stand there, percent-encoded, inside JSON, or in Base64 as in `Authorization: Basic`. Servers and proxies repeat in their
 * answers what they were sent, and answers become log lines, reasons in the ledger, dead letters and what the HTTP API tells.
 */
export function scrubberOf(settings: Readonly<Record<string, unknown>>): Scrub {
  const written = new Set<string>();
  for (const secret of secretsIn(settings)) {
    for (const form of formsOf(secret)) if (form.length >= LEAST_LENGTH) written.add(form);
  }
  // The longest first, so that no end of one is left behind.
  const forms = [...written].sort((a, b) => b.length - a.length);
  return (text) => {
    const rest = forms.reduce((left, form) => left.replaceAll(form, '[secret]'), text);
    return forms.reduce(withoutBeginning, rest).replace(STEERING, ' ');
  };
}

/** Texts are cut to a length, perhaps in the middle of a secret. */
function withoutBeginning(text: string, form: string): string {
  const end = text.endsWith('…') ? text.length - 1 : text.length;
  for (let length = Math.min(form.length - 1, end); length >= LEAST_BEGINNING; length--) {
    if (text.endsWith(form.slice(0, length), end)) return `${text.slice(0, end - length)}[secret]${text.slice(end)}`;
  }
  return text;
}

function secretsIn(settings: Readonly<Record<string, unknown>>): string[] {
  const found: string[] = [];
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value === 'string') {
      if (SECRET_NAME.test(name) && !NO_SECRET.has(name)) found.push(value);
      else found.push(...secretsInUrl(value));
    } else if (name === 'headers' && typeof value === 'object' && value !== null) {
      for (const [header, text] of Object.entries(value)) {
        if (typeof text !== 'string') continue;
        // Its scheme is no secret, and servers repeat the key without it.
        if (SECRET_NAME.test(header) || text.length >= LEAST_KEY_LENGTH) found.push(text.replace(SCHEME, ''));
      }
    }
  }
  const { username, password } = settings;
  if (typeof username === 'string' && typeof password === 'string') found.push(basic(username, password));
  return found;
}

function secretsInUrl(text: string): string[] {
  const url = text.includes('://') ? URL.parse(text) : null;
  if (!url) return [];
  const found = [...url.searchParams].filter(([name]) => SECRET_NAME.test(name)).map(([, value]) => value);
  if (url.password === '') return found;
  const [username, password] = [decoded(url.username), decoded(url.password)];
  return [...found, url.password, password, basic(username, password)];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function basic(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString('base64').replace(/=+$/, '');
}

function formsOf(secret: string): string[] {
  return [
    secret,
    encodeURIComponent(secret.toWellFormed()),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  ];
}

const SAID = ['message', 'stack', 'hint'];
const KEPT = new Set([...SAID, 'name', 'code', 'exitCode']);

/**
 * The same error, saying nothing secret. What else hangs on it goes, causes too: clients keep whole requests and answers
 * there.
 */
export function scrubbed<Thrown>(thrown: Thrown, scrub: Scrub): Thrown {
  if (!types.isNativeError(thrown)) return typeof thrown === 'string' ? (scrub(thrown) as Thrown) : thrown;
  for (const key of Reflect.ownKeys(thrown)) if (!KEPT.has(String(key))) Reflect.deleteProperty(thrown, key);
  for (const key of SAID) {
    const told = Reflect.get(thrown, key);
    if (typeof told !== 'string') continue;
    const rest = key === 'stack' ? told.split('\n').map(scrub).join('\n') : scrub(told);
    if (rest !== told) Object.defineProperty(thrown, key, { value: rest, configurable: true, writable: true });
  }
  return thrown;
}
