import Type from 'typebox';
import { defineAssertion, defineCapture } from '../assertion.ts';
import { whole } from '../capture-schema.ts';
import { type Condition, display, judge, normalizeCondition } from '../condition.ts';
import { Operators, Templated } from '../condition-schema.ts';

/** Judges how many bytes the body has, undone from its content coding. */
export const assertion = defineAssertion<Condition>({
  kind: 'bytes',
  spec: Type.Union([Type.Integer({ minimum: 0 }), Templated, Operators], {
    'x-expected': 'a number of bytes, or comparisons such as { lt: 10000 }',
    description: 'Size of the decoded body in bytes.',
    examples: [{ lt: 10_000 }],
  }),
  normalize: normalizeCondition,
  evaluate: (condition, { response }) =>
    judge(condition, response.bytes.length, {
      kind: 'bytes',
      subject: 'size',
      show: (value) => (typeof value === 'number' ? `${value} bytes` : display(value)),
    }),
  capture: defineCapture<true>({
    spec: whole('Size of the decoded body in bytes.'),
    subject: () => 'size',
    read: (_, { response }) => ({ value: response.bytes.length }),
  }),
});
