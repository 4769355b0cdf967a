import Type from 'typebox';
import { checkCondition, defineAssertion, defineCapture, MISSING } from '../assertion.ts';
import { place } from '../capture-schema.ts';
import { type Condition, judge, normalizeCondition } from '../condition.ts';
import { conditionSchema } from '../condition-schema.ts';

type Spec = Readonly<Record<string, Condition>>;

/** Judges header values. Names are case-insensitive (RFC 9110 §5.1); a repeated header is its comma-joined value. */
export const assertion = defineAssertion<Spec>({
  kind: 'header',
  aliases: ['headers'],
  spec: Type.Record(Type.String(), conditionSchema(), {
    minProperties: 1,
    'x-expected': 'a mapping from header names to values',
    description: 'Response headers by name, in any case.',
    examples: [{ 'content-type': { contains: 'json' } }],
  }),
  normalize: (written) =>
    Object.fromEntries(Object.entries(written as object).map(([name, value]) => [name, normalizeCondition(value)])),
  check: (written) => Object.entries(written as object).flatMap(([name, value]) => checkCondition(value, [name])),
  evaluate: (spec, { response }) =>
    Object.entries(spec).flatMap(([name, condition]) =>
      judge(condition, response.headers.get(name) ?? MISSING, {
        kind: 'header',
        subject: `header ${name.toLowerCase()}`,
        textual: true,
      }),
    ),
  capture: defineCapture<string>({
    spec: place('Value of a response header.', 'location'),
    subject: (name) => `header ${name.toLowerCase()}`,
    read(name, { response }) {
      const value = response.headers.get(name);
      return value === undefined ? { error: `there is no header ${name}` } : { value };
    },
  }),
});
