import Type from 'typebox';
import { compileJsonQuery } from '../../jsonpath/index.ts';
import { checkCondition, defineAssertion, defineCapture, MISSING, type SpecProblem } from '../assertion.ts';
import { place } from '../capture-schema.ts';
import { type Condition, judge, normalizeCondition, toCondition, unreadable } from '../condition.ts';
import { conditionSchema } from '../condition-schema.ts';

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
      ...checkPath(path, [path], 'key'),
      ...checkNodes(path, value),
      ...checkCondition(value, [path]),
    ]),
  evaluate: (spec, { response }) =>
    spec.flatMap(({ path, condition }) => {
      const about = { kind: 'jsonpath', subject: path };
      const body = response.json;
      if ('error' in body) return unreadable(condition, body.error, about);
      const query = compileJsonQuery(path);
      if ('error' in query) return unreadable(condition, query.error, about);
      const found = query.select(body.value);
      if ('error' in found) return unreadable(condition, found.error, about);
      if (query.singular) return judge(condition, found.length === 0 ? MISSING : found[0], about);
      // `exists` asks whether anything was selected; `count: 0` must be able to hold.
      return 'exists' in condition && found.length === 0
        ? judge(condition, MISSING, about)
        : judge(condition, found, about);
    }),
  capture: defineCapture<string>({
    spec: place('Value of the JSON body by JSONPath (RFC 9535); a list where the path can select several.', '$.id'),
    check: (path) => checkPath(path, [], 'value'),
    subject: (path) => path,
    read(path, { response }) {
      const body = response.json;
      if ('error' in body) return { error: `${path} cannot be read: ${body.error}` };
      const query = compileJsonQuery(path);
      if ('error' in query) return { error: query.error };
      const found = query.select(body.value);
      if ('error' in found) return found;
      if (!query.singular) return { value: found };
      return found.length === 0 ? { error: `there is nothing at ${path}` } : { value: found[0] };
    },
  }),
});

function checkPath(path: string, at: string[], part: 'key' | 'value'): SpecProblem[] {
  const query = compileJsonQuery(path);
  if (!('error' in query)) return [];
  const problem = {
    path: at,
    part,
    message: `not a JSONPath: ${query.error}`,
    span: { offset: query.offset, length: 1 },
  };
  return [path.startsWith('$') ? problem : { ...problem, hint: 'a JSONPath begins with $, for example: $.id' }];
}

function checkNodes(path: string, written: unknown): SpecProblem[] {
  const query = compileJsonQuery(path);
  if ('error' in query || query.singular) return [];
  const forOne = Object.keys(toCondition(written)).filter((operator) => !FOR_SEVERAL.includes(operator));
  if (forOne.length === 0) return [];
  return [
    {
      path: [path],
      part: 'key',
      message: `${path} can select several nodes, "${forOne[0]}" judges one`,
      hint: `use ${FOR_SEVERAL.join(', ')}, or a path to one node`,
    },
  ];
}
