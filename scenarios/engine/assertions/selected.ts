import type { AssertionResult } from '../../run-result.ts';
import type { Captured } from './assertion.ts';
import { type Condition, holds, type Judged, judgeOperator, MISSING, type Operator } from './condition.ts';

/**
 * Judges what a selector found, which may be several values: `count` and `each` judge the list, `exists` whether there is
 * any, `contains` whether one of them does, `equals` with a list all of them; the other operators want exactly one.
 */
export function judgeSelected(condition: Condition, values: readonly unknown[], judged: Judged): AssertionResult[] {
  return (Object.keys(condition) as Operator[]).map((operator) => {
    const operand = condition[operator];
    const judge = (actual: unknown) => judgeOperator(operator, operand, actual, judged);
    if (operator === 'count') return judge(values);
    if (values.length === 0) return judge(MISSING);
    if (operator === 'each' || (operator === 'equals' && Array.isArray(operand))) return judge(values);
    if (operator === 'exists' || values.length === 1) return judge(values[0]);
    if (operator === 'contains') return judge(values.find((value) => holds({ contains: operand }, value)) ?? values);
    const { kind, subject } = judged;
    return {
      ...judge(values[0]),
      kind,
      subject,
      actual: `${values.length} nodes`,
      passed: false,
      message: `${subject} selects ${values.length} nodes and "${operator}" judges one: use count, each or contains, or select less`,
    };
  });
}

/** One value as itself, several as a list. */
export function captureSelected(values: readonly unknown[], place: string): Captured {
  if (values.length === 0) return { error: `there is nothing at ${place}` };
  return { value: values.length === 1 ? values[0] : values };
}
