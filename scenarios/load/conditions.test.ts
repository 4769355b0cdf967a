import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Condition, judge, MISSING as NONE, normalizeCondition } from '../engine/assertions/condition.ts';
import { template } from '../language/template.ts';
import { flat } from './code.ts';
import { conditionCode } from './condition-code.ts';
import { condition, jsonValue } from './testing/arbitraries.ts';
import { evaluate, MISSING } from './testing/evaluate.ts';

test.each([true, false])('a condition holds in a script where it holds in the engine (texts only: %s)', (textual) => {
  fc.assert(
    fc.property(condition, fc.oneof(jsonValue, fc.constant(NONE)), (written, actual) => {
      const normal = normalizeCondition(written) as Condition;
      const wanted = judge(normal, actual, { kind: '', subject: '', textual }).every(({ passed }) => passed);
      const code = `${textual ? 'textHolds' : 'holds'}(actual, ${flat(conditionCode(template(normal)))})`;
      expect(evaluate(code, { actual: actual === NONE ? MISSING : actual })).toBe(wanted);
    }),
    { numRuns: 3_000, seed: 4 },
  );
});
