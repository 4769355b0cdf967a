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
const MOST_NAMES = 4096;
const LONGEST_VALUE = 200;
/** Codes are single UTF-16 units; those below are kept for marks. */
const FIRST_CODE = 2;
const LAST_CODE = 0xffff;
const ROW = '';

/** Codes of the values of one attribute; undefined once there were too many. */
interface Learnt {
  codes: Map<AttributeValue, string> | undefined;
  always: boolean;
}

/**
 * Parts attributes into those that few values repeat (they go into the shape, written once) and the others (they stay
 * with the row). Learnt per attribute name as values pass by; either place gives the same answers. The repeating part
 * is identified by one character per attribute, so that looking it up costs little.
 */
export class AttributeSplitter {
  #learnt = new Map<string, Learnt>();
  #nextCode = FIRST_CODE;
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
    let key = '';
    let rest: Attributes | undefined;
    for (const name in attributes) {
      const value = attributes[name]!;
      const code = this.#code(name, value);
      key += code;
      if (code === ROW) {
        rest ??= Object.create(null) as Attributes;
        rest[name] = value;
      }
    }
    this.key = key;
    this.rest = rest ? toJson(rest) : null;
  }

  /** The repeating part of what was split last, as JSON. */
  shared(attributes: Attributes): string {
    const shared = Object.create(null) as Attributes;
    for (const name in attributes) {
      if (this.#code(name, attributes[name]!) !== ROW) shared[name] = attributes[name]!;
    }
    return toJson(shared);
  }

  /** What stands for the attribute in the key; `ROW` when it stays with the row. */
  #code(name: string, value: AttributeValue): string {
    if (typeof value === 'object') return ROW;
    let learnt = this.#learnt.get(name);
    if (learnt === undefined) {
      if (this.#learnt.size >= MOST_NAMES) return ROW;
      learnt = { codes: new Map(), always: this.#always.has(name) };
      this.#learnt.set(name, learnt);
    }
    const known = learnt.codes?.get(value);
    return known ?? this.#learn(name, value as string | number | boolean, learnt);
  }

  #learn(name: string, value: string | number | boolean, learnt: Learnt): string {
    const isFull = learnt.codes === undefined || learnt.codes.size >= MOST_VALUES || this.#nextCode > LAST_CODE;
    if (!isFull && (typeof value !== 'string' || value.length <= LONGEST_VALUE)) {
      const code = String.fromCharCode(this.#nextCode++);
      learnt.codes!.set(value, code);
      return code;
    }
    if (learnt.always) {
      const written = String(value);
      return `\u0000${typeof value} ${name.length} ${written.length} ${name}${written}`;
    }
    if (isFull) learnt.codes = undefined;
    return ROW;
  }
}
