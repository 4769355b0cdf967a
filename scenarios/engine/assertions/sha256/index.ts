import { createHash } from 'node:crypto';
import Type from 'typebox';
import type { Exchange } from '../../exchange.ts';
import { checkCondition, defineAssertion, defineCapture } from '../assertion.ts';
import { whole } from '../capture-schema.ts';
import { type Condition, judge, normalizeCondition } from '../condition.ts';
import { Operators, Templated } from '../condition-schema.ts';

/** Judges the SHA-256 digest of the decoded body, in hexadecimal digits of any case. */
export const assertion = defineAssertion<Condition>({
  kind: 'sha256',
  spec: Type.Union(
    [Type.String({ pattern: '^[0-9A-Fa-f]{64}$', 'x-expected': '64 hexadecimal digits' }), Templated, Operators],
    {
      'x-expected': '64 hexadecimal digits, or operators',
      description: 'SHA-256 of the decoded body in hexadecimal digits.',
      examples: ['2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae'],
    },
  ),
  normalize: normalizeCondition,
  check: (written) => checkCondition(written, []),
  evaluate: (condition, exchange) =>
    judge(lowered(condition), digest(exchange), { kind: 'sha256', subject: 'SHA-256' }),
  capture: defineCapture<true>({
    spec: whole('SHA-256 of the decoded body in hexadecimal digits.'),
    subject: () => 'SHA-256',
    read: (_, exchange) => ({ value: digest(exchange) }),
  }),
});

function digest({ response }: Exchange): string {
  return createHash('sha256').update(response.bytes).digest('hex');
}

function lowered(condition: Condition): Condition {
  return typeof condition.equals === 'string' ? { ...condition, equals: condition.equals.toLowerCase() } : condition;
}
