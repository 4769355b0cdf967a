import Type from 'typebox';
import { checkCondition, defineAssertion, defineCapture, type SpecProblem } from '../assertion.ts';
import { place } from '../capture-schema.ts';
import { type Condition, normalizeCondition, unreadable } from '../condition.ts';
import { conditionSchema } from '../condition-schema.ts';
import { captureSelected, judgeSelected } from '../selected.ts';
import { expressionProblem, selectValues } from './select-values.ts';

type Spec = readonly { readonly expression: string; readonly condition: Condition }[];

/**
 * Judges an XML or HTML body by XPath 1.0. A node is its text; what an expression such as `count(//item)` computes is a
 * number, text or boolean. A name without a prefix means that name in any namespace.
 */
export const assertion = defineAssertion<Spec>({
  kind: 'xpath',
  spec: Type.Record(Type.String(), conditionSchema(), {
    minProperties: 1,
    'x-expected': 'a mapping from XPath expressions to values',
    description: 'Texts of an XML or HTML body by XPath 1.0; names without a prefix match in any namespace.',
    examples: [{ '//item/title': 'hello', 'count(//item)': { gte: 1 } }],
  }),
  normalize: (written) =>
    Object.entries(written as object).map(([expression, value]) => ({
      expression,
      condition: normalizeCondition(value),
    })),
  check: (written) =>
    Object.entries(written as object).flatMap(([expression, value]) => [
      ...checkExpression(expression, [expression], 'key'),
      ...checkCondition(value, [expression]),
    ]),
  evaluate: (spec, exchange) =>
    spec.flatMap(({ expression, condition }) => {
      const found = selectValues(expression, exchange);
      const about = { kind: 'xpath', subject: expression, textual: !('computed' in found) };
      return 'error' in found
        ? unreadable(condition, found.error, about)
        : judgeSelected(condition, found.values, about);
    }),
  capture: defineCapture<string>({
    spec: place('Text of an XML or HTML body by XPath 1.0, several as a list.', '//item/title'),
    check: (expression) => checkExpression(expression, [], 'value'),
    subject: (expression) => expression,
    read(expression, exchange) {
      const found = selectValues(expression, exchange);
      return 'error' in found ? { error: found.error } : captureSelected(found.values, expression);
    },
  }),
});

function checkExpression(expression: string, path: string[], part: 'key' | 'value'): SpecProblem[] {
  const why = expressionProblem(expression);
  return why === null
    ? []
    : [{ path, part, message: `not an XPath expression: ${why}`, hint: 'for example: //item/title' }];
}
