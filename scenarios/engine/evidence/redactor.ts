import { LiteralSearch } from './literal-search.ts';
import { formsOf, formsOfDeclared, isShort, SHORTEST_INSIDE } from './secret-forms.ts';
import { replaceWords } from './short-words.ts';

export const REDACTED = '[redacted]';
/** Stands for a text that cannot be searched for all of the run's secrets. */
export const WITHHELD = '[withheld: the secrets of this run are too many or too long to be searched for]';

/**
 * What is searched for, at most. A service decides how many secrets a run meets, and each costs time on the thread
 * that schedules and pages.
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
  readonly #declared = new Set<string>();
  #search: LiteralSearch | null = null;
  /** Secrets whose forms are not searched for yet: many are only met on the way to a run that nobody looks at. */
  #pending: string[] = [];
  /** Inside other words a text of one to three characters is not the secret but a coincidence. */
  readonly #short = new Set<string>();

  /** @param declared secrets of the configuration */
  constructor(declared: Iterable<string> = []) {
    for (const secret of declared) {
      this.#declared.add(secret);
      this.add(secret);
    }
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
    this.#pending.push(secret);
    return true;
  }

  has(text: string): boolean {
    return this.#secrets.has(text);
  }

  /** How many secrets are known. */
  get size(): number {
    return this.#secrets.size;
  }

  /** Whether half of the room is taken. */
  get crowded(): boolean {
    return this.#secrets.size > MOST_SECRETS / 2 || this.#characters > MOST_CHARACTERS / 2;
  }

  /** Forgets all but the secrets that were taken note of first. */
  forgetAfter(count: number): void {
    for (const secret of [...this.#secrets].slice(count)) {
      this.#secrets.delete(secret);
      this.#characters -= secret.length;
    }
    this.rest();
  }

  /** Lets go of what the search needs, until the next text. */
  rest(): void {
    this.#search?.release();
    this.#search = null;
    this.#pending = [...this.#secrets];
    this.#short.clear();
  }

  /** Whether all further secrets make no difference. */
  get withholding(): boolean {
    return this.#withholding;
  }

  text(text: string): string {
    if (this.#withholding) return text === '' || text === REDACTED ? text : WITHHELD;
    if (this.#secrets.size === 0 || text === '') return text;
    const search = this.#upToDate();
    const clean = text.length < SHORTEST_INSIDE ? text : search.replace(text, REDACTED);
    if (clean === null) {
      this.#withholding = true;
      return WITHHELD;
    }
    return this.#short.size > 0 ? replaceWords(clean, this.#short, REDACTED) : clean;
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
      renamed ||= this.text(key) !== key;
    }
    if (!changed && !renamed) return record;
    const entries = Object.entries(record).map(([key, value]): [string, unknown] => [
      this.text(key),
      changed?.has(key) ? changed.get(key) : value,
    ]);
    return Object.fromEntries(entries);
  }

  #upToDate(): LiteralSearch {
    this.#search ??= new LiteralSearch();
    if (this.#pending.length === 0) return this.#search;
    for (const secret of this.#pending) {
      const forms = this.#declared.has(secret) ? formsOfDeclared(secret) : formsOf(secret);
      for (const form of forms) this.#search.add(form);
      if (isShort(secret)) this.#short.add(secret);
    }
    this.#pending = [];
    return this.#search;
  }
}
