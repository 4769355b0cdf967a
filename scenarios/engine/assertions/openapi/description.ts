import { isMapping, type Mapping } from '../../../language/written.ts';
import { asWord } from '../condition.ts';
import { type CompiledSchema, compileSchema } from '../json-schema.ts';
import { asJsonSchema } from './schemas.ts';

/** A place in the description and what stands there, references followed. */
export interface Place {
  /** Segments of a JSON Pointer from the description's top. */
  readonly path: readonly string[];
  readonly value: Mapping;
}

const ROOT_ID = 'https://openapi.invalid/description';
const MOST_REFERENCES = 20;

/**
 * An OpenAPI description, 3.0 or 3.1, with schemas that are compiled when first needed. Its fields are private, so that
 * nothing in it is ever taken for a template.
 */
export class Description {
  readonly #document: Mapping;
  readonly #version: '3.0' | '3.1';
  #root: object | undefined;
  readonly #schemas = new Map<string, CompiledSchema | { error: string }>();

  constructor(document: Mapping, version: '3.0' | '3.1') {
    this.#document = document;
    this.#version = version;
  }

  get top(): Place {
    return { path: [], value: this.#document };
  }

  /** The mapping at a key, where there is one. References into the description are followed. */
  child({ path, value }: Place, key: string): Place | undefined {
    return Object.hasOwn(value, key) ? this.#followed([...path, key], value[key]) : undefined;
  }

  /** The keys of a mapping that hold mappings, references followed. */
  children(place: Place): [string, Place][] {
    return Object.keys(place.value).flatMap((key) => {
      const found = this.child(place, key);
      return found ? [[key, found] as [string, Place]] : [];
    });
  }

  /** The schema at a place, compiled once. */
  schema({ path }: Place): CompiledSchema | { error: string } {
    const pointer = path
      .map((part) => `/${encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))}`)
      .join('');
    const known = this.#schemas.get(pointer);
    if (known) return known;
    this.#root ??= { ...(asJsonSchema(this.#document, this.#version) as object), $id: ROOT_ID };
    const made = compileSchema({ $ref: `${ROOT_ID}#${pointer}` }, [this.#root]);
    this.#schemas.set(pointer, made);
    return made;
  }

  #followed(path: readonly string[], value: unknown): Place | undefined {
    let place = { path, value };
    for (let count = 0; count < MOST_REFERENCES; count++) {
      const { value: here } = place;
      if (!isMapping(here)) return undefined;
      const { $ref: reference } = here;
      if (typeof reference !== 'string' || !reference.startsWith('#/')) return { path: place.path, value: here };
      const target = reference
        .slice(2)
        .split('/')
        .map((part) => decode(part).replaceAll('~1', '/').replaceAll('~0', '~'));
      let found: unknown = this.#document;
      for (const key of target) found = isMapping(found) && Object.hasOwn(found, key) ? found[key] : undefined;
      place = { path: target, value: found };
    }
    return undefined;
  }
}

/** @returns why it is no description that can be used, in words */
export function describe(document: Mapping): Description | { error: string } {
  const { openapi, swagger } = document;
  if (typeof swagger === 'string') return { error: `it is Swagger ${swagger}: convert it to OpenAPI 3` };
  const version = /^3\.[01](?=\.|$)/.exec(asWord(openapi))?.[0];
  if (version === undefined)
    return { error: openapi === undefined ? 'it has no key "openapi"' : `OpenAPI ${asWord(openapi)} is not known` };
  if (!isMapping(document.paths)) return { error: 'it has no "paths"' };
  return new Description(document, version as '3.0' | '3.1');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
