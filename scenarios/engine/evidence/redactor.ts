import { formsOf, isShort } from './secret-forms.ts';

export const REDACTED = '[redacted]';

/** Digits of a number that is a secret rather than a size or a status that happens to be the same. */
const SHORTEST_NUMBER = 6;

/** Knows the secrets of one run and takes them out of whatever is about to be stored. */
export class Redactor {
  readonly #secrets = new Set<string>();
  #pattern: RegExp | null = null;
  #stale = false;

  constructor(secrets: Iterable<string> = []) {
    for (const secret of secrets) this.add(secret);
  }

  /** Takes note of a secret. Later text is searched for all its encoded forms; see formsOf. */
  add(secret: string): void {
    if (secret === '' || this.#secrets.has(secret)) return;
    this.#secrets.add(secret);
    this.#stale = true;
  }

  text(text: string): string {
    if (this.#secrets.size === 0 || text === '') return text;
    const pattern = this.#compiled();
    pattern.lastIndex = 0;
    return pattern.test(text) ? text.replace(pattern, REDACTED) : text;
  }

  /** A copy of plain data with the secrets taken out of all its strings and keys. Unchanged parts are shared. */
  data<T>(value: T): T {
    return this.#secrets.size === 0 ? value : (this.#walk(value) as T);
  }

  #walk(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number' || typeof value === 'bigint') {
      const text = String(value);
      return text.length >= SHORTEST_NUMBER && this.#secrets.has(text) ? REDACTED : value;
    }
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) {
      let copy: unknown[] | null = null;
      for (let index = 0; index < value.length; index++) {
        const clean = this.#walk(value[index]);
        if (clean !== value[index]) copy ??= [...value];
        if (copy) copy[index] = clean;
      }
      return copy ?? value;
    }
    let changed = false;
    const entries = Object.entries(value).map(([key, inner]): [string, unknown] => {
      const cleanKey = this.text(key);
      const clean = this.#walk(inner);
      changed ||= clean !== inner || cleanKey !== key;
      return [cleanKey, clean];
    });
    return changed ? Object.fromEntries(entries) : value;
  }

  #compiled(): RegExp {
    if (this.#pattern && !this.#stale) return this.#pattern;
    const forms = new Set<string>();
    const short: string[] = [];
    for (const secret of this.#secrets) {
      for (const form of formsOf(secret)) forms.add(escapePattern(form));
      // Inside other words a text of one to three characters is not the secret but a coincidence.
      if (isShort(secret)) short.push(`(?<![\\w])${escapePattern(secret)}(?![\\w])`);
    }
    const longestFirst = [...forms].sort((a, b) => b.length - a.length);
    this.#pattern = new RegExp([...longestFirst, ...short].join('|'), 'g');
    this.#stale = false;
    return this.#pattern;
  }
}

const escapePattern = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
