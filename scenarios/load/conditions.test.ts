import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Condition, judge, MISSING as NONE, normalizeCondition } from '../engine/assertions/condition.ts';
import { template } from '../language/template.ts';
import { flat } from './code.ts';
import { conditionCode } from './condition-code.ts';
import { evaluate, MISSING } from './testing/evaluate.ts';

const words = fc.constantFrom('', 'a', 'ab', '1', '1.5', ' 2 ', 'true', 'null', '__proto__', 'length', '김치', '👍');
const scalar = fc.oneof(words, fc.constantFrom(0, -0, 1, 1.5, -3, 2 ** 53, true, false, null));
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(words, tie('value'), { maxKeys: 3 }),
  ),
}));
const type = fc.constantFrom('string', 'number', 'integer', 'boolean', 'object', 'array', 'null');
const number = fc.constantFrom(-1, 0, 1, 1.5, 2, 3);
const { condition } = fc.letrec((tie) => ({
  condition: fc
    .record(
      {
        equals: value,
        not: fc.oneof({ maxDepth: 2 }, scalar, tie('condition')),
        contains: scalar,
        matches: fc.constantFrom('a', '^.$', '(?i)^AB$', '[0-9]', ''),
        exists: fc.boolean(),
        type,
        count: fc.oneof(number, fc.record({ gte: number })),
        lt: number,
        lte: number,
        gt: number,
        gte: number,
        one_of: fc.array(scalar, { minLength: 1, maxLength: 3 }),
        each: fc.oneof({ maxDepth: 2 }, scalar, tie('condition')),
      },
      { requiredKeys: [] },
    )
    .map((all) => Object.fromEntries(Object.entries(all).slice(0, 3)))
    .filter((some) => Object.keys(some).length > 0),
}));

test.each([true, false])('a condition holds in a script where it holds in the engine (texts only: %s)', (textual) => {
  fc.assert(
    fc.property(condition, fc.oneof(value, fc.constant(NONE)), (written, actual) => {
      const normal = normalizeCondition(written) as Condition;
      const wanted = judge(normal, actual, { kind: '', subject: '', textual }).every(({ passed }) => passed);
      const code = `${textual ? 'textHolds' : 'holds'}(actual, ${flat(conditionCode(template(normal)))})`;
      expect(evaluate(code, { actual: actual === NONE ? MISSING : actual })).toBe(wanted);
    }),
    { numRuns: 3_000, seed: 4 },
  );
});
