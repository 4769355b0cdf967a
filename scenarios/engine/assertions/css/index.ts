import Type from 'typebox';
import { checkCondition, defineAssertion, defineCapture, type SpecProblem } from '../assertion.ts';
import { place } from '../capture-schema.ts';
import { type Condition, normalizeCondition, unreadable } from '../condition.ts';
import { conditionSchema } from '../condition-schema.ts';
import { captureSelected, judgeSelected } from '../selected.ts';
import { selectorProblem, selectTexts } from './select-texts.ts';

type Spec = readonly { readonly selector: string; readonly condition: Condition }[];

/**
 * Judges texts and attributes of an HTML or XML body, found by CSS selectors: `h1`, `a.next@href`. A text is read as a
 * browser shows it: blank space in a row is one space, none at the ends.
 */
export const assertion = defineAssertion<Spec>({
  kind: 'css',
  spec: Type.Record(Type.String(), conditionSchema(), {
    minProperties: 1,
    'x-expected': 'a mapping from CSS selectors to values',
    description: 'Texts of an HTML or XML body by CSS selector; `a.next@href` is an attribute.',
    examples: [{ h1: 'Posts', 'ul > li': { count: 3 }, 'a.next@href': { matches: '^/' } }],
  }),
  normalize: (written) =>
    Object.entries(written as object).map(([selector, value]) => ({ selector, condition: normalizeCondition(value) })),
  check: (written) =>
    Object.entries(written as object).flatMap(([selector, value]) => [
      ...checkSelector(selector, [selector], 'key'),
      ...checkCondition(value, [selector]),
    ]),
  evaluate: (spec, exchange) =>
    spec.flatMap(({ selector, condition }) => {
      const about = { kind: 'css', subject: selector, textual: true };
      const found = selectTexts(selector, exchange);
      return 'error' in found
        ? unreadable(condition, found.error, about)
        : judgeSelected(condition, found.texts, about);
    }),
  capture: defineCapture<string>({
    spec: place('Text of an HTML or XML body by CSS selector, several as a list; `a.next@href` is an attribute.', 'h1'),
    check: (selector) => checkSelector(selector, [], 'value'),
    subject: (selector) => selector,
    read(selector, exchange) {
      const found = selectTexts(selector, exchange);
      return 'error' in found ? { error: found.error } : captureSelected(found.texts, selector);
    },
  }),
});

function checkSelector(selector: string, path: string[], part: 'key' | 'value'): SpecProblem[] {
  const why = selectorProblem(selector);
  return why === null
    ? []
    : [{ path, part, message: `not a CSS selector: ${why}`, hint: 'for example: ul > li, a.next@href' }];
}
