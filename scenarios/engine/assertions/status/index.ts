import Type from 'typebox';
import { isMapping } from '../../../language/written.ts';
import { shortened } from '../../shortened.ts';
import { defineAssertion, defineCapture, MISSING } from '../assertion.ts';
import { whole } from '../capture-schema.ts';
import { asWord, type Condition, judge, normalizeCondition } from '../condition.ts';
import { Operators, Templated } from '../condition-schema.ts';

type Spec = { readonly accepted: readonly unknown[] } | { readonly condition: Condition };

/** Of what the other side said about its status. */
const LONGEST_WORDS = 300;

const Code = Type.Union(
  [
    Type.Integer({ minimum: 0, maximum: 599 }),
    Type.String({ pattern: '^[1-5]xx$', 'x-expected': 'a class such as 2xx' }),
    Type.String({ pattern: '^[A-Z][A-Z_]+$', 'x-expected': 'a name such as NOT_FOUND' }),
    Templated,
  ],
  { 'x-expected': 'a status such as 201, or a class such as 2xx', examples: [201] },
);

/**
 * Judges the status: a code, a class such as `2xx` (RFC 9110 §15), a name such as `NOT_FOUND` where the protocol has
 * names, a list of them, or operators.
 */
export const assertion = defineAssertion<Spec>({
  kind: 'status',
  spec: Type.Union([...Code.anyOf, Type.Array(Code, { minItems: 1 }), Operators], {
    'x-expected': 'a status such as 201, a class such as 2xx, or a list of them',
    description:
      'Status: 201, a class such as 2xx, a name such as NOT_FOUND (gRPC), a list of them, or operators. An HTTP step without one expects 2xx.',
    examples: [201],
  }),
  normalize(written) {
    if (isMapping(written)) return { condition: normalizeCondition(written) };
    return { accepted: Array.isArray(written) ? written : [written] };
  },
  check: (written) =>
    [written].flat().flatMap((value, index) => checkCode(value, Array.isArray(written) ? [index] : [])),
  evaluate(spec, { response: { status, statusName, statusMessage } }) {
    const about = { kind: 'status', subject: 'status' };
    if ('condition' in spec) return judge(spec.condition, status ?? MISSING, about);
    const operator = spec.accepted.length > 1 ? 'one_of' : 'equals';
    const expected = spec.accepted.length === 1 ? asWord(spec.accepted[0]) : spec.accepted.map(asWord).join(' or ');
    const actual = status === null ? 'none' : statusName === null ? String(status) : `${status} ${statusName}`;
    const passed = spec.accepted.some((value) => accepts(value, status, statusName));
    const message = passed
      ? `status ${actual}`
      : status === null
        ? `there is no status, expected ${expected}`
        : `status ${actual}${statusMessage ? ` (${shortened(statusMessage, LONGEST_WORDS)})` : ''}, expected ${expected}`;
    return [{ ...about, operator, expected, actual, passed, message }];
  },
  capture: defineCapture<true>({
    spec: whole('The status.'),
    subject: () => 'status',
    read: (_, { response: { status } }) => (status === null ? { error: 'there is no status' } : { value: status }),
  }),
});

function accepts(value: unknown, status: number | null, name: string | null): boolean {
  if (status === null) return false;
  if (value === status || (name !== null && value === name)) return true;
  if (typeof value !== 'string') return false;
  return value.length === 3 && value.endsWith('xx') && /^[1-5]/.test(value)
    ? Number(value[0]) === Math.floor(status / 100)
    : value === String(status);
}

/** Only gRPC and DNS count from 0; what lies between is nobody's. */
function checkCode(value: unknown, path: (string | number)[]) {
  if (typeof value !== 'number' || value >= 100 || value <= 23) return [];
  const hint = 'HTTP has 100 to 599, gRPC 0 to 16, DNS 0 to 23';
  return [{ path, part: 'value' as const, message: `there is no status ${value}`, hint }];
}
