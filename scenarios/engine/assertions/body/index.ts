import { checkCondition, defineAssertion, defineCapture, MISSING } from '../assertion.ts';
import { whole } from '../capture-schema.ts';
import { type Condition, judge, normalizeCondition } from '../condition.ts';
import { conditionSchema } from '../condition-schema.ts';

/** Judges the body as UTF-8 text, undone from its content coding. An empty body does not exist. */
export const assertion = defineAssertion<Condition>({
  kind: 'body',
  spec: conditionSchema({
    description: 'The body as text. A bare value means equals.',
    examples: [{ contains: 'ok' }],
  }),
  normalize: normalizeCondition,
  check: (written) => checkCondition(written, []),
  evaluate: (condition, { response }) => {
    const empty = response.bytes.length === 0 && 'exists' in condition;
    return judge(condition, empty ? MISSING : response.text, { kind: 'body', subject: 'body', textual: true });
  },
  capture: defineCapture<true>({
    spec: whole('The whole body as text.'),
    subject: () => 'body',
    read: (_, { response }) => ({ value: response.text }),
  }),
});
