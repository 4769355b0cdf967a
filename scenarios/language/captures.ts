import Type from 'typebox';
import type { SpecProblem } from '../engine/assertions/assertion.ts';
import { captureKinds } from '../engine/assertions/capture.ts';
import type { Capture } from './model.ts';
import { closed, NAME_WORDS, Name } from './schema-words.ts';
import { entriesOf, field, isMapping } from './written.ts';

const SOURCES = [...captureKinds.keys()].sort();

/** How `name: …` under `capture` is written: a JSONPath, or one of the kinds that can be read from. */
export type WrittenCapture = string | { readonly secret?: boolean; readonly [kind: string]: unknown };

const CaptureSchema = Type.Unsafe<WrittenCapture>({
  anyOf: [
    Type.String({ minLength: 1 }),
    Type.Object(
      {
        ...Object.fromEntries([...captureKinds].map(([key, { spec }]) => [key, Type.Optional(spec)])),
        secret: Type.Optional(Type.Boolean({ description: 'Redacted everywhere.', examples: [true] })),
      },
      closed,
    ),
  ],
  'x-expected': `a JSONPath such as $.id, or one of ${SOURCES.join(', ')}`,
  examples: ['$.id', { jsonpath: '$.access_token', secret: true }],
});

/** What stands under `capture`. */
export const CapturesSchema = Type.Record(Type.String({ pattern: Name }), CaptureSchema, {
  propertyNames: { pattern: Name, 'x-expected': NAME_WORDS },
  'x-expected': 'a mapping from names to values',
  description: 'Values for later steps, by name.',
  examples: [{ id: '$.id' }],
});

/** What the schema cannot see; paths count from the mapping of captures. */
export function checkCaptures(written: unknown): SpecProblem[] {
  return entriesOf(written).flatMap(([name, source]) => {
    if (typeof source === 'string') return source === '' ? [] : problemsOf('jsonpath', source, [name]);
    if (!isMapping(source)) return [];
    const chosen = SOURCES.filter((key) => Object.hasOwn(source, key));
    const [only] = chosen;
    if (chosen.length !== 1 || only === undefined) {
      const found = chosen.length === 0 ? 'none' : chosen.join(' and ');
      const message = `a capture reads one thing, found ${found}`;
      // A key that nothing knows is complained about already.
      if (chosen.length === 0 && Object.keys(source).some((key) => key !== 'secret')) return [];
      const wrong = { path: [name], part: 'key' as const, message, hint: `one of ${SOURCES.join(', ')}` };
      return [wrong, ...chosen.flatMap((key) => problemsIn(name, source, key))];
    }
    return problemsIn(name, source, only);
  });
}

function problemsIn(name: string, source: unknown, key: string): SpecProblem[] {
  return problemsOf(key, field(source, key), [name, key]);
}

function problemsOf(key: string, spec: unknown, path: string[]): SpecProblem[] {
  const kind = captureKinds.get(key)!;
  const { type } = kind.spec as { type?: string };
  // The schema has said so already, and `check` relies on it.
  if (type === 'string' && (typeof spec !== 'string' || spec === '')) return [];
  if (type === 'object' && !isMapping(spec)) return [];
  return kind.check(spec).map((problem) => ({ ...problem, path: [...path, ...problem.path] }));
}

/** @param written captures that passed `checkCaptures` */
export function compileCaptures(written: unknown): Capture[] {
  return entriesOf(written).map(([name, source]) => {
    if (!isMapping(source)) return { name, from: { kind: 'jsonpath', spec: source }, secret: false };
    const { secret = false, ...sources } = source;
    const [[kind, spec]] = Object.entries(sources) as [[string, unknown]];
    return { name, from: { kind, spec }, secret: secret === true };
  });
}
