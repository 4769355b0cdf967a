import type { TSchema } from 'typebox';
import type { AssertionResult } from '../../run-result.ts';
import type { Exchange } from '../exchange.ts';
import type { Files } from '../files.ts';
import { type Condition, MISSING, toCondition } from './condition.ts';
import { compileRegex } from './regex.ts';

/** A kind of assertion: what a folder here exports. The registry finds it by its folder. */
export interface AssertionKind<Spec = unknown> {
  /** The key under `expect` and `warn`; the folder's name. */
  readonly kind: string;
  /** Other spellings of the key. */
  readonly aliases: readonly string[];
  /** Schema of what the file says; becomes part of the scenario's published schema. */
  readonly spec: TSchema;
  /**
   * Expands short forms, before templates are compiled. The result is what `evaluate` takes, rendered. What must not be
   * read as a template, such as a compiled schema, comes as an instance of a class without own enumerable fields.
   * Never throws, also on what `check` complained about.
   */
  normalize(written: unknown, files: Files): Spec;
  /** What the schema cannot see; paths count from the spec. */
  check(written: unknown, files: Files): SpecProblem[];
  /** Pure. Never throws, whatever the service answered or a template put into the spec. */
  evaluate(spec: Spec, exchange: Exchange): AssertionResult[];
  /** What `capture: { name: { <kind>: … } }` reads; null where there is nothing to take. */
  readonly capture: CaptureKind | null;
}

/** How a value is taken out of an exchange. Its spec holds no templates and stays as it is written. */
export interface CaptureKind<Spec = unknown> {
  /** Schema of what stands behind the kind's key. */
  readonly spec: TSchema;
  /** What the schema cannot see; paths count from the spec, so that of a text is empty. */
  check(written: Spec): SpecProblem[];
  /** What a message calls the place: `$.id`, `header location`. */
  subject(spec: Spec): string;
  /** Pure, never throws. The error says what is not there, as a sentence goes on after "could not be captured:". */
  read(spec: Spec, exchange: Exchange): Captured;
}

export type Captured = { readonly value: unknown } | { readonly error: string };

export interface SpecProblem {
  path: (string | number)[];
  part: 'key' | 'value';
  message: string;
  hint?: string;
  /** A piece of the text at `path`. */
  span?: { offset: number; length: number };
}

/** Completes a definition: no aliases, nothing to expand, to check or to capture unless it says so. */
export function defineAssertion<Spec>(
  definition: Pick<AssertionKind<Spec>, 'kind' | 'spec' | 'evaluate'> & Partial<AssertionKind<Spec>>,
): AssertionKind<Spec> {
  return { aliases: [], normalize: (written) => written as Spec, check: () => [], capture: null, ...definition };
}

/** Completes a definition: nothing more to check unless it says so. */
export function defineCapture<Spec>(
  definition: Omit<CaptureKind<Spec>, 'check'> & Partial<CaptureKind<Spec>>,
): CaptureKind {
  return { check: () => [], ...definition };
}

/** Finds patterns that are no linear-time regular expressions in a written condition. */
export function checkCondition(written: unknown, path: (string | number)[]): SpecProblem[] {
  const condition: Condition = toCondition(written);
  const { matches } = condition;
  const problems = typeof matches === 'string' ? checkPattern(matches, [...path, 'matches'], 'value') : [];
  for (const nested of ['not', 'each'] as const) {
    const value = condition[nested];
    if (typeof value === 'object' && value !== null) problems.push(...checkCondition(value, [...path, nested]));
  }
  return problems;
}

/** Whether a text at `path` is a linear-time regular expression; what holds a template is seen at run time. */
export function checkPattern(pattern: string, path: (string | number)[], part: 'key' | 'value'): SpecProblem[] {
  if (pattern.includes('{{')) return [];
  const made = compileRegex(pattern);
  if (!('error' in made)) return [];
  const hint = 'RE2 syntax, which matches in linear time: no look-around, no back-references';
  return [{ path, part, message: `not a regular expression: ${made.error}`, hint }];
}

export { MISSING };
