import Type from 'typebox';
import { checkCondition, defineAssertion, MISSING, type SpecProblem } from '../assertion.ts';
import { type Condition, display, judge, normalizeCondition, toCondition } from '../condition.ts';
import { conditionSchema } from '../condition-schema.ts';
import { compileJsonQuery } from '../json-query.ts';

type Spec = readonly { readonly path: string; readonly condition: Condition }[];

/** Operators that make sense over several selected nodes; the others want one value. */
const FOR_SEVERAL = ['count', 'each', 'contains', 'exists'];

/** Judges values of a JSON body, found by JSONPath (RFC 9535). */
export const assertion = defineAssertion<Spec>({
  kind: 'jsonpath',
  spec: Type.Record(Type.String(), conditionSchema(), {
    minProperties: 1,
    'x-expected': 'a mapping from JSONPath to values',
    description: 'Values of the JSON body by JSONPath (RFC 9535). A bare value means equals.',
    examples: [{ '$.title': 'hello' }],
  }),
  normalize: (written) =>
    Object.entries(written as object).map(([path, value]) => ({ path, condition: normalizeCondition(value) })),
  check: (written) =>
    Object.entries(written as object).flatMap(([path, value]) => [
      ...checkPath(path, value),
      ...checkCondition(value, [path]),
    ]),
  evaluate: (spec, { response }) =>
    spec.flatMap(({ path, condition }) => {
      const about = { kind: 'jsonpath', subject: path };
      const body = response.json;
      if ('error' in body) return unreadable(condition, path, body.error);
      const query = compileJsonQuery(path);
      if ('error' in query) return unreadable(condition, path, query.error);
      const found = query.select(body.value);
      if ('error' in found) return unreadable(condition, path, found.error);
      if (query.singular) return judge(condition, found.length === 0 ? MISSING : found[0], about);
      // `exists` asks whether anything was selected; `count: 0` must be able to hold.
      return 'exists' in condition && found.length === 0
        ? judge(condition, MISSING, about)
        : judge(condition, found, about);
    }),
});

function checkPath(path: string, written: unknown): SpecProblem[] {
  const at = { path: [path], part: 'key' as const };
  const query = compileJsonQuery(path);
  if ('error' in query) {
    const hint = path.startsWith('$') ? undefined : 'a JSONPath begins with $';
    return [
      {
        ...at,
        message: `not a JSONPath: ${query.error}`,
        span: { offset: query.offset, length: 1 },
        ...(hint ? { hint } : {}),
      },
    ];
  }
  const forOne = Object.keys(toCondition(written)).filter((operator) => !FOR_SEVERAL.includes(operator));
  if (query.singular || forOne.length === 0) return [];
  return [
    {
      ...at,
      message: `${path} can select several nodes, "${forOne[0]}" judges one`,
      hint: `use ${FOR_SEVERAL.join(', ')}, or a path to one node`,
    },
  ];
}

/** Whatever was asked of a body that cannot be read did not hold, `not` and `exists: false` included. */
function unreadable(condition: Condition, path: string, why: string) {
  return Object.entries(condition).map(([operator, operand]) => ({
    kind: 'jsonpath',
    subject: path,
    operator,
    expected: display(operand),
    actual: why,
    passed: false,
    message: `${path} cannot be read: ${why}`,
  }));
}
