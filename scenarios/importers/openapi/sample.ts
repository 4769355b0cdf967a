import { isMapping, listOf, type Mapping } from '../../language/written.ts';
import { literalValue } from '../literal.ts';
import type { Description } from './document.ts';
import { textMatching } from './pattern.ts';

/** Deeper than this, only what is required is filled in; schemas may be recursive. */
const DEEP = 6;
const DEEPEST = 20;
/** Values and schemas that one sample looks at: some that refer to themselves twice have no end otherwise. */
const MOST = 20_000;

export interface SampleOptions {
  /** What a server sends has read-only fields and every optional one; what a client sends has neither. */
  readonly direction: 'request' | 'response';
  /** Ids, times and addresses become generators of a scenario, so that a second run is not refused as a duplicate. */
  readonly generators: boolean;
}

/** A value that a schema (OpenAPI 3.0 §4.8.24, 3.1: JSON Schema 2020-12) accepts, always the same one. */
export function sample(schema: unknown, description: Description, options: SampleOptions): unknown {
  return new Sampler(description, options).value(schema, '', 0);
}

class Sampler {
  readonly #description: Description;
  readonly #options: SampleOptions;
  #left = MOST;

  constructor(description: Description, options: SampleOptions) {
    this.#description = description;
    this.#options = options;
  }

  /** @param name of the property, which says more about a text than its schema */
  value(written: unknown, name: string, depth: number): unknown {
    if (written === true || depth > DEEPEST || this.#left-- <= 0) return null;
    const schema = this.#merged(this.#description.at(written), 0);
    const given = givenValue(schema);
    if (given) return this.#literal(given.value);
    if (Array.isArray(schema.enum) && schema.enum.length > 0)
      return this.#literal(schema.enum.find((value) => value !== null) ?? null);
    if ('const' in schema) return this.#literal(schema.const);
    switch (typeOf(schema)) {
      case 'object':
        return this.#object(schema, depth);
      case 'array':
        return this.#array(schema, name, depth);
      case 'integer':
      case 'number':
        return number(schema);
      case 'boolean':
        return true;
      case 'null':
        return null;
      default:
        return this.#text(schema, name);
    }
  }

  #object(schema: Mapping, depth: number): Record<string, unknown> {
    const required = listOf(schema.required);
    const properties = isMapping(schema.properties) ? schema.properties : {};
    const { direction } = this.#options;
    const result: Record<string, unknown> = {};
    for (const [name, written] of Object.entries(properties)) {
      const property = this.#merged(this.#description.at(written), 0);
      if (direction === 'request' ? property.readOnly === true : property.writeOnly === true) continue;
      const wanted =
        direction === 'request' ? givenValue(property) !== undefined && property.deprecated !== true : depth < DEEP;
      if (required.includes(name) || wanted) result[name] = this.value(written, name, depth + 1);
    }
    for (const name of required)
      if (typeof name === 'string' && !Object.hasOwn(properties, name) && !Object.hasOwn(result, name))
        result[name] = this.value(schema.additionalProperties ?? {}, name, depth + 1);
    // A body that has nothing but optional fields says something with the first.
    const least = Math.max(
      typeof schema.minProperties === 'number' ? schema.minProperties : 0,
      depth === 0 && direction === 'request' ? 1 : 0,
    );
    for (const [name, written] of Object.entries(properties)) {
      if (Object.keys(result).length >= least) break;
      const property = this.#description.at(written);
      if (!Object.hasOwn(result, name) && property.readOnly !== true)
        result[name] = this.value(written, name, depth + 1);
    }
    for (
      let index = 1;
      Object.keys(result).length < Math.min(least, 20) && isMapping(schema.additionalProperties);
      index++
    )
      result[`key${index}`] = this.value(schema.additionalProperties, '', depth + 1);
    return result;
  }

  #array(schema: Mapping, name: string, depth: number): unknown[] {
    const least = Math.min(typeof schema.minItems === 'number' ? schema.minItems : depth < DEEP ? 1 : 0, 20);
    const prefix = listOf(schema.prefixItems);
    const singular = name.replace(/ies$/, 'y').replace(/s$/, '');
    const most = typeof schema.maxItems === 'number' ? schema.maxItems : Number.POSITIVE_INFINITY;
    return Array.from({ length: Math.min(Math.max(least, prefix.length), most) }, (_, index) => {
      const item = this.value(prefix[index] ?? schema.items ?? {}, singular, depth + 1);
      if (schema.uniqueItems !== true || index === 0) return item;
      const choices = listOf(this.#description.at(schema.items).enum);
      return choices.length > 0
        ? choices[index % choices.length]
        : typeof item === 'number'
          ? item + index
          : typeof item === 'string'
            ? `${item}${index}`
            : item;
    });
  }

  #text(schema: Mapping, name: string): unknown {
    const { generators } = this.#options;
    const format = typeof schema.format === 'string' ? schema.format : '';
    const pattern = typeof schema.pattern === 'string' ? textMatching(schema.pattern) : null;
    if (pattern !== null) return this.#literal(lengthened(pattern, schema));
    const made = FORMATS[format];
    if (made) return (generators ? made.generator : undefined) ?? made.value;
    const plain =
      name === ''
        ? 'text'
        : name
            .replace(/([a-z])([A-Z])/g, '$1 $2')
            .replace(/[_-]+/g, ' ')
            .toLowerCase();
    if (generators && /^e-?mail/i.test(name)) return FORMATS.email!.generator;
    if (/^e-?mail/i.test(name)) return FORMATS.email!.value;
    return this.#literal(lengthened(plain, schema));
  }

  #literal(value: unknown): unknown {
    return this.#options.generators ? literalValue(value) : value;
  }

  /** `allOf` as one schema, and the first of `oneOf` and `anyOf`. */
  #merged(schema: Mapping, depth: number): Mapping {
    if (depth > DEEP || this.#left-- <= 0) return schema;
    const parts: Mapping[] = this.#description.list(schema.allOf).map((part) => this.#merged(part, depth + 1));
    for (const key of ['oneOf', 'anyOf']) {
      const choices = this.#description.list(schema[key]);
      const chosen = choices.find((choice) => typeOf(choice) !== 'null') ?? choices[0];
      if (chosen) parts.push(this.#merged(chosen, depth + 1));
    }
    if (parts.length === 0) return schema;
    const { allOf: _all, oneOf: _one, anyOf: _any, ...own } = schema;
    const all = [...parts, own];
    const properties = Object.assign({}, ...all.map(({ properties: some }) => (isMapping(some) ? some : {})));
    const required = [...new Set(all.flatMap(({ required: some }) => listOf(some)))];
    return {
      ...Object.assign({}, ...all),
      ...(Object.keys(properties).length > 0 ? { properties } : {}),
      ...(required.length > 0 ? { required } : {}),
    };
  }
}

/** What the author of a schema gave for it. */
function givenValue(schema: Mapping): { value: unknown } | undefined {
  if ('example' in schema) return { value: schema.example };
  if (Array.isArray(schema.examples) && schema.examples.length > 0) return { value: schema.examples[0] };
  return 'default' in schema && schema.default !== null ? { value: schema.default } : undefined;
}

function typeOf(schema: Mapping): string {
  const { type } = schema;
  if (Array.isArray(type)) return String(type.find((one) => one !== 'null') ?? 'null');
  if (typeof type === 'string') return type;
  if (isMapping(schema.properties) || isMapping(schema.additionalProperties)) return 'object';
  return schema.items !== undefined || schema.prefixItems !== undefined ? 'array' : 'string';
}

function number(schema: Mapping): number {
  const limit = (key: string) => (typeof schema[key] === 'number' ? (schema[key] as number) : undefined);
  const exclusiveLow = schema.exclusiveMinimum === true ? limit('minimum') : limit('exclusiveMinimum');
  const exclusiveHigh = schema.exclusiveMaximum === true ? limit('maximum') : limit('exclusiveMaximum');
  const step = limit('multipleOf') ?? (typeOf(schema) === 'integer' ? 1 : 0.5);
  const low = exclusiveLow === undefined ? limit('minimum') : exclusiveLow + step;
  const high = exclusiveHigh === undefined ? limit('maximum') : exclusiveHigh - step;
  const wanted = low ?? (high !== undefined && high < 1 ? high : 1);
  const whole =
    typeOf(schema) === 'integer' || limit('multipleOf') !== undefined ? Math.ceil(wanted / step) * step : wanted;
  return high !== undefined && whole > high ? high : whole;
}

/** As long as `minLength` and no longer than `maxLength`, counted in code points as JSON Schema does. */
function lengthened(text: string, schema: Mapping): string {
  const least = typeof schema.minLength === 'number' ? Math.min(schema.minLength, 10_000) : 0;
  const most = typeof schema.maxLength === 'number' ? schema.maxLength : Number.POSITIVE_INFINITY;
  let result = text;
  while (result.length < least) result += ` ${text}`.slice(0, least - result.length);
  return [...result].slice(0, most).join('');
}

/** RFC 3339, 5322, 9562 and others, as JSON Schema 2020-12 §7.3 lists them. */
const FORMATS: Record<string, { value: string; generator?: string }> = {
  'date-time': { value: '2026-01-15T12:00:00Z', generator: '{{ $now }}' },
  date: { value: '2026-01-15' },
  time: { value: '12:00:00Z' },
  duration: { value: 'PT1H' },
  email: { value: 'someone@example.com', generator: '{{ $random_string(12) }}@example.com' },
  'idn-email': { value: 'someone@example.com', generator: '{{ $random_string(12) }}@example.com' },
  hostname: { value: 'www.example.com' },
  'idn-hostname': { value: 'www.example.com' },
  ipv4: { value: '192.0.2.1' },
  ipv6: { value: '2001:db8::1' },
  uri: { value: 'https://www.example.com/' },
  url: { value: 'https://www.example.com/' },
  iri: { value: 'https://www.example.com/' },
  'uri-reference': { value: '/' },
  'uri-template': { value: '/{id}' },
  uuid: { value: '00000000-0000-4000-8000-000000000000', generator: '{{ $uuid }}' },
  guid: { value: '00000000-0000-4000-8000-000000000000', generator: '{{ $uuid }}' },
  byte: { value: 'aGVsbG8=' },
  binary: { value: 'hello' },
  'json-pointer': { value: '/a' },
  regex: { value: '^a$' },
};
