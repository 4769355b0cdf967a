import type { Clock } from '../../core/clock.ts';
import type { ActionStep, Capture, Expectation } from '../language/model.ts';
import { render, type Scope, type TemplateError } from '../language/template.ts';
import type { AssertionResult, Failure, Section, StepResult } from '../run-result.ts';
import { readCapture } from './assertions/capture.ts';
import type { Deadlines } from './deadline.ts';
import { REDACTED } from './evidence/redactor.ts';
import type { RunEvidence } from './evidence/run-evidence.ts';
import type { Exchange } from './exchange.ts';
import { Filling } from './filling.ts';
import { DEFAULT_CONNECTION } from './http/connection.ts';
import type { Lookup } from './http/connector.ts';
import type { HttpSession } from './http/http-session.ts';
import type { ExchangeError } from './http/network-error.ts';
import type { UrlPolicy } from './http/url-policy.ts';
import { type Entropy, spanId, traceparent } from './ids.ts';
import { missingCapture } from './missing-capture.ts';
import type { Performed, SentRequest } from './protocols/protocol.ts';
import { protocolOf } from './protocols/registry.ts';
import { templateFailure } from './template-failure.ts';

/** Judges one expectation; `spec` is rendered. The registry of scenarios/engine/assertions. */
export type Judge = (kind: string, spec: unknown, exchange: Exchange) => readonly AssertionResult[];

/** What all steps of an attempt share. */
export interface StepContext {
  clock: Clock;
  deadlines: Deadlines;
  entropy: Entropy;
  judge: Judge;
  session: HttpSession;
  policy: UrlPolicy;
  lookup: Lookup;
  bodyLimitBytes: number;
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

const NO_RESPONSE: ExchangeError = { kind: 'network', code: 'NETWORK_ERROR', message: 'no response', hint: null };

/** Runs one step: request, expectations, then captures. Whatever goes wrong is in the outcome. */
export async function runStep(
  step: ActionStep,
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

  const fill = new Filling(context.scope);
  const performed = await perform(step, fill, result, context, attempt);
  result.timings = performed.timings;
  result.request = performed.request && requestEvidence(performed.request, evidence);
  const seen = performed.exchange;
  if (seen) result.response = responseEvidence(seen.response, evidence);
  if (!seen || performed.error) {
    // In `always`, what an earlier step would have made is not there to be cleaned up.
    if (section === 'always' && fill.error?.code === 'undefined')
      return skipped(result, `${fill.error.name} was not captured`);
    return end(failed(result, step, seen?.response.status ?? null, performed.error ?? NO_RESPONSE));
  }

  const expected = judgeAll(step.expect, seen, context);
  result.assertions = [...(performed.assertions ?? []), ...expected.results];
  result.warnings = warningsOf(step.warn, seen, context);
  const missing = captureAll(step.capture, seen, context, result);
  // After a failed expectation captures are still tried, because `always` may clean up with them, but not demanded.
  if (expected.error === null && result.assertions.every(({ passed }) => passed)) result.assertions.push(...missing);

  const broken = result.assertions.find(({ passed }) => !passed);
  if (broken) return end(notAsExpected(result, step, broken));
  if (expected.error) return end(failed(result, step, seen.response.status, templateFailure(expected.error)));
  return end(null);
}

/** A step that is not run. */
export function skipStep(step: ActionStep, section: Section, context: StepContext, reason: string): StepOutcome {
  const offset = context.clock.monotonic() - context.attemptStart;
  return skipped(emptyResult(step, section, offset, spanId(context.entropy)), reason);
}

function skipped(result: StepResult, reason: string): StepOutcome {
  return { result: { ...result, status: 'skipped', tries: 0, skipped_reason: reason }, failure: null };
}

async function perform(
  step: ActionStep,
  fill: Filling,
  result: StepResult,
  context: StepContext,
  attempt: AbortSignal,
): Promise<Performed> {
  const deadline = step.timeoutMs === null ? null : context.deadlines.start(step.timeoutMs, attempt);
  const { clock, policy, lookup, baseUrl, userAgent, bodyLimitBytes } = context;
  try {
    return await protocolOf(step.kind).perform(step.spec, {
      clock,
      fill,
      http: context.session,
      policy,
      lookup,
      connection: DEFAULT_CONNECTION,
      baseUrl,
      userAgent,
      traceparent: traceparent(context.traceId, result.span_id),
      bodyLimitBytes,
      abort: deadline?.signal ?? attempt,
      judge: (expectations, seen) => judgeAll(expectations, seen, context),
      capture: (captures, seen) => captureAll(captures, seen, context, result),
    });
  } finally {
    deadline?.cancel();
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

/** Captures what is there; gives what is not. */
function captureAll(
  captures: readonly Capture[],
  seen: Exchange,
  context: StepContext,
  result: StepResult,
): AssertionResult[] {
  const missing: AssertionResult[] = [];
  for (const wanted of captures) {
    const found = readCapture(wanted.from, seen);
    if ('error' in found) {
      missing.push(missingCapture(wanted, found.error));
      continue;
    }
    context.values.set(wanted.name, found.value);
    if (wanted.secret) context.evidence.addSecret(found.value);
    result.captures[wanted.name] = wanted.secret ? REDACTED : context.evidence.captured(found.value);
  }
  return missing;
}

function requestEvidence(request: SentRequest, evidence: RunEvidence): NonNullable<StepResult['request']> {
  return {
    method: request.method,
    url: evidence.url(request.url),
    headers: evidence.headers(request.headers),
    body: evidence.body(request.body, request.headers['content-type'] ?? null),
  };
}

function responseEvidence(response: Exchange['response'], evidence: RunEvidence): NonNullable<StepResult['response']> {
  return {
    status: response.status,
    http_version: response.httpVersion,
    headers: evidence.headers(response.headers.fields),
    body: evidence.body(response.bytes, response.headers.get('content-type') ?? null),
  };
}

function failed(result: StepResult, step: ActionStep, status: number | null, error: ExchangeError): Failure {
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

function notAsExpected(result: StepResult, step: ActionStep, broken: AssertionResult): Failure {
  return {
    ...failureBase(result, step),
    message: broken.message,
    expected: broken.expected,
    actual: broken.actual,
    kind: 'assertion',
    status_code: result.response?.status ?? null,
  };
}

function failureBase(result: StepResult, step: ActionStep): Pick<Failure, 'step' | 'request' | 'span_id'> {
  const { method, route } = protocolOf(step.kind).describe(step.spec);
  const request = result.request && { method, route, url: result.request.url };
  return { step: step.name, request, span_id: result.span_id };
}

function emptyResult(step: ActionStep, section: Section, offsetMs: number, span: string): StepResult {
  return {
    name: step.name,
    section,
    kind: step.kind,
    row: null,
    tries: 1,
    group: null,
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
