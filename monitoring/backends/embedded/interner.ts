import type { Attributes, AttributeValue } from '../../telemetry.ts';
import { toJson } from './values.ts';

const MAX_KEYS = 50_000;

/**
 * Gives every different key a number of its own. Memory is bounded: a full table is forgotten, and a key seen again
 * gets a second number, which costs a row and changes no answer.
 */
export class Interner {
  #ids = new Map<string, number>();
  #next: number;

  constructor(next: number) {
    this.#next = next;
  }

  get next(): number {
    return this.#next;
  }

  /** @param create is told the new number, to write the row that it names */
  intern(key: string, create: (id: number) => void): number {
    let id = this.#ids.get(key);
    if (id === undefined) {
      if (this.#ids.size >= MAX_KEYS) this.forget();
      id = this.#next++;
      this.#ids.set(key, id);
      create(id);
    }
    return id;
  }

  /** After a rollback: the rows of the latest numbers were never written. */
  forget(): void {
    this.#ids.clear();
  }
}

const MOST_VALUES = 64;
const LONGEST_VALUE = 200;

/**
 * Parts attributes into those that few values repeat (they go into the shape, written once) and the others (they stay
 * with the row). Learnt per attribute name as values pass by; either place gives the same answers.
 */
export class AttributeSplitter {
  #seen = new Map<string, Set<AttributeValue> | null>();
  readonly #always: ReadonlySet<string>;
  /** Of the last `split`: what identifies the repeating part. */
  key = '';
  /** Of the last `split`: the rest as JSON, or null. */
  rest: string | null = null;

  /** @param always names that belong to the shape however many values they take */
  constructor(always: readonly string[]) {
    this.#always = new Set(always);
  }

  split(attributes: Attributes): void {
    this.key = '';
    let rest: Attributes | undefined;
    for (const name in attributes) {
      const value = attributes[name]!;
      if (this.#repeats(name, value)) this.key += `\u0001${name}\u0002${typeof value === 'string' ? '' : '#'}${value}`;
      else {
        rest ??= Object.create(null) as Attributes;
        rest[name] = value;
      }
    }
    this.rest = rest ? toJson(rest) : null;
  }

  /** The repeating part of what was split last, as JSON. */
  shared(attributes: Attributes): string {
    const shared = Object.create(null) as Attributes;
    for (const name in attributes) if (this.#repeats(name, attributes[name]!)) shared[name] = attributes[name]!;
    return toJson(shared);
  }

  #repeats(name: string, value: AttributeValue): boolean {
    if (typeof value === 'object') return false;
    if (this.#always.has(name)) return true;
    let seen = this.#seen.get(name);
    if (seen === null) return false;
    if (seen === undefined) {
      if (this.#seen.size >= 4096) return false;
      seen = new Set();
      this.#seen.set(name, seen);
    }
    if (seen.has(value)) return true;
    if (typeof value === 'string' && value.length > LONGEST_VALUE) return false;
    if (seen.size >= MOST_VALUES) {
      this.#seen.set(name, null);
      return false;
    }
    seen.add(value);
    return true;
  }
}
