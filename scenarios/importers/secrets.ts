import { isSecretHeader } from '../engine/evidence/secret-headers.ts';
import { isTokenName } from '../engine/evidence/token-fields.ts';
import { identifier, slug, Unique } from './names.ts';

/** Shorter values stand in many places by chance. */
const SHORTEST_VALUE = 6;
/** So long is hardly a word. */
const LONG_WORD = 14;
const LONGEST_PREFIX = 30;
const TOKEN_ENDING =
  /(token|secret|password|passwd|passphrase|apikey|accesskey|secretkey|privatekey|credentials?|sessionid|authkey|subscriptionkey|appkey)$/;
/** Cursors of lists are called tokens too. */
const NO_TOKEN = /^(next|prev|previous|page|nextpage|prevpage|continuation|sync|cancel)token$/;
/** JSON Web Tokens (RFC 7519) and the prefixes that vendors gave their keys to be found by scanners. */
const TOKEN_SHAPE =
  /\b(eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|(?:sk|pk|rk)_(?:live|test)_\w{8,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|xox[abposr]-[\w-]{10,}|AKIA[0-9A-Z]{16}|glpat-[\w-]{16,}|PMAK-[\w-]{16,})/;

/** Whether a field, header, parameter or variable of this name holds a credential. */
export function isSecretName(name: string): boolean {
  const plain = name.replace(/[^A-Za-z0-9]/g, '').toLowerCase();
  return isTokenName(name) || isSecretHeader(name.toLowerCase()) || (TOKEN_ENDING.test(plain) && !NO_TOKEN.test(plain));
}

export function looksSecret(value: string): boolean {
  return TOKEN_SHAPE.test(value);
}

/**
 * The credentials of one document: each becomes a declared secret, so that no value of one is written to a file.
 * The same value has the same name wherever it stands.
 */
export class Secrets {
  readonly #prefix: string;
  readonly #names = new Unique('_');
  readonly #byValue = new Map<string, string>();
  readonly #telling: { secret: string; forms: readonly string[]; base64: string }[] = [];
  readonly #withoutValue = new Map<string, string>();

  /** @param service in front of each name, since names are environment variables of a whole machine */
  constructor(service: string) {
    const words = slug(service.toLowerCase(), 'api').slice(0, LONGEST_PREFIX).replace(/-/g, '_').toUpperCase();
    // A service may be called by its IP address.
    this.#prefix = /^[0-9]/.test(words) ? `API_${words}` : words;
  }

  /**
   * Hides a value. A value that has a template in it is no secret but a reference to one.
   * @param name what it is called in the document
   * @returns what to write instead
   */
  hide(name: string, value: string): string {
    if (value === '' || value.includes('{{')) return value;
    const known = this.#byValue.get(value);
    const secret = known ?? this.#take(name);
    if (known === undefined) {
      this.#byValue.set(value, secret);
      if (isTelling(value))
        this.#telling.push({ secret, forms: formsOf(value), base64: Buffer.from(value).toString('base64') });
    }
    return reference(secret);
  }

  /** A secret whose value the document does not know. */
  declare(name: string): string {
    const known = this.#withoutValue.get(name);
    const secret = known ?? this.#take(name);
    this.#withoutValue.set(name, secret);
    return reference(secret);
  }

  /** Replaces every known value in a structure, also URL- or base64-encoded, by its reference. */
  replace<T>(written: T): T {
    return deepReplace(written, (text) => this.#replaceIn(text, reference)) as T;
  }

  /** Takes every known value out of words for people. */
  blacken(text: string): string {
    return this.#replaceIn(text, () => '…').replace(new RegExp(TOKEN_SHAPE, 'g'), '…');
  }

  #take(name: string): string {
    const words = identifier(name.replace(/([a-z0-9])([A-Z])/g, '$1_$2'), 'secret').toUpperCase();
    return this.#names.take(`${this.#prefix}_${words.replace(/^_/, '')}`);
  }

  /** What stands between the braces of a template names things, and holds no value. */
  #replaceIn(text: string, by: (secret: string, filter?: string) => string): string {
    if (this.#telling.length === 0) return text;
    return text
      .split(/(\{\{.*?\}\})/s)
      .map((part, index) => (index % 2 === 0 ? this.#replaceInPlain(part, by) : part))
      .join('');
  }

  #replaceInPlain(text: string, by: (secret: string, filter?: string) => string): string {
    // A value that is put in must not be looked through again: it may hold another one's letters.
    const found: string[] = [];
    const mark = (words: string) => `\u0001${found.push(words) - 1}\u0001`;
    let replaced = text;
    for (const { secret, forms, base64 } of this.#telling) {
      for (const form of forms) if (replaced.includes(form)) replaced = replaced.replaceAll(form, mark(by(secret)));
      if (replaced.includes(base64)) replaced = replaced.replaceAll(base64, mark(by(secret, 'base64')));
    }
    return replaced.replace(/\u0001(\d+)\u0001/g, (_, index: string) => found[Number(index)]!);
  }
}

/** As it is, and as it stands in a URL. */
function formsOf(value: string): string[] {
  return [...new Set([value, encodeURIComponent(value.toWellFormed())])];
}

/** Whether a value is a credential wherever it stands. Words such as "secret" or "password" stand in many places. */
function isTelling(value: string): boolean {
  return value.length >= SHORTEST_VALUE && (/\d/.test(value) || value.length >= LONG_WORD);
}

/** Names of the secrets that a structure refers to, in alphabetical order. */
export function secretsIn(written: unknown): string[] {
  const found = new Set<string>();
  deepReplace(written, (text) => {
    for (const [, name] of text.matchAll(/\{\{\s*secrets\.([A-Za-z0-9_]+)/g)) found.add(name!);
    return text;
  });
  return [...found].sort();
}

function reference(secret: string, filter?: string): string {
  return filter ? `{{ secrets.${secret} | ${filter} }}` : `{{ secrets.${secret} }}`;
}

function deepReplace(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => deepReplace(item, change));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, deepReplace(item, change)]));
  return value;
}
