import type { Capture } from '../language/model.ts';
import type { AssertionResult } from '../run-result.ts';

/** A capture that found nothing, as a failed assertion: the response is not what the scenario was written for. */
export function missingCapture({ name, from }: Capture, why: string): AssertionResult {
  const subject = from.kind === 'jsonpath' ? from.path : from.kind === 'header' ? `header ${from.name}` : from.kind;
  return {
    kind: 'capture',
    subject,
    operator: 'exists',
    expected: 'a value',
    actual: 'none',
    passed: false,
    message: `${name} could not be captured: ${why}`,
  };
}
