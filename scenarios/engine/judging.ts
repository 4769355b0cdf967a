import type { Expectation } from '../language/model.ts';
import { render, type Scope } from '../language/template.ts';
import type { AssertionResult } from '../run-result.ts';
import type { Exchange } from './exchange.ts';
import type { Judgement } from './protocols/protocol.ts';
import type { Judge } from './step-context.ts';

/** Judges all expectations, up to the first whose templates have no value. */
export function judgeAll(
  expectations: readonly Expectation[],
  seen: Exchange,
  scope: Scope,
  judge: Judge,
): Judgement & { results: AssertionResult[] } {
  const results: AssertionResult[] = [];
  for (const { kind, spec } of expectations) {
    const rendered = render(spec, scope);
    if ('error' in rendered) return { results, error: rendered.error };
    results.push(...judge(kind, rendered.value, seen));
  }
  return { results, error: null };
}

/** A warning that cannot be judged is one that does not hold. */
export function warningsOf(
  expectations: readonly Expectation[],
  seen: Exchange,
  scope: Scope,
  judge: Judge,
): AssertionResult[] {
  return expectations.flatMap((expectation) => {
    const { results, error } = judgeAll([expectation], seen, scope, judge);
    if (!error) return results;
    const { kind } = expectation;
    const { message } = error;
    return { kind, subject: kind, operator: 'template', expected: '', actual: '', passed: false, message };
  });
}

export const allPassed = (results: readonly AssertionResult[]) => results.every(({ passed }) => passed);
