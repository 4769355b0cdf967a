import type { Capture } from '../language/model.ts';
import type { AssertionResult } from '../run-result.ts';
import { captureKinds } from './assertions/capture.ts';

/** A capture that found nothing, as a failed assertion: the response is not what the scenario was written for. */
export function missingCapture({ name, from }: Capture, why: string): AssertionResult {
  return {
    kind: 'capture',
    subject: captureKinds.get(from.kind)!.subject(from.spec),
    operator: 'exists',
    expected: 'a value',
    actual: 'none',
    passed: false,
    message: `${name} could not be captured: ${why}`,
  };
}
