import Type from 'typebox';
import { defineAssertion } from '../assertion.ts';
import { type Condition, display, judge } from '../condition.ts';
import { Operators, Templated } from '../condition-schema.ts';

type Spec = { readonly accepted: readonly unknown[] } | { readonly condition: Condition };

const Code = Type.Union(
  [
    Type.Integer({ minimum: 100, maximum: 599 }),
    Type.String({ pattern: '^[1-5]xx$', 'x-expected': 'a class such as 2xx' }),
    Templated,
  ],
  { 'x-expected': 'a status from 100 to 599 or a class such as 2xx', examples: [201] },
);

/** Judges the status code: a code, a class such as `2xx`, a list of them, or operators (RFC 9110 §15). */
export const assertion = defineAssertion<Spec>({
  kind: 'status',
  spec: Type.Union([...Code.anyOf, Type.Array(Code, { minItems: 1 }), Operators], {
    'x-expected': 'a status from 100 to 599, a class such as 2xx, or a list of them',
    description: 'Status code: 201, a class such as 2xx, a list of them, or operators. A step without one expects 2xx.',
    examples: [201],
  }),
  normalize(written) {
    if (typeof written === 'object' && written !== null && !Array.isArray(written)) return { condition: written };
    return { accepted: Array.isArray(written) ? written : [written] };
  },
  evaluate(spec, { response: { status } }) {
    if ('condition' in spec) return judge(spec.condition, status, { kind: 'status', subject: 'status' });
    const expected = spec.accepted.map((value) => (typeof value === 'string' ? value : display(value))).join(' or ');
    const passed = spec.accepted.some((value) => accepts(value, status));
    const message = passed ? `status ${status}` : `status ${status}, expected ${expected}`;
    const operator = spec.accepted.length > 1 ? 'one_of' : 'equals';
    return [{ kind: 'status', subject: 'status', operator, expected, actual: String(status), passed, message }];
  },
});

function accepts(value: unknown, status: number | null): boolean {
  if (typeof value === 'string' && /^[1-5]xx$/.test(value)) return Number(value[0]) === Math.floor((status ?? 0) / 100);
  return String(value) === String(status);
}
