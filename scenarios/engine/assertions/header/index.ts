import Type from 'typebox';
import { checkCondition, defineAssertion, MISSING } from '../assertion.ts';
import { type Condition, judge, normalizeCondition } from '../condition.ts';
import { conditionSchema } from '../condition-schema.ts';

type Spec = Readonly<Record<string, Condition>>;

const NUMERIC = ['lt', 'lte', 'gt', 'gte'];

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
    Object.fromEntries(
      Object.entries(written as object).map(([name, value]) => [name, asText(normalizeCondition(value))]),
    ),
  check: (written) => Object.entries(written as object).flatMap(([name, value]) => checkCondition(value, [name])),
  evaluate: (spec, { response }) =>
    Object.entries(spec).flatMap(([name, condition]) => {
      const text = response.headers.get(name);
      const compared =
        text !== undefined &&
        text.trim() !== '' &&
        Object.keys(condition).some((operator) => NUMERIC.includes(operator));
      const actual = text === undefined ? MISSING : compared && Number.isFinite(Number(text)) ? Number(text) : text;
      return judge(condition, actual, { kind: 'header', subject: `header ${name.toLowerCase()}` });
    }),
});

/** `x-limit: 60` means the text: a header carries nothing else. */
function asText(condition: Condition): Condition {
  const { equals } = condition;
  return typeof equals === 'number' || typeof equals === 'boolean'
    ? { ...condition, equals: String(equals) }
    : condition;
}
