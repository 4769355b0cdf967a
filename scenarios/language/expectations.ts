import Type, { type TSchema } from 'typebox';
import type { SpecProblem } from '../engine/assertions/assertion.ts';
import { assertionKind, assertionKinds } from '../engine/assertions/registry.ts';
import type { Files } from '../engine/files.ts';
import type { Expectation } from './model.ts';
import { closed } from './schema-words.ts';
import { template } from './template.ts';
import { entriesOf, isMapping } from './written.ts';

/** What stands under `expect`, `warn` and `until`: one key for every kind of assertion that has a folder. */
export const AssertionsSchema = Type.Object(
  Object.fromEntries(
    assertionKinds.flatMap(({ kind, aliases, spec }) => [kind, ...aliases].map((key) => [key, Type.Optional(spec)])),
  ) as Record<string, TSchema>,
  { ...closed, minProperties: 1, 'x-expected': 'a mapping such as { status: 200 }' },
);

/** A reference to it, for whoever composes a schema with `$defs: { assertions: AssertionsSchema }`. */
export const assertionsSchema = (description: string, example: object) =>
  Type.Unsafe<Record<string, unknown>>({ $ref: '#/$defs/assertions', description, examples: [example] });

/** What the schema cannot see; paths count from the mapping of assertions. */
export function checkExpectations(written: unknown, files: Files): SpecProblem[] {
  return entriesOf(written).flatMap(([key, spec]) => {
    const kind = assertionKind(key);
    if (!kind || ((kind.spec as { type?: string }).type === 'object' && !isMapping(spec))) return [];
    return kind.check(spec, files).map((problem) => ({ ...problem, path: [key, ...problem.path] }));
  });
}

/** @param written assertions that passed `checkExpectations` */
export function compileExpectations(written: unknown, files: Files): Expectation[] {
  return entriesOf(written).map(([key, spec]) => {
    const { kind, normalize } = assertionKind(key)!;
    return { kind, spec: template(normalize(spec, files)) };
  });
}
