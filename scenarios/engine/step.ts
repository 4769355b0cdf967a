import type { Clock } from '../../core/clock.ts';
import type { Capture, Expectation, HttpStep } from '../language/model.ts';
import { render, type Scope, type TemplateError } from '../language/template.ts';
import type { AssertionResult, Failure, StepResult } from '../run-result.ts';
import { readCapture } from './assertions/capture.ts';
import { buildRequest } from './build-request.ts';
import type { Deadlines } from './deadline.ts';
import { REDACTED } from './evidence/redactor.ts';
import type { RunEvidence } from './evidence/run-evidence.ts';
import { createExchange, type Exchange } from './exchange.ts';
import type { HttpOutcome, HttpRequest, HttpSession } from './http/http-session.ts';
import type { ExchangeError } from './http/network-error.ts';
import { type Entropy, spanId, traceparent } from './ids.ts';
import { missingCapture } from './missing-capture.ts';

/** Judges one expectation; `spec` is rendered. The registry of scenarios/engine/assertions. */
export type Judge = (kind: string, spec: unknown, exchange: Exchange) => readonly AssertionResult[];

/** What all steps of an attempt share. */
export interface StepContext {
  clock: Clock;
  deadlines: Deadlines;
  entropy: Entropy;
  judge: Judge;
  session: HttpSession;
  evidence: RunEvidence;
  baseUrl: string;
  userAgent: string;
  traceId: string;
  scope: Scope;
  /** Variables and captures; the scope reads them. */
  values: Map<string, unknown>;
  /** Monotonic start of the attempt. */
  attemptStart: number;
}

export interface StepOutcome {
  result: StepResult;
  failure: Failure | null;
}

type Section = StepResult['section'];

/** Runs one step: request, expectations, then captures. Whatever goes wrong is in the outcome. */
export async function runStep(
  step: HttpStep,
  section: Section,
  context: StepContext,
  attempt: AbortSignal,
): Promise<StepOutcome> {
  const { clock, evidence } = context;
  const start = clock.monotonic();
  const result = emptyResult(step, section, start - context.attemptStart, spanId(context.entropy));
  const end = (failure: Failure | null): StepOutcome => {
    result.status = failure === null ? 'passed' : failure.kind === 'assertion' ? 'failed' : 'error';
    result.duration_ms = clock.monotonic() - start;
    return { result, failure };
  };

  const built = buildRequest(step, context.scope, {
    baseUrl: context.baseUrl,
    userAgent: context.userAgent,
    traceparent: traceparent(context.traceId, result.span_id),
  });
  if ('error' in built) {
    // In `always`, what an earlier step would have made is not there to be cleaned up.
    if (section === 'always' && built.error.code === 'undefined')
      return skipped(result, `${built.error.name} was not captured`);
    return end(failed(result, step, null, templateError(built.error)));
  }
  const request = built.value;
  result.request = requestEvidence(request, evidence);

  const outcome = await exchange(request, step, context, attempt);
  result.timings = outcome.timings;
  if (outcome.error || !outcome.response) {
    return end(
      failed(
        result,
        step,
        null,
        outcome.error ?? { kind: 'network', code: 'NETWORK_ERROR', message: 'no response', hint: null },
      ),
    );
  }

  const seen = createExchange({
    request: { method: request.method, url: request.url.href },
    response: outcome.response,
    timings: outcome.timings,
  });
  result.response = responseEvidence(outcome.response, evidence);

  const expected = judgeAll(step.expect, seen, context);
  result.assertions = expected.results;
  result.warnings = warningsOf(step.warn, seen, context);
  captureAll(
    step.capture,
    seen,
    context,
    result,
    expected.error === null && expected.results.every(({ passed }) => passed),
  );

  const broken = result.assertions.find(({ passed }) => !passed);
  if (broken) return end(notAsExpected(result, step, broken));
  if (expected.error) return end(failed(result, step, result.response.status, templateError(expected.error)));
  return end(null);
}

/** A step that is not run. */
export function skipStep(step: HttpStep, section: Section, context: StepContext, reason: string): StepOutcome {
  const offset = context.clock.monotonic() - context.attemptStart;
  return skipped(emptyResult(step, section, offset, spanId(context.entropy)), reason);
}

function skipped(result: StepResult, reason: string): StepOutcome {
  return { result: { ...result, status: 'skipped', skipped_reason: reason }, failure: null };
}

async function exchange(
  request: HttpRequest,
  step: HttpStep,
  context: StepContext,
  attempt: AbortSignal,
): Promise<HttpOutcome> {
  if (step.timeoutMs === null) return context.session.exchange(request, attempt);
  const deadline = context.deadlines.start(step.timeoutMs, attempt);
  try {
    return await context.session.exchange(request, deadline.signal);
  } finally {
    deadline.cancel();
  }
}

function judgeAll(
  expectations: readonly Expectation[],
  seen: Exchange,
  { judge, scope }: StepContext,
): { results: AssertionResult[]; error: TemplateError | null } {
  const results: AssertionResult[] = [];
  for (const { kind, spec } of expectations) {
    const rendered = render(spec, scope);
    if ('error' in rendered) return { results, error: rendered.error };
    results.push(...judge(kind, rendered.value, seen));
  }
  return { results, error: null };
}

/** A warning that cannot be judged is one that does not hold. */
function warningsOf(expectations: readonly Expectation[], seen: Exchange, context: StepContext): AssertionResult[] {
  return expectations.flatMap((expectation) => {
    const { results, error } = judgeAll([expectation], seen, context);
    if (!error) return results;
    const { message } = error;
    return {
      kind: expectation.kind,
      subject: expectation.kind,
      operator: 'template',
      expected: '',
      actual: '',
      passed: false,
      message,
    };
  });
}

/** After a failed expectation captures are still tried, because `always` may clean up with them, but not demanded. */
function captureAll(
  captures: readonly Capture[],
  seen: Exchange,
  context: StepContext,
  result: StepResult,
  demanded: boolean,
): void {
  for (const wanted of captures) {
    const found = readCapture(wanted.from, seen);
    if ('error' in found) {
      if (demanded) result.assertions = [...result.assertions, missingCapture(wanted, found.error)];
      continue;
    }
    context.values.set(wanted.name, found.value);
    if (wanted.secret) context.evidence.addSecret(found.value);
    result.captures[wanted.name] = wanted.secret ? REDACTED : context.evidence.captured(found.value);
  }
}

function requestEvidence(request: HttpRequest, evidence: RunEvidence): NonNullable<StepResult['request']> {
  return {
    method: request.method,
    url: evidence.url(request.url.href),
    headers: evidence.headers(request.headers),
    body: evidence.body(request.body, request.headers['content-type'] ?? null),
  };
}

function responseEvidence(
  response: NonNullable<HttpOutcome['response']>,
  evidence: RunEvidence,
): NonNullable<StepResult['response']> {
  const contentType = response.headers['content-type'];
  return {
    status: response.status,
    http_version: '1.1',
    headers: evidence.headers(response.headers),
    body: evidence.body(response.body, typeof contentType === 'string' ? contentType : (contentType?.[0] ?? null)),
  };
}

function templateError({ code, message, hint }: TemplateError): ExchangeError {
  return { kind: 'template', code: code === 'undefined' ? 'UNDEFINED_TEMPLATE' : 'UNUSABLE_TEMPLATE', message, hint };
}

function failed(result: StepResult, step: HttpStep, status: number | null, error: ExchangeError): Failure {
  result.error = { code: error.code, message: error.message, hint: error.hint };
  return {
    ...failureBase(result, step),
    message: error.message,
    expected: null,
    actual: null,
    kind: error.kind,
    status_code: status,
  };
}

function notAsExpected(result: StepResult, step: HttpStep, broken: AssertionResult): Failure {
  return {
    ...failureBase(result, step),
    message: broken.message,
    expected: broken.expected,
    actual: broken.actual,
    kind: 'assertion',
    status_code: result.response?.status ?? null,
  };
}

function failureBase(result: StepResult, step: HttpStep): Pick<Failure, 'step' | 'request' | 'span_id'> {
  const { method, route } = step.request;
  const request = result.request && { method, route, url: result.request.url };
  return { step: step.name, request, span_id: result.span_id };
}

function emptyResult(step: HttpStep, section: Section, offsetMs: number, span: string): StepResult {
  return {
    name: step.name,
    section,
    kind: 'http',
    status: 'passed',
    skipped_reason: null,
    offset_ms: offsetMs,
    duration_ms: 0,
    timings: null,
    span_id: span,
    request: null,
    response: null,
    assertions: [],
    warnings: [],
    captures: {},
    error: null,
  };
}
