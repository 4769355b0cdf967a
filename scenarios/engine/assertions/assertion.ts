import type { TSchema } from 'typebox';
import type { AssertionResult } from '../../run-result.ts';
import type { Exchange } from '../exchange.ts';
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
  /** Expands short forms, before templates are compiled. The result is what `evaluate` takes, rendered. */
  normalize(written: unknown): Spec;
  /** What the schema cannot see; paths count from the spec. */
  check(written: unknown): SpecProblem[];
  /** Pure. Never throws, whatever the service answered or a template put into the spec. */
  evaluate(spec: Spec, exchange: Exchange): AssertionResult[];
}

export interface SpecProblem {
  path: (string | number)[];
  part: 'key' | 'value';
  message: string;
  hint?: string;
  /** A piece of the text at `path`. */
  span?: { offset: number; length: number };
}

/** Completes a definition: no aliases, nothing to expand and nothing more to check unless it says so. */
export function defineAssertion<Spec>(
  definition: Pick<AssertionKind<Spec>, 'kind' | 'spec' | 'evaluate'> & Partial<AssertionKind<Spec>>,
): AssertionKind<Spec> {
  return { aliases: [], normalize: (written) => written as Spec, check: () => [], ...definition };
}

/** Finds patterns that are no linear-time regular expressions in a written condition. */
export function checkCondition(written: unknown, path: (string | number)[]): SpecProblem[] {
  const condition: Condition = toCondition(written);
  const problems: SpecProblem[] = [];
  const { matches } = condition;
  if (typeof matches === 'string' && !matches.includes('{{')) {
    const made = compileRegex(matches);
    if ('error' in made) {
      const hint = 'RE2 syntax, which matches in linear time: no look-around, no back-references';
      problems.push({
        path: [...path, 'matches'],
        part: 'value',
        message: `not a regular expression: ${made.error}`,
        hint,
      });
    }
  }
  for (const nested of ['not', 'each'] as const) {
    const value = condition[nested];
    if (typeof value === 'object' && value !== null) problems.push(...checkCondition(value, [...path, nested]));
  }
  return problems;
}

export { MISSING };
