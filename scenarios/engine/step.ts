import type { ActionStep, Capture, Expectation } from '../language/model.ts';
import type { TemplateError } from '../language/template.ts';
import type { AssertionResult, Failure, StepResult } from '../run-result.ts';
import { readCapture } from './assertions/capture.ts';
import { decide } from './decision.ts';
import { REDACTED } from './evidence/redactor.ts';
import type { Exchange } from './exchange.ts';
import { assertionFailure, errorFailure } from './failure.ts';
import { Filling } from './filling.ts';
import { type ConnectionSettings, DEFAULT_CONNECTION } from './http/connection.ts';
import type { ExchangeError } from './http/network-error.ts';
import { spanId, traceparent } from './ids.ts';
import { allPassed, judgeAll, warningsOf } from './judging.ts';
import { missingCapture } from './missing-capture.ts';
import type { Judgement, ProtocolContext } from './protocols/protocol.ts';
import { protocolOf } from './protocols/registry.ts';
import { performUntil, type Tried } from './repeat.ts';
import type { StepContext, StepOutcome, StepPlace, StepView } from './step-context.ts';
import { emptyResult, requestEvidence, responseEvidence, skipped } from './step-result.ts';
import { templateFailure } from './template-failure.ts';

const NO_RESPONSE: ExchangeError = { kind: 'network', code: 'NETWORK_ERROR', message: 'no response', hint: null };
const NONE: readonly AssertionResult[] = [];

/**
 * Runs one step: its `if`, the request, as often as `repeat` says, expectations, then captures. Whatever goes wrong is in
 * the outcome. What it captures is added to the view, and told in the outcome.
 */
export function runStep(
  step: ActionStep,
  place: StepPlace,
  context: StepContext,
  view: StepView,
  attempt: AbortSignal,
): Promise<StepOutcome> {
  return new StepRun(step, place, context, view, attempt).run();
}

/** A step whose parameters have no value. */
export function failStep(step: ActionStep, place: StepPlace, context: StepContext, error: TemplateError): StepOutcome {
  const missing = place.section === 'always' && error.code === 'undefined';
  const outcome = skipStep(step, place, context, missing ? `${error.name} was not captured` : error.message);
  if (missing) return outcome;
  const { result } = outcome;
  result.status = 'error';
  result.skipped_reason = null;
  return { ...outcome, failure: errorFailure(step, result, templateFailure(error)) };
}

/** A step that is not run. */
export function skipStep(step: ActionStep, place: StepPlace, context: StepContext, reason: string): StepOutcome {
  const offset = context.clock.monotonic() - context.attemptStart;
  return skipped(emptyResult(step, place, offset, spanId()), reason);
}

/** One step while it runs, and what its protocol may use of everything around it. */
class StepRun implements ProtocolContext {
  readonly #step: ActionStep;
  readonly #context: StepContext;
  readonly #view: StepView;
  readonly #result: StepResult;
  readonly #start: number;
  #captured: Map<string, unknown> | null = null;
  fill: Filling;
  connection: ConnectionSettings = DEFAULT_CONNECTION;
  abort: AbortSignal;

  constructor(step: ActionStep, place: StepPlace, context: StepContext, view: StepView, attempt: AbortSignal) {
    this.#step = step;
    this.#context = context;
    this.#view = view;
    this.#start = context.clock.monotonic();
    this.#result = emptyResult(step, place, this.#start - context.attemptStart, spanId());
    this.fill = new Filling(view.scope);
    this.abort = attempt;
  }

  get clock() {
    return this.#context.clock;
  }

  get http() {
    return this.#context.session;
  }

  get resources() {
    return this.#context.resources;
  }

  get policy() {
    return this.#context.policy;
  }

  get lookup() {
    return this.#context.lookup;
  }

  get cookies() {
    return this.#context.cookies;
  }

  get baseUrl() {
    return this.#context.baseUrl;
  }

  get userAgent() {
    return this.#context.userAgent;
  }

  get bodyLimitBytes() {
    return this.#context.bodyLimitBytes;
  }

  get traceparent() {
    return traceparent(this.#context.traceId, this.#result.span_id);
  }

  get #route() {
    return protocolOf(this.#step.kind).describe(this.#step.spec).route;
  }

  async run(): Promise<StepOutcome> {
    const { if: decision, connection, timeoutMs } = this.#step;
    const { scope } = this.#view;
    if (decision) {
      const decided = decide(decision, scope);
      if ('error' in decided) return this.#failed(templateFailure(decided.error), null);
      if (decided.skip !== null) return skipped(this.#result, decided.skip);
    }
    const settled = this.#context.connections.settle(connection, scope);
    if ('error' in settled) {
      this.fill.error = settled.error;
      return this.#failed(templateFailure(settled.error), null);
    }
    this.connection = settled.value;
    if (timeoutMs === null) return this.#conclude(await this.#perform());
    const deadline = this.#context.deadlines.start(timeoutMs, this.abort);
    this.abort = deadline.signal;
    try {
      return this.#conclude(await this.#perform());
    } finally {
      deadline.cancel();
    }
  }

  judge(expectations: readonly Expectation[], seen: Exchange): Judgement {
    return judgeAll(expectations, seen, this.#view.scope, this.#context.judge);
  }

  capture(captures: readonly Capture[], seen: Exchange): readonly AssertionResult[] {
    if (captures.length === 0) return NONE;
    const missing: AssertionResult[] = [];
    const { evidence } = this.#context;
    for (const wanted of captures) {
      const { name, secret } = wanted;
      const found = readCapture(wanted.from, seen);
      if ('error' in found) {
        missing.push(missingCapture(wanted, found.error));
        continue;
      }
      this.#captured ??= new Map();
      this.#captured.set(name, found.value);
      this.#view.values.set(name, found.value);
      if (secret) evidence.addSecret(found.value);
      this.#result.captures[name] = secret ? REDACTED : evidence.captured(found.value);
    }
    return missing;
  }

  async #perform(): Promise<Tried> {
    const { kind, spec, repeat } = this.#step;
    const protocol = protocolOf(kind);
    if (!repeat) return { performed: await protocol.perform(spec, this), tries: 1, assertions: NONE };
    return performUntil(
      repeat,
      () => {
        this.fill = new Filling(this.#view.scope);
        return protocol.perform(spec, this);
      },
      this,
    );
  }

  #conclude({ performed, tries, assertions }: Tried): StepOutcome {
    const { evidence, judge } = this.#context;
    const { expect, warn, capture } = this.#step;
    const { scope } = this.#view;
    const result = this.#result;
    const { request, exchange: seen, error } = performed;
    result.tries = tries;
    result.timings = performed.timings;
    if (request) result.request = requestEvidence(request, this.#route, evidence);
    if (seen) {
      result.response = responseEvidence(seen.response, evidence);
      if (seen.redirects.length > 0)
        result.redirects = seen.redirects.map(({ status, url }) => ({ status, url: evidence.url(url) }));
    }
    if (performed.hiddenHeaders) evidence.headers(performed.hiddenHeaders);
    if (!seen || error) return this.#failed(error ?? NO_RESPONSE, seen);

    const expected = judgeAll(expect, seen, scope, judge);
    const found = performed.assertions ?? NONE;
    const results =
      found.length + assertions.length === 0 ? expected.results : [...assertions, ...found, ...expected.results];
    result.assertions = results;
    if (warn.length > 0) result.warnings = warningsOf(warn, seen, scope, judge);
    const missing = this.capture(capture, seen);
    // After a failed expectation captures are still tried, because `always` may clean up with them, but not demanded.
    if (missing.length > 0 && expected.error === null && allPassed(results)) results.push(...missing);

    const broken = results.find(({ passed }) => !passed);
    if (broken) return this.#end(assertionFailure(this.#step, result, broken));
    if (expected.error) return this.#failed(templateFailure(expected.error), seen);
    return this.#end(null);
  }

  #failed(error: ExchangeError, seen: Exchange | null): StepOutcome {
    const undefinedName = this.fill.error?.code === 'undefined' ? this.fill.error.name : null;
    // In `always`, what an earlier step would have made is not there to be cleaned up.
    if (this.#result.section === 'always' && undefinedName !== null && !seen)
      return skipped(this.#result, `${undefinedName} was not captured`);
    return this.#end(errorFailure(this.#step, this.#result, error));
  }

  #end(failure: Failure | null): StepOutcome {
    const result = this.#result;
    result.status = failure === null ? 'passed' : failure.kind === 'assertion' ? 'failed' : 'error';
    result.duration_ms = this.#context.clock.monotonic() - this.#start;
    this.#context.evidence.bound(result);
    return { result, failure, captured: this.#captured };
  }
}
