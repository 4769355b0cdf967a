import type { ActionStep } from '../language/model.ts';
import type { AssertionResult, Failure, StepResult } from '../run-result.ts';
import type { ExchangeError } from './http/network-error.ts';
import { protocolOf } from './protocols/registry.ts';

/** A step whose answer was not as expected. */
export function assertionFailure(step: ActionStep, result: StepResult, broken: AssertionResult): Failure {
  const { message, expected, actual } = broken;
  return { ...whereOf(step, result), ...inRow(result.row, message), expected, actual, kind: 'assertion' };
}

/** A step that gave no answer to judge. The error becomes the result's. */
export function errorFailure(step: ActionStep, result: StepResult, error: ExchangeError): Failure {
  const { code, message, hint, kind } = error;
  result.error = { code, message, hint };
  return { ...whereOf(step, result), ...inRow(result.row, message), expected: null, actual: null, kind };
}

/** What went wrong before anything could be sent. */
export function earlyFailure(
  step: string,
  row: number | null,
  span: string,
  kind: Failure['kind'],
  message: string,
): Failure {
  const nothing = { expected: null, actual: null, request: null, status_code: null };
  return { step, ...inRow(row, message), ...nothing, kind, span_id: span };
}

function whereOf(
  step: ActionStep,
  { request, response, span_id }: StepResult,
): Pick<Failure, 'step' | 'request' | 'status_code' | 'span_id'> {
  const called = request && { ...protocolOf(step.kind).describe(step.spec), url: request.url };
  return { step: step.name, request: called, status_code: response?.status ?? null, span_id };
}

/** Rows have the same steps, so a page has to say which row it was. */
function inRow(row: number | null, message: string): Pick<Failure, 'row' | 'message'> {
  return { row, message: row === null ? message : `row ${row}: ${message}` };
}
