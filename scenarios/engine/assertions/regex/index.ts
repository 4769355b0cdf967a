import Type from 'typebox';
import { checkCondition, checkPattern, defineAssertion, defineCapture, MISSING } from '../assertion.ts';
import { place } from '../capture-schema.ts';
import { type Condition, judge, normalizeCondition, unreadable } from '../condition.ts';
import { conditionSchema } from '../condition-schema.ts';
import { extractRegex } from '../regex.ts';

type Spec = readonly { readonly pattern: string; readonly condition: Condition }[];

/** Judges what the first group of a pattern found in the body's text, or the whole match where it has no group. */
export const assertion = defineAssertion<Spec>({
  kind: 'regex',
  spec: Type.Record(Type.String(), conditionSchema(), {
    minProperties: 1,
    'x-expected': 'a mapping from regular expressions to values',
    description: 'First group of a regular expression (RE2 syntax) found in the body, or the whole match.',
    examples: [{ 'order (\\d+)': '17' }],
  }),
  normalize: (written) =>
    Object.entries(written as object).map(([pattern, value]) => ({ pattern, condition: normalizeCondition(value) })),
  check: (written) =>
    Object.entries(written as object).flatMap(([pattern, value]) => [
      ...checkPattern(pattern, [pattern], 'key'),
      ...checkCondition(value, [pattern]),
    ]),
  evaluate: (spec, { response }) =>
    spec.flatMap(({ pattern, condition }) => {
      const about = { kind: 'regex', subject: `/${pattern}/`, textual: true };
      const found = extractRegex(pattern, response.text);
      if (found && 'error' in found) return unreadable(condition, found.error, about);
      return judge(condition, found?.value ?? MISSING, about);
    }),
  capture: defineCapture<string>({
    spec: place('First group of a regular expression (RE2 syntax) found in the body, or the whole match.', 'id=(\\d+)'),
    check: (pattern) => checkPattern(pattern, [], 'value'),
    subject: (pattern) => `/${pattern}/`,
    read(pattern, { response }) {
      const match = extractRegex(pattern, response.text);
      if (match === null) return { error: `the body does not match ${pattern}` };
      if ('error' in match) return match;
      return match.value === null
        ? { error: `the group of ${pattern} took no part in the match` }
        : { value: match.value };
    },
  }),
});
