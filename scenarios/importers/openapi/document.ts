import { isMapping, type Mapping } from '../../language/written.ts';
import { readStructure } from '../structure.ts';

/** References that lead to references: more than this is a loop. */
const MOST_HOPS = 30;
const EMPTY: Mapping = {};

/** An OpenAPI description whose references are followed where they are looked at, so that recursive schemas stay finite. */
export class Description {
  readonly root: Mapping;
  readonly #load: (path: string) => string | null;
  readonly #files = new Map<string, unknown>();
  readonly #homes = new WeakMap<object, unknown>();
  /** References that lead nowhere. */
  readonly broken = new Set<string>();

  /** @param load the text of a file that a reference names, relative to the description */
  constructor(root: Mapping, load: (path: string) => string | null) {
    this.root = root;
    this.#load = load;
  }

  /** What a value is after its references; an empty mapping where one leads nowhere. */
  at(value: unknown): Mapping {
    let here = value;
    for (let hop = 0; hop < MOST_HOPS; hop++) {
      if (!isMapping(here)) return EMPTY;
      const { $ref: reference } = here;
      if (typeof reference !== 'string') return here;
      here = this.#follow(reference, here);
    }
    return EMPTY;
  }

  /** The value of a key after its references, as a mapping. */
  field(value: unknown, key: string): Mapping {
    const here = this.at(value);
    return Object.hasOwn(here, key) ? this.at(this.#adopt(here[key], here)) : EMPTY;
  }

  entries(value: unknown): [string, Mapping][] {
    const here = this.at(value);
    return Object.entries(here).flatMap(([key, item]): [string, Mapping][] =>
      isMapping(item) ? [[key, this.at(this.#adopt(item, here))]] : [],
    );
  }

  list(value: unknown): Mapping[] {
    return Array.isArray(value) ? value.filter(isMapping).map((item) => this.at(item)) : [];
  }

  #follow(reference: string, from: object): unknown {
    const [file = '', pointer = ''] = reference.split('#', 2);
    const document = file === '' ? (this.#homes.get(from) ?? this.root) : this.#file(file);
    let here: unknown = document;
    for (const key of pointer.split('/').slice(1).map(unescapePointer)) {
      here =
        isMapping(here) && Object.hasOwn(here, key) ? here[key] : Array.isArray(here) ? here[Number(key)] : undefined;
    }
    if (here === undefined) this.broken.add(reference);
    if (document !== this.root && isMapping(here)) this.#homes.set(here, document);
    return here;
  }

  /** What stands in another file refers to that file. */
  #adopt(value: unknown, parent: object): unknown {
    const home = this.#homes.get(parent);
    if (home !== undefined && isMapping(value)) this.#homes.set(value, home);
    return value;
  }

  #file(path: string): unknown {
    if (!this.#files.has(path)) {
      const text = this.#load(path);
      this.#files.set(path, text === null ? undefined : (readStructure(text)?.value ?? undefined));
    }
    return this.#files.get(path);
  }
}

/** RFC 6901 §4; in a fragment percent-encoded as well (§6). */
function unescapePointer(token: string): string {
  let decoded = token;
  try {
    decoded = decodeURIComponent(token);
  } catch {
    // It was not encoded.
  }
  return decoded.replaceAll('~1', '/').replaceAll('~0', '~');
}
