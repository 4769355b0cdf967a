import { createHash } from 'node:crypto';
import Type from 'typebox';
import type { Files } from '../../files.ts';
import { defineAssertion, type SpecProblem } from '../assertion.ts';
import { CompiledSchema, compileSchema, type Mismatch } from '../json-schema.ts';
import { readSchemaFiles } from './schema-files.ts';

interface Spec {
  /** What messages call it. */
  readonly name: string;
  readonly schema: CompiledSchema | string;
}

/** Judges the JSON body by a JSON Schema (draft 2020-12, 2019-09 or 07): every mismatch with its JSON Pointer. */
export const assertion = defineAssertion<Spec>({
  kind: 'json_schema',
  spec: Type.Union([Type.String({ minLength: 1 }), Type.Object({}, { additionalProperties: true, minProperties: 1 })], {
    'x-expected': 'a path to a JSON Schema, or the schema itself',
    description: 'JSON Schema (draft 2020-12, 2019-09 or 07) of the JSON body: a file, or the schema itself.',
    examples: [{ type: 'object', required: ['id'] }],
  }),
  check(written, files) {
    const problems = templatesIn(written, []);
    if (problems.length > 0) return problems;
    const made = compile(written, files);
    return 'error' in made ? [{ path: [], part: 'value', message: made.error }] : [];
  },
  normalize(written, files) {
    const name = typeof written === 'string' ? written : 'the schema';
    const made = compile(written, files);
    return { name, schema: 'error' in made ? made.error : made };
  },
  evaluate({ name, schema }, { response }) {
    const about = { kind: 'json_schema', subject: 'body', operator: 'conforms', expected: String(name) };
    const failed = (message: string, actual: string) => [{ ...about, actual, passed: false, message }];
    if (!(schema instanceof CompiledSchema)) return failed(`${name} cannot be used: ${String(schema)}`, 'not judged');
    const { json } = response;
    if ('error' in json) return failed(`${json.error}, expected what ${name} describes`, json.error);
    const mismatches = schema.mismatches(json.value, response.bytes.length);
    if (mismatches.length === 0)
      return [{ ...about, actual: 'conforms', passed: true, message: `body conforms to ${name}` }];
    return mismatches.map((mismatch) => ({
      ...about,
      subject: `body ${mismatch.pointer || '/'}`,
      expected: mismatch.wanted,
      actual: mismatch.found,
      passed: false,
      message: sentence(mismatch),
    }));
  },
});

function sentence({ pointer, wanted, found }: Mismatch): string {
  if (found === '') return wanted;
  return `${pointer === '' ? 'body' : pointer} ${wanted}, found ${found}`;
}

/** Compiling takes milliseconds, and a file is checked before it is built; steps share schemas, too. */
const compiled = new Map<string, CompiledSchema | { error: string }>();
const MOST_COMPILED = 200;

function compile(written: unknown, files: Files): CompiledSchema | { error: string } {
  const read = typeof written === 'string' ? readSchemaFiles(written, files) : { value: [written] };
  if ('error' in read) return read;
  const [schema, ...others] = read.value;
  if (typeof schema !== 'object' || schema === null) return { error: 'it is no schema' };
  const digest = createHash('sha256').update(JSON.stringify(read.value)).digest('hex');
  const known = compiled.get(digest);
  const made = known ?? compileSchema(schema, others as object[]);
  if (compiled.size >= MOST_COMPILED) compiled.clear();
  compiled.set(digest, made);
  return 'error' in made && typeof written === 'string' ? { error: `${written}: ${made.error}` } : made;
}

/** A schema is compiled while the scenario is parsed, when no name has a value yet. */
function templatesIn(written: unknown, path: (string | number)[]): SpecProblem[] {
  if (typeof written === 'string' && written.includes('{{')) {
    const hint = 'judge values of the run by jsonpath';
    return [{ path, part: 'value', message: 'a schema cannot hold templates', hint }];
  }
  if (typeof written !== 'object' || written === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(written)
    ? [...written.entries()]
    : Object.entries(written);
  return entries.flatMap(([key, value]) => templatesIn(value, [...path, key]));
}
