import { formsOf, isShort, SHORTEST_INSIDE } from './secret-forms.ts';

export const REDACTED = '[redacted]';
/** Stands for a text that cannot be searched for all of the run's secrets. */
export const WITHHELD = '[withheld: the secrets of this run are too many or too long to be searched for]';

/**
 * What the search is built for, at most. A service decides how many secrets a run meets, and each costs some 80 µs on
 * the thread that schedules and pages; one longer than this is more than a regular expression holds.
 */
const MOST_SECRETS = 1_000;
const LONGEST_SECRET = 16_384;
const MOST_CHARACTERS = 65_536;

/** Digits of a number that is a secret rather than a size or a status that happens to be the same. */
const SHORTEST_NUMBER = 6;

/** Knows the secrets of one run and takes them out of whatever is about to be stored. */
export class Redactor {
  readonly #secrets = new Set<string>();
  #characters = 0;
  #withholding = false;
  #pattern: RegExp | null = null;
  #stale = false;
  readonly #keys = new Map<string, string>();
  /** Length of the shortest text that can hold a secret. */
  #shortest = 0;

  constructor(secrets: Iterable<string> = []) {
    for (const secret of secrets) this.add(secret);
  }

  /**
   * Takes note of a secret. Later text is searched for all its encoded forms; see formsOf. Where that becomes too much,
   * no text is given out any more.
   */
  add(secret: string): void {
    if (!this.addWhileRoom(secret)) this.#withholding = true;
  }

  /** As `add`, for what is masked where it stands anyway. @returns false where there is no room to search for it too */
  addWhileRoom(secret: string): boolean {
    if (secret === '' || this.#secrets.has(secret)) return true;
    const characters = this.#characters + secret.length;
    if (this.#secrets.size >= MOST_SECRETS || secret.length > LONGEST_SECRET || characters > MOST_CHARACTERS)
      return false;
    this.#characters = characters;
    this.#secrets.add(secret);
    this.#stale = true;
    this.#keys.clear();
    return true;
  }

  /** Whether all further secrets make no difference. */
  get withholding(): boolean {
    return this.#withholding;
  }

  text(text: string): string {
    if (this.#withholding) return text === '' || text === REDACTED ? text : WITHHELD;
    if (this.#secrets.size === 0 || text === '') return text;
    const pattern = this.#compiled();
    if (text.length < this.#shortest) return text;
    pattern.lastIndex = 0;
    return pattern.test(text) ? text.replace(pattern, REDACTED) : text;
  }

  /** A copy of plain data with the secrets taken out of all its strings and keys. Unchanged parts are shared. */
  data<T>(value: T): T {
    return this.#secrets.size === 0 && !this.#withholding ? value : (this.#walk(value) as T);
  }

  #walk(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number' || typeof value === 'bigint') {
      const text = String(value);
      return text.length >= SHORTEST_NUMBER && this.#secrets.has(text) ? REDACTED : value;
    }
    if (value === null || typeof value !== 'object') return value;
    return Array.isArray(value) ? this.#walkList(value) : this.#walkRecord(value as Record<string, unknown>);
  }

  #walkList(list: unknown[]): unknown[] {
    let copy: unknown[] | null = null;
    for (let index = 0; index < list.length; index++) {
      const clean = this.#walk(list[index]);
      if (clean === list[index]) continue;
      copy ??= [...list];
      copy[index] = clean;
    }
    return copy ?? list;
  }

  #walkRecord(record: Record<string, unknown>): Record<string, unknown> {
    let changed: Map<string, unknown> | null = null;
    let renamed = false;
    for (const key of Object.keys(record)) {
      const clean = this.#walk(record[key]);
      if (clean !== record[key]) {
        changed ??= new Map();
        changed.set(key, clean);
      }
      renamed ||= this.#key(key) !== key;
    }
    if (!changed && !renamed) return record;
    const entries = Object.entries(record).map(([key, value]): [string, unknown] => [
      this.#key(key),
      changed?.has(key) ? changed.get(key) : value,
    ]);
    return Object.fromEntries(entries);
  }

  /** Keys are few and come again in every step. */
  #key(key: string): string {
    const known = this.#keys.get(key);
    if (known !== undefined) return known;
    const clean = this.text(key);
    this.#keys.set(key, clean);
    return clean;
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
    this.#shortest = short.length > 0 ? 1 : SHORTEST_INSIDE;
    return this.#pattern;
  }
}

const escapePattern = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
