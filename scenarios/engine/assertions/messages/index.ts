import type { ExchangeResponse } from '../../exchange.ts';
import { checkCondition, defineAssertion, defineCapture } from '../assertion.ts';
import { whole } from '../capture-schema.ts';
import { type Condition, judge, normalizeCondition, unreadable } from '../condition.ts';
import { conditionSchema } from '../condition-schema.ts';

/** Judges the list of messages that came over a connection or a stream, oldest first. */
export const assertion = defineAssertion<Condition>({
  kind: 'messages',
  spec: conditionSchema({
    description: 'The messages received (WebSocket, gRPC streams), as a list in their order.',
    examples: [{ count: { gte: 1 } }],
  }),
  normalize: normalizeCondition,
  check: (written) => checkCondition(written, []),
  evaluate(condition, { response }) {
    const about = { kind: 'messages', subject: 'messages' };
    const found = messagesOf(response);
    return 'error' in found ? unreadable(condition, found.error, about) : judge(condition, found.value, about);
  },
  capture: defineCapture<true>({
    spec: whole('The messages received, as a list in their order.'),
    subject: () => 'messages',
    read: (_, { response }) => messagesOf(response),
  }),
});

/** Protocols of several messages put them into the body, as a JSON list. */
function messagesOf({ json }: ExchangeResponse): { value: unknown[] } | { error: string } {
  if ('error' in json) return json;
  return Array.isArray(json.value) ? { value: json.value } : { error: 'the answer is no list of messages' };
}
