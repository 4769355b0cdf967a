import type { Decision } from '../language/model.ts';
import { render, type Scope, type Template, type TemplateError } from '../language/template.ts';
import { type Condition, judge, MISSING } from './assertions/condition.ts';

/** `skip` says why, for a person; null: the step goes on. */
export type Decided = { readonly skip: string | null } | { readonly error: TemplateError };

const GO: Decided = { skip: null };

/** Whether a step with an `if` is run. A name that nothing has defined is a missing value. */
export function decide({ value, condition }: Decision, scope: Scope): Decided {
  const asked = render(value, scope);
  if ('error' in asked && asked.error.code !== 'undefined') return asked;
  const wanted = render(condition, scope);
  if ('error' in wanted) return wanted;
  const actual = 'error' in asked ? MISSING : asked.value;
  const results = judge(wanted.value as Condition, actual, { kind: 'if', subject: subjectOf(value) });
  const broken = results.find(({ passed }) => !passed);
  return broken ? { skip: `if: ${broken.message}` } : GO;
}

function subjectOf(value: Template): string {
  return value.kind === 'text' ? value.source.trim() : 'the value';
}
