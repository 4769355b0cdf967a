import { createRequire } from 'node:module';
import type { ErrorObject, Format, Options, ValidateFunction } from 'ajv';
import { asWord, display } from './condition.ts';
import { findRegex, matchingCost } from './regex.ts';

// Only files that use it pay for loading it, and they do while they are parsed.
const require = createRequire(import.meta.url);

/** Something in a value that a schema does not allow. */
export interface Mismatch {
  /** JSON Pointer (RFC 6901); empty is the whole value. */
  readonly pointer: string;
  /** What must be: `must be integer`. */
  readonly wanted: string;
  /** The value that is there, shortened. */
  readonly found: string;
}

const DIALECTS = { 'draft-07': 'ajv', '2019-09': 'ajv/dist/2019.js', '2020-12': 'ajv/dist/2020.js' } as const;
type Dialect = keyof typeof DIALECTS;

/** More are counted, not listed. */
const MOST_MISMATCHES = 20;
/** A larger body is searched for its first mismatch only; a list of all could be as large as the body. */
const LARGEST_LISTED = 256 * 1024;
const LONGEST_FORMATTED = 2_000;
/**
 * Some 100 ms at worst, on the thread that schedules and pages. A schema that refers to itself can double its work with
 * every level of a body.
 */
const MOST_STEPS = 4_000_000;
const STEPS_A_CALL = 8;

/**
 * A compiled JSON Schema. Patterns and formats take linear time. Its fields are private, so that nothing in it is ever
 * taken for a template.
 */
export class CompiledSchema {
  readonly #first: ValidateFunction;
  #all: ValidateFunction | undefined;
  readonly #compileAll: () => ValidateFunction;

  constructor(first: ValidateFunction, compileAll: () => ValidateFunction) {
    this.#first = first;
    this.#compileAll = compileAll;
  }

  /**
   * What the schema does not allow, at most 20; empty when all is well. Never throws.
   * @param sizeBytes of the text that the value was read from
   */
  mismatches(value: unknown, sizeBytes: number): readonly Mismatch[] {
    try {
      stepsLeft = MOST_STEPS;
      if (this.#first(value)) return [];
      if (sizeBytes > LARGEST_LISTED) return listed(this.#first, value);
      this.#all ??= this.#compileAll();
      stepsLeft = MOST_STEPS;
      this.#all(value);
      return listed(this.#all, value);
    } catch (error) {
      if (error instanceof OutOfSteps) return [OUT_OF_STEPS];
      if (!(error instanceof RangeError)) throw error;
      return [{ pointer: '', wanted: 'must be nested less deeply', found: 'a value too deep to be validated' }];
    }
  }
}

class OutOfSteps extends Error {}

const OUT_OF_STEPS: Mismatch = {
  pointer: '',
  wanted: 'must be validated in fewer steps',
  found: 'a value that takes too many',
};

/** Of the one validation that runs. */
let stepsLeft = MOST_STEPS;

function take(count: number): void {
  stepsLeft -= count;
  if (stepsLeft < 0) throw new OutOfSteps();
}

const LOOP = /\bfor\((?:let|const) \w+(?:=\w+; ?\w+<\w+; ?\w+\+\+| in [\w.[\]]+)\)\{/g;

/** Lets the code that the library makes of a schema count its calls and rounds: nothing else stops it. */
function counted(code: string): string {
  // What the library's object holds is there as `self`.
  return code.replace('let vErrors = null;', `self.take(${STEPS_A_CALL});$&`).replace(LOOP, '$&self.take(1);');
}

/**
 * Compiles a schema of draft 2020-12, 2019-09 or 07, which `$schema` tells apart.
 * @param others documents that references go into, each with its `$id`
 * @returns why it is none, in words
 */
export function compileSchema(schema: object, others: readonly object[] = []): CompiledSchema | { error: string } {
  const dialect = dialectOf(schema);
  if (!dialect) {
    const said = asWord((schema as { $schema?: unknown }).$schema);
    return { error: `"$schema" says ${said}, known are draft 2020-12, 2019-09 and 07` };
  }
  const compile = (options: Options) => {
    stepsLeft = Number.POSITIVE_INFINITY;
    return validator(dialect, options, schema, others);
  };
  try {
    return new CompiledSchema(compile({}), () => compile({ allErrors: true }));
  } catch (error) {
    if (error instanceof RangeError) return { error: 'its references lead in a circle, or it is nested too deeply' };
    // The library says by an exception what is no schema.
    return { error: (error as Error).message.replace(/^schema is invalid: data/, 'it is no schema: ') };
  }
}

function dialectOf({ $schema }: { $schema?: unknown }): Dialect | undefined {
  if ($schema === undefined) return '2020-12';
  return (Object.keys(DIALECTS) as Dialect[]).find((dialect) => asWord($schema).includes(dialect));
}

function validator(dialect: Dialect, options: Options, schema: object, others: readonly object[]): ValidateFunction {
  const { default: Ajv } = require(DIALECTS[dialect]) as typeof import('ajv');
  const ajv = new Ajv({
    ...options,
    // What a schema says beyond its dialect is a note for others.
    strict: false,
    logger: false,
    formats: formats(),
    code: { regExp: linearRegExp, process: counted },
  });
  Object.assign(ajv, { take });
  // The library compares every entry with every other one.
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({ keyword: 'uniqueItems', type: 'array', schemaType: 'boolean', validate: uniqueItems });
  for (const other of others) ajv.addSchema(other, undefined, undefined, false);
  return ajv.compile(schema);
}

/** Patterns come from the user and texts from the service; RE2 matches them in linear time. */
const linearRegExp = Object.assign(
  (pattern: string) => {
    const made = findRegex(pattern, '');
    if ('error' in made) throw new Error(`the pattern ${pattern} cannot be used: ${made.error}`);
    return {
      // The library tells patterns apart by it.
      toString: () => `/${pattern}/u`,
      test(text: string): boolean {
        take(STEPS_A_CALL + text.length / 4 + matchingCost(pattern, text) / 16);
        const result = findRegex(pattern, text);
        return 'found' in result && result.found;
      },
    };
  },
  { code: 'linearRegExp' },
);

let knownFormats: Options['formats'];

/** The library's formats, kept from texts that their expressions would take long for; that of base64 is linear. */
function formats(): NonNullable<Options['formats']> {
  if (knownFormats) return knownFormats;
  const { fullFormats } = require('ajv-formats/dist/formats.js') as typeof import('ajv-formats/dist/formats.js');
  knownFormats = Object.fromEntries(
    Object.entries(fullFormats).map(([name, format]) => [name, name === 'byte' ? format : bounded(format)]),
  ) as NonNullable<Options['formats']>;
  return knownFormats;
}

/** Some of the library's expressions compare each part of a text with all others. */
function bounded(format: Format): Format {
  if (format instanceof RegExp) return (text) => isShort(text) && format.test(text);
  if (typeof format === 'function') return (text) => isShort(text) && format(text);
  return format;
}

function isShort({ length }: string): boolean {
  if (length > LONGEST_FORMATTED) return false;
  take(length + (length * length) / 64);
  return true;
}

function uniqueItems(wanted: boolean, items: unknown[]): boolean {
  return !wanted || new Set(items.map(canonical)).size === items.length;
}

/** The same text for equal values, whatever the order of keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inside: unknown) => {
    take(STEPS_A_CALL);
    return typeof inside === 'object' && inside !== null && !Array.isArray(inside)
      ? Object.entries(inside).sort(([a], [b]) => (a < b ? -1 : 1))
      : inside;
  });
}

function listed({ errors }: ValidateFunction, value: unknown): Mismatch[] {
  const found = (errors ?? []).slice(0, MOST_MISMATCHES).map((error) => ({
    pointer: error.instancePath,
    wanted: words(error),
    found: display(at(value, error.instancePath)),
  }));
  const more = (errors?.length ?? 0) - found.length;
  return more > 0 ? [...found, { pointer: '', wanted: `and ${more} more`, found: '' }] : found;
}

function words({ keyword, params, message = `must meet "${keyword}"` }: ErrorObject): string {
  switch (keyword) {
    case 'additionalProperties':
      return `must not have the property ${JSON.stringify(params.additionalProperty)}`;
    case 'unevaluatedProperties':
      return `must not have the property ${JSON.stringify(params.unevaluatedProperty)}`;
    case 'enum':
      return `must be one of ${(params.allowedValues as unknown[]).map(display).join(', ')}`;
    case 'const':
      return `must be ${display(params.allowedValue)}`;
    case 'uniqueItems':
      return 'must not have the same entry twice';
    default:
      return message;
  }
}

function at(value: unknown, pointer: string): unknown {
  let found = value;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}
